//! What is implemented for what.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, Path, Type};

use crate::{
    item::implementation,
    source::{Definition, Sources},
};

/// The implementations, by what they belong to: a type of this crate, or else its trait.
pub(crate) struct Impls(BTreeMap<Definition, Vec<String>>);

impl Impls {
    /// Those that can be seen from outside, where `public` is what can be named there.
    pub(crate) fn new(sources: &Sources, public: &BTreeSet<Definition>) -> Self {
        let mut impls: BTreeMap<Definition, Vec<String>> = BTreeMap::new();
        for (module, items) in sources.modules() {
            let define = |path: &Path| {
                let names: Vec<_> = path.segments.iter().map(|it| it.ident.to_string()).collect();
                sources.define(module, &names)
            };
            for item in items {
                let Item::Impl(it) = item else { continue };
                let own = match &*it.self_ty {
                    Type::Path(path) => define(&path.path),
                    _ => None,
                };
                let named = it.trait_.as_ref().map(|(_, path, _)| path);
                let its_trait = named.and_then(define);
                let is_shown = its_trait.as_ref().is_none_or(|it| public.contains(it))
                    && named.is_none_or(|path| !path.is_ident("Drop"));
                if let Some(owner) = own.or(its_trait).filter(|_| is_shown) {
                    impls.entry(owner).or_default().extend(implementation(it));
                }
            }
        }
        Self(impls)
    }

    pub(crate) fn of(&self, definition: &Definition) -> impl Iterator<Item = String> {
        self.0.get(definition).into_iter().flatten().cloned()
    }
}
