use super::{Preset, StackSettings};
use crate::settings::{
    given::{sealed::Section, table},
    switch::{OrOff, Switch},
    table::Table,
    value::Value,
    walk::Walk,
};

fn part<T: Section>(
    table: &mut Table<'_>,
    name: &'static str,
    walk: &mut Walk,
) -> Option<Switch<T>> {
    table.field::<OrOff<T>>(name, walk).map(|part| part.0)
}

fn check<T: Section>(part: Option<&Switch<T>>, name: &str, walk: &mut Walk) {
    if let Some(Switch::On(part)) = part {
        walk.at(name, |walk| part.check(walk));
    }
}

impl Section for StackSettings {
    fn read(value: &Value, walk: &mut Walk) -> Option<Self> {
        let mut table = table(value, walk)?;
        let settings = Self {
            preset: table.field::<Preset>("preset", walk),
            deadline: part(&mut table, "deadline", walk),
            retry: part(&mut table, "retry", walk),
            budget: part(&mut table, "budget", walk),
            circuit_breaker: part(&mut table, "circuit_breaker", walk),
            timeout: part(&mut table, "timeout", walk),
        };
        table.close(walk);
        Some(settings)
    }

    fn check(&self, walk: &mut Walk) {
        // What is missing may be in a preset whose name could not be read.
        let is_whole = !walk.failed_at("preset");
        let mut all = self.resolved();
        if !is_whole {
            all.deadline.take_if(|part| part.on().is_some_and(|part| part.limit.is_none()));
            all.timeout.take_if(|part| part.on().is_some_and(|part| part.limit.is_none()));
        }
        check(all.deadline.as_ref(), "deadline", walk);
        check(all.retry.as_ref(), "retry", walk);
        check(all.budget.as_ref(), "budget", walk);
        check(all.circuit_breaker.as_ref(), "circuit_breaker", walk);
        check(all.timeout.as_ref(), "timeout", walk);
        if is_whole {
            self.check_across(&all, walk);
        }
    }
}
