//! Orders for flags, carried out.

use resilience::wire::{FlagState, FlagStatus, FlagsState};
use serde_json::Value;

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
            let flag = serde_json::to_value(flag).map_err(|_| Refusal::Strange)?;
            Ok((set(admin, &Known::read(admin).await?.flags, name, flag).await?, "set"))
        }
        Deed::Switch { source, on } => {
            let Known { flags, said } = Known::read(admin).await?;
            let is_it = |flag: &FlagState| flag.name == name && flag.source == *source;
            let place = flags.flags.iter().position(is_it).ok_or_else(|| {
                let detail = format!("{source} has no flag {name}");
                Refusal::said(404, "flag_not_found", detail)
            })?;
            if flags.flags[place].status == FlagStatus::Overruled {
                let detail = "the flag that counts is the one to be switched";
                return Err(Refusal::said(409, "flag_overruled", detail));
            }
            let flag = switched(said["flags"][place]["flag"].clone(), *on);
            let what = if *on { "switched on" } else { "switched off" };
            Ok((set(admin, &flags, name, flag).await?, what))
        }
    }
}

/// The flags of a service, read and as it said them.
struct Known {
    flags: FlagsState,
    /// A flag of a later version may have conditions that this one does not read. What is switched goes
    /// back with all of them: without one it would hit more than its source says.
    said: Value,
}

impl Known {
    async fn read(admin: &Admin) -> Result<Self, Refusal> {
        let none = || Refusal::said(404, "route_not_found", "the service takes no flags");
        let said = admin.said_of_flags().await?.ok_or_else(none)?;
        let flags = serde_json::from_value(said.clone()).map_err(|_| Refusal::Strange)?;
        Ok(Self { flags, said })
    }
}

fn switched(mut flag: Value, on: bool) -> Value {
    flag["enabled"] = on.into();
    flag
}

/// Sets a flag. One whose fault has ended is switched off before: a flag that says the same as
/// before is not armed again, and whoever asks for it wants it armed.
async fn set(
    admin: &Admin,
    known: &FlagsState,
    name: &str,
    flag: Value,
) -> Result<FlagsState, Refusal> {
    let ended = |known: &FlagState| known.name == name && known.status == FlagStatus::Ended;
    if flag["enabled"] == true && known.flags.iter().any(ended) {
        admin.set_flag(name, &switched(flag.clone(), false)).await?;
    }
    admin.set_flag(name, &flag).await
}
