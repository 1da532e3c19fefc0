//! Attributes of the form `#[word(key = value, …)]`, and what all derives ask of their input.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Fields, Generics, Ident, Lit,
    LitInt, LitStr, Path, Result, Token, Type,
};

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
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(word))
    {
        attribute.parse_nested_meta(|meta| {
            let name = meta.path.get_ident().map(|ident| ident.unraw().to_string());
            let name = name.unwrap_or_default();
            if seen.contains(&name) {
                return Err(meta.error(format!("`{name}` stands twice")));
            }
            if !key(&name, &meta)? {
                let allowed: Vec<String> = allowed.iter().map(|key| format!("`{key}`")).collect();
                return Err(meta.error(format!("`#[{word}(…)]` knows {} here", allowed.join(", "))));
            }
            seen.push(name);
            Ok(())
        })?;
    }
    Ok(())
}

/// An error if there is an attribute named `word`, which belongs somewhere else.
pub(crate) fn misplaced(attributes: &[Attribute], word: &str, message: &str) -> Result<()> {
    match attributes
        .iter()
        .find(|attribute| attribute.path().is_ident(word))
    {
        Some(attribute) => Err(Error::new(attribute.path().span(), message)),
        None => Ok(()),
    }
}

/// What stands after the `=` of a key.
pub(crate) fn value<'a>(meta: &syn::meta::ParseNestedMeta<'a>) -> Result<ParseStream<'a>> {
    if meta.input.peek(Token![=]) {
        return meta.value();
    }
    let key = meta.path.to_token_stream();
    Err(meta.error(format!("`{key}` has a value: `{key} = …`")))
}

/// Where a key stands that has no value.
pub(crate) fn flag(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<Span> {
    let key = meta.path.to_token_stream();
    if meta.input.peek(Token![=]) {
        return Err(meta.error(format!(
            "`{key}` has no value: leave out what stands behind it"
        )));
    }
    Ok(meta.path.span())
}

/// The value of a key that is text; `empty` is what to say if there is nothing in it.
pub(crate) fn text(meta: &syn::meta::ParseNestedMeta<'_>, empty: &str) -> Result<LitStr> {
    let text: LitStr = value(meta)?.parse()?;
    if text.value().trim().is_empty() {
        return Err(Error::new(text.span(), empty));
    }
    Ok(text)
}

/// The value of a key that is a whole number above 0.
pub(crate) fn above_zero(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<LitInt> {
    let value: Expr = value(meta)?.parse()?;
    let wrong = || Error::new(value.span(), "it is a whole number above 0, as in `5000`");
    match ungrouped(&value) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(count),
            ..
        }) if count.base10_parse::<u32>().is_ok_and(|count| count > 0) => Ok(count.clone()),
        _ => Err(wrong()),
    }
}

/// The value of `crate = path`.
pub(crate) fn path(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<Path> {
    let value = value(meta)?;
    if value.peek(LitStr) {
        return Err(value.error("`crate` is a path and no text, as in `crate = deps::vitalsigns`"));
    }
    value.call(Path::parse_mod_style)
}

/// Where vitalsigns is if nothing else is said.
pub(crate) fn default_crate() -> Path {
    let mut segments = Punctuated::new();
    segments.push(format_ident!("vitalsigns").into());
    Path {
        leading_colon: Some(<Token![::]>::default()),
        segments,
    }
}

/// Where vitalsigns is, of input that is wrong: what cannot be read is left out.
pub(crate) fn crate_of(attributes: &[Attribute], word: &str) -> Path {
    let mut krate = default_crate();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident(word))
    {
        // What is wrong here was said already.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                krate = path(&meta)?;
            } else if meta.input.peek(Token![=]) {
                meta.value()?.parse::<Expr>()?;
            }
            Ok(())
        });
    }
    krate
}

/// What `macro_rules` hand on is in an invisible group.
pub(crate) fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        expr => expr,
    }
}

/// Adds an error to those that were found before.
pub(crate) fn combine(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

/// Whether `ty` mentions one of the type or constant parameters.
pub(crate) fn mentions(ty: &Type, generics: &Generics) -> bool {
    let parameters: Vec<&Ident> = generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .chain(generics.const_params().map(|parameter| &parameter.ident))
        .collect();
    !parameters.is_empty() && contains_any(ty.to_token_stream(), &parameters)
}

fn contains_any(tokens: TokenStream, words: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => words.contains(&&ident),
        TokenTree::Group(group) => contains_any(group.stream(), words),
        _ => false,
    })
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
                if other.is_empty() {
                    input.ident.span()
                } else {
                    other.span()
                },
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
            Some(text) => Name {
                text: text.value(),
                span: text.span(),
            },
            None => Name {
                text: ident.unraw().to_string(),
                span: ident.span(),
            },
        }
    }
}
