//! What the outside can name, and what it can do with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, slice,
};

use syn::{Attribute, Item};

use crate::{
    impls::Impls,
    item::{describe, is_public},
    source::{Definition, Sources, attributes, condition, ident, leaves},
};

/// The public items, each with its members.
pub(crate) struct Api {
    items: BTreeMap<String, BTreeSet<String>>,
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (head, members) in &self.items {
            writeln!(f, "{head}")?;
            members.iter().try_for_each(|member| writeln!(f, "    {member}"))?;
        }
        Ok(())
    }
}

/// A public path, and under which condition it is there.
#[derive(Clone)]
struct Place {
    path: String,
    condition: String,
}

impl Place {
    fn below(&self, name: &str, attributes: &[Attribute]) -> Self {
        let condition = condition(attributes).unwrap_or_default();
        let is_known = self.condition.contains(condition.trim());
        let condition = if is_known { "" } else { &condition };
        Self {
            path: format!("{}::{name}", self.path),
            condition: format!("{}{condition}", self.condition),
        }
    }
}

impl Api {
    pub(crate) fn of(sources: &Sources) -> Self {
        let mut found = Vec::new();
        let root = Place { path: "resilience".into(), condition: String::new() };
        walk(sources, &[], &root, &mut found);
        let public: BTreeSet<_> = found.iter().map(|(_, definition)| definition.clone()).collect();
        let impls = Impls::new(sources, &public);
        let mut items: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (place, (module, name)) in &found {
            let defined = sources.items(module).iter();
            for item in defined.filter(|item| ident(item).as_ref() == Some(name)) {
                let (kind, mut members) = describe(item);
                members.extend(impls.of(&(module.clone(), name.clone())));
                let Place { path, condition } = place;
                items.entry(format!("{path} {condition}{kind}")).or_default().extend(members);
            }
        }
        Self { items }
    }
}

fn walk(sources: &Sources, module: &[String], place: &Place, found: &mut Vec<(Place, Definition)>) {
    for item in sources.items(module) {
        let attributes = attributes(item);
        match item {
            Item::Mod(it) if is_public(&it.vis) => {
                let name = it.ident.to_string();
                let inside = [module, slice::from_ref(&name)].concat();
                walk(sources, &inside, &place.below(&name, attributes), found);
            }
            Item::Use(it) if is_public(&it.vis) => {
                let mut names = Vec::new();
                leaves(&it.tree, &[], &mut names);
                for (path, name) in names {
                    let place = place.below(&name, attributes);
                    let Some((at, name)) = sources.define(module, &path) else {
                        panic!("{}: {} is not found", place.path, path.join("::"));
                    };
                    let full = [at.as_slice(), slice::from_ref(&name)].concat();
                    if sources.is_module(&full) {
                        walk(sources, &full, &place, found);
                    } else {
                        found.push((place, (at, name)));
                    }
                }
            }
            item => {
                let is_public = match item {
                    Item::Const(it) => is_public(&it.vis),
                    Item::Enum(it) => is_public(&it.vis),
                    Item::Fn(it) => is_public(&it.vis),
                    Item::Struct(it) => is_public(&it.vis),
                    Item::Trait(it) => is_public(&it.vis),
                    Item::Type(it) => is_public(&it.vis),
                    _ => false,
                };
                if let Some(name) = ident(item).filter(|_| is_public) {
                    let place = place.below(&name, attributes);
                    found.push((place, (module.to_vec(), name)));
                }
            }
        }
    }
}
