//! Orders for flags, carried out.

use resilience::wire::{Flag, FlagState, FlagStatus, FlagsState};

use super::{
    admin::Admin,
    flag_form::{Deed, Order},
};
use crate::model::Refusal;

/// Does to a flag what it is told; returns how all flags are since, and what was done in words.
pub(super) async fn carry_out(
    admin: &Admin,
    order: &Order,
) -> Result<(FlagsState, &'static str), Refusal> {
    let name = &*order.name;
    match &order.deed {
        Deed::TakeBack => Ok((admin.clear_flag(name).await?, "taken back")),
        Deed::Arm(flag) => {
            let known = known(admin).await?;
            Ok((set(admin, &known, name, flag).await?, "set"))
        }
        Deed::Switch { source, on } => {
            let known = known(admin).await?;
            let is_it = |flag: &&FlagState| flag.name == name && flag.source == *source;
            let found = known.flags.iter().find(is_it).ok_or_else(|| {
                let detail = format!("{source} has no flag {name}");
                Refusal::said(404, "flag_not_found", detail)
            })?;
            if found.status == FlagStatus::Overruled {
                let detail = "the flag that counts is the one to be switched";
                return Err(Refusal::said(409, "flag_overruled", detail));
            }
            let flag = Flag { enabled: *on, ..found.flag.clone() };
            let what = if *on { "switched on" } else { "switched off" };
            Ok((set(admin, &known, name, &flag).await?, what))
        }
    }
}

async fn known(admin: &Admin) -> Result<FlagsState, Refusal> {
    let none = || Refusal::said(404, "route_not_found", "the service takes no flags");
    admin.flags().await?.ok_or_else(none)
}

/// Sets a flag. One whose fault has ended is switched off before: a flag that says the same as
/// before is not armed again, and whoever asks for it wants it armed.
async fn set(
    admin: &Admin,
    known: &FlagsState,
    name: &str,
    flag: &Flag,
) -> Result<FlagsState, Refusal> {
    let ended = |known: &FlagState| known.name == name && known.status == FlagStatus::Ended;
    if flag.enabled && known.flags.iter().any(ended) {
        admin.set_flag(name, &Flag { enabled: false, ..flag.clone() }).await?;
    }
    admin.set_flag(name, flag).await
}
