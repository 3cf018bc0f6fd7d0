//! One item: its head, and what belongs to it.

use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, TraitItem, Visibility};

use crate::{source::condition, text::plain};

pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The item without its name, and its own members.
pub(crate) fn describe(item: &Item) -> (String, Vec<String>) {
    match item {
        Item::Const(it) => (format!("const: {}", plain(&it.ty)), Vec::new()),
        Item::Fn(it) => (plain(&it.sig), Vec::new()),
        Item::Type(it) => (format!("type{} = {}", plain(&it.generics), plain(&it.ty)), Vec::new()),
        Item::Struct(it) => {
            let mut members = fields("", &it.fields, true);
            members.extend(traits(&it.attrs));
            let hidden = it.fields.iter().any(|field| !is_public(&field.vis));
            let hidden = if hidden { " with private fields" } else { "" };
            let shape = match it.fields {
                Fields::Named(_) => "struct",
                Fields::Unnamed(_) => "tuple struct",
                Fields::Unit => "unit struct",
            };
            (generic(&format!("{}{shape}{hidden}", marks(&it.attrs)), &it.generics), members)
        }
        Item::Enum(it) => {
            let mut members = traits(&it.attrs);
            for variant in &it.variants {
                let marks = marks(&variant.attrs);
                members.push(format!("variant {marks}{}", variant.ident));
                members.extend(fields(&format!("{}.", variant.ident), &variant.fields, false));
            }
            (generic(&format!("{}enum", marks(&it.attrs)), &it.generics), members)
        }
        Item::Trait(it) => {
            let members = it.items.iter().map(trait_member).collect();
            let above = plain(&it.supertraits);
            let above = if above.is_empty() { above } else { format!(": {above}") };
            (generic(&format!("trait{above}"), &it.generics), members)
        }
        other => unreachable!("no public item: {}", plain(other)),
    }
}

/// A method with a body has a default: adding one asks nothing of those who implement.
fn trait_member(item: &TraitItem) -> String {
    match item {
        TraitItem::Fn(it) => {
            let default = if it.default.is_some() { " { .. }" } else { "" };
            plain(&it.sig) + default
        }
        other => plain(other),
    }
}

/// The lines of an implementation: its head and types for a trait, its public parts otherwise.
pub(crate) fn implementation(it: &ItemImpl) -> Vec<String> {
    let Some(condition) = condition(&it.attrs) else { return Vec::new() };
    let bounds = it.generics.where_clause.as_ref().map(plain).unwrap_or_default();
    let bounds = if bounds.is_empty() { bounds } else { format!(" {bounds}") };
    let head = format!("{condition}impl{}", plain(&it.generics));
    if let Some((not, path, _)) = &it.trait_ {
        let not = if not.is_some() { "!" } else { "" };
        let head = format!("{head} {not}{} for {}{bounds}", plain(path), plain(&it.self_ty));
        let types = it.items.iter().filter_map(|item| match item {
            ImplItem::Type(it) => Some(format!("{head}: type {} = {}", it.ident, plain(&it.ty))),
            _ => None,
        });
        return std::iter::once(head.clone()).chain(types).collect();
    }
    let head = format!("{head} {}{bounds}", plain(&it.self_ty));
    let head = if it.generics.params.is_empty() { condition } else { format!("{head}: ") };
    let mut lines = Vec::new();
    for item in &it.items {
        let (attributes, text) = match item {
            ImplItem::Fn(it) if is_public(&it.vis) => (&it.attrs, plain(&it.sig)),
            ImplItem::Const(it) if is_public(&it.vis) => {
                (&it.attrs, format!("const {}: {}", it.ident, plain(&it.ty)))
            }
            _ => continue,
        };
        if let Some(condition) = self::condition(attributes) {
            lines.push(format!("{condition}{head}{text}"));
        }
    }
    lines
}

fn fields(owner: &str, fields: &Fields, asks: bool) -> Vec<String> {
    let shown = fields.iter().enumerate().filter(|(_, field)| !asks || is_public(&field.vis));
    let line = |(index, field): (usize, &syn::Field)| {
        let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
        format!("field {owner}{name}: {}", plain(&field.ty))
    };
    shown.map(line).collect()
}

/// What an item says of itself that binds its users.
fn marks(attributes: &[Attribute]) -> String {
    let is_open = attributes.iter().any(|it| it.path().is_ident("non_exhaustive"));
    if is_open { "#[non_exhaustive] ".into() } else { String::new() }
}

/// The traits that are derived.
fn traits(attributes: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in attributes.iter().filter(|it| it.path().is_ident("derive")) {
        let syn::Meta::List(list) = &attribute.meta else { continue };
        names.extend(plain(&list.tokens).split(", ").map(|name| format!("impl {name}")));
    }
    names
}

fn generic(head: &str, generics: &syn::Generics) -> String {
    let bounds = generics.where_clause.as_ref().map(plain).unwrap_or_default();
    format!("{head} {} {bounds}", plain(generics)).trim_end().replace("  ", " ")
}
