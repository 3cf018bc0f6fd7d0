//! The modules of a crate, and what the names in them stand for.

use std::{collections::BTreeMap, fs, path::Path, slice};

use syn::{Attribute, Item, UseTree};

use crate::text::plain;

/// A module by its true path, such as `layers::retry`; the root is the empty one.
pub(crate) type ModulePath = Vec<String>;

/// Where an item is defined, and its name there.
pub(crate) type Definition = (ModulePath, String);

pub(crate) struct Sources {
    modules: BTreeMap<ModulePath, Vec<Item>>,
}

impl Sources {
    /// All modules that `lib.rs` in `folder` reaches.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut sources = Self { modules: BTreeMap::new() };
        sources.add_file(&folder.join("lib.rs"), folder, &[]);
        sources
    }

    /// A crate of one file.
    pub(crate) fn of_one(source: &str) -> Self {
        let mut sources = Self { modules: BTreeMap::new() };
        let file = syn::parse_file(source).expect("it parses");
        sources.add(file.items, Path::new(""), &[]);
        sources
    }

    fn add_file(&mut self, file: &Path, folder: &Path, path: &[String]) {
        let name = file.display();
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.add(parsed.items, folder, path);
    }

    fn add(&mut self, items: Vec<Item>, folder: &Path, path: &[String]) {
        let mut kept = Vec::new();
        for mut item in items {
            if condition(attributes(&item)).is_none() {
                continue;
            }
            if let Item::Mod(module) = &mut item {
                let name = module.ident.to_string();
                let (path, below) = ([path, slice::from_ref(&name)].concat(), folder.join(&name));
                if let Some((_, items)) = module.content.take() {
                    self.add(items, &below, &path);
                } else {
                    let file = folder.join(format!("{name}.rs"));
                    let file = if file.exists() { file } else { below.join("mod.rs") };
                    self.add_file(&file, &below, &path);
                }
            }
            kept.push(item);
        }
        self.modules.insert(path.to_vec(), kept);
    }

    pub(crate) fn modules(&self) -> impl Iterator<Item = (&ModulePath, &Vec<Item>)> {
        self.modules.iter()
    }

    pub(crate) fn items(&self, module: &[String]) -> &[Item] {
        self.modules.get(module).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_module(&self, path: &[String]) -> bool {
        self.modules.contains_key(path)
    }

    /// Where the item is defined that `path` stands for in `module`; `None` when it is of another
    /// crate.
    pub(crate) fn define(&self, module: &[String], path: &[String]) -> Option<Definition> {
        let (name, way) = path.split_last()?;
        let mut at = module.to_vec();
        for step in way {
            match step.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => _ = at.pop()?,
                step => {
                    at.push(step.to_owned());
                    if !self.is_module(&at) {
                        // The name of a module that came by an import.
                        at.pop();
                        let (mut from, name) = self.imported(&at, step)?;
                        from.push(name);
                        at = self.is_module(&from).then_some(from)?;
                    }
                }
            }
        }
        let full = [at.as_slice(), slice::from_ref(name)].concat();
        let is_here = self.items(&at).iter().any(|item| ident(item).as_ref() == Some(name));
        if is_here || self.is_module(&full) {
            return Some((at, name.clone()));
        }
        self.imported(&at, name)
    }

    /// What an import called `name` in `module` stands for.
    fn imported(&self, module: &[String], name: &str) -> Option<Definition> {
        self.items(module).iter().find_map(|item| {
            let Item::Use(import) = item else { return None };
            let mut found = Vec::new();
            leaves(&import.tree, &[], &mut found);
            let (path, _) = found.into_iter().find(|(_, alias)| alias == name)?;
            (path.as_slice() != [name.to_owned()]).then(|| self.define(module, &path)).flatten()
        })
    }
}

/// The paths that an import names, each with the name that it gets.
pub(crate) fn leaves(tree: &UseTree, path: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let with = |name: &syn::Ident| [path, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(step) => leaves(&step.tree, &with(&step.ident), found),
        UseTree::Name(name) if name.ident == "self" => {
            found.push((path.to_vec(), path.last().cloned().unwrap_or_default()));
        }
        UseTree::Name(name) => found.push((with(&name.ident), name.ident.to_string())),
        UseTree::Rename(name) => found.push((with(&name.ident), name.rename.to_string())),
        UseTree::Group(group) => group.items.iter().for_each(|item| leaves(item, path, found)),
        UseTree::Glob(_) => {}
    }
}

/// The condition under which something is there, empty for always; `None` for what is there in
/// tests and in documentation only.
pub(crate) fn condition(attributes: &[Attribute]) -> Option<String> {
    let mut all = String::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        let text = plain(&list.tokens);
        let outside = text.split('"').step_by(2).collect::<String>();
        let mut words = outside.split(|c: char| !c.is_alphanumeric());
        if words.any(|word| matches!(word, "test" | "doc" | "doctest")) {
            return None;
        }
        all.extend(["[", &text, "] "]);
    }
    Some(all)
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// The name under which an item is defined.
pub(crate) fn ident(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(it) => it.ident.to_string(),
        Item::Enum(it) => it.ident.to_string(),
        Item::Fn(it) => it.sig.ident.to_string(),
        Item::Struct(it) => it.ident.to_string(),
        Item::Trait(it) => it.ident.to_string(),
        Item::Type(it) => it.ident.to_string(),
        _ => return None,
    })
}
