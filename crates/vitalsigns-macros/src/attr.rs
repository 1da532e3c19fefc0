//! Attributes of the form `#[word(key = value, …)]`, and what all derives ask of their input.

use proc_macro2::Span;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Path, Result, Token};

/// Calls `key` for each `key = …` in the attributes named `word`; it reads the value.
///
/// `allowed` is for the error about a key that does not exist.
pub(crate) fn for_each_key(
    attributes: &[Attribute],
    word: &str,
    allowed: &[&str],
    mut key: impl FnMut(&str, &syn::meta::ParseNestedMeta<'_>) -> Result<bool>,
) -> Result<()> {
    let mut seen: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(word)) {
        attribute.parse_nested_meta(|meta| {
            let name = meta.path.get_ident().map(|ident| ident.unraw().to_string());
            let name = name.unwrap_or_default();
            if seen.contains(&name) {
                return Err(meta.error(format!("`{name}` stands twice")));
            }
            if !key(&name, &meta)? {
                let allowed: Vec<String> = allowed.iter().map(|key| format!("`{key}`")).collect();
                return Err(meta.error(format!(
                    "`#[{word}(…)]` knows {} here",
                    allowed.join(", ")
                )));
            }
            seen.push(name);
            Ok(())
        })?;
    }
    Ok(())
}

/// The value of a key that is text and not empty.
pub(crate) fn text(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<LitStr> {
    let text: LitStr = meta.value()?.parse()?;
    if text.value().is_empty() {
        return Err(Error::new(text.span(), "there is nothing in it"));
    }
    Ok(text)
}

/// The value of `crate = path`.
pub(crate) fn path(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<Path> {
    meta.value()?.call(Path::parse_mod_style)
}

/// Where vitalsigns is if nothing else is said.
pub(crate) fn default_crate() -> Path {
    let mut segments = Punctuated::new();
    segments.push(format_ident!("vitalsigns").into());
    Path { leading_colon: Some(<Token![::]>::default()), segments }
}

/// The named fields of a struct, or an error that says what is expected.
pub(crate) fn named_fields<'a>(
    input: &'a DeriveInput,
    expected: &str,
) -> Result<&'a Punctuated<Field, Token![,]>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(&fields.named),
            other => Err(Error::new(
                if other.is_empty() { input.ident.span() } else { other.span() },
                expected,
            )),
        },
        _ => Err(Error::new(input.ident.span(), expected)),
    }
}

/// A name that is written out: the identifier, or the text of an attribute in its place.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Name {
    pub(crate) fn new(ident: &Ident, replaced: Option<&LitStr>) -> Self {
        match replaced {
            Some(text) => Name { text: text.value(), span: text.span() },
            None => Name { text: ident.unraw().to_string(), span: ident.span() },
        }
    }
}
