use super::{
    nearest::nearest,
    read::{Read, word_or},
    value::Value,
    walk::Walk,
};

/// A table that is being read: it remembers which names were asked for, so that the others are
/// unknown.
#[derive(Debug)]
pub(super) struct Table<'v> {
    entries: &'v [(String, Value)],
    known: Vec<&'static str>,
}

impl<'v> Table<'v> {
    /// `value` as a table; else a mistake that says what was `expected`.
    pub(super) fn open(value: &'v Value, expected: &str, walk: &mut Walk) -> Option<Self> {
        if let Value::Table(entries) = value {
            return Some(Self { entries, known: Vec::new() });
        }
        walk.wrong(value, expected);
        None
    }

    fn get(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        let found = self.entries.iter().find(|entry| entry.0 == name)?;
        // A format that has a word for nothing means the same as by leaving the setting out.
        (found.1 != Value::Nothing).then_some(&found.1)
    }

    /// The setting `name`, when it is there and can be read.
    pub(super) fn field<T: Read>(&mut self, name: &'static str, walk: &mut Walk) -> Option<T> {
        let value = self.get(name)?;
        walk.at(name, |walk| T::read(value, walk))
    }

    /// The setting `name`, for which `word` stands for `special`.
    pub(super) fn field_or<T: Read + PartialEq>(
        &mut self,
        name: &'static str,
        word: &str,
        special: T,
        walk: &mut Walk,
    ) -> Option<T> {
        let value = self.get(name)?;
        walk.at(name, |walk| word_or(value, word, special, walk))
    }

    /// The setting `name`, without which the table means nothing.
    pub(super) fn required<T: Read>(&mut self, name: &'static str, walk: &mut Walk) -> Option<T> {
        let value = self.get(name);
        walk.at(name, |walk| {
            if value.is_none() {
                walk.wrong("unset", format_args!("set: {}", T::EXPECTED));
            }
            T::read(value?, walk)
        })
    }

    /// Ends the reading: what was not asked for is a mistake, and so is what is there twice.
    pub(super) fn close(self, walk: &mut Walk) {
        for (at, (name, value)) in self.entries.iter().enumerate() {
            if !self.known.contains(&name.as_str()) {
                let expected = nearest(name, &self.known).map_or_else(
                    || format!("one of {}", self.known.join(", ")),
                    |near| format!("a known setting, perhaps {near}"),
                );
                walk.wrong_at(name.as_str(), value, expected);
            } else if self.entries[..at].iter().any(|earlier| earlier.0 == *name) {
                walk.wrong_at(name.as_str(), value, "given once");
            }
        }
    }
}
