//! `derive(LabelValue)`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Result, Variant};

use crate::attr::{self, combine, default_crate, for_each_key};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "a closed label is an enum without fields; text needs no derive, but a cap where it is used",
        ));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "a closed label has no parameters: its values are known in its declaration",
        ));
    }
    if data.variants.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            "a label has at least one value",
        ));
    }

    let mut krate = default_crate();
    for_each_key(&input.attrs, "label", &["crate"], |key, meta| {
        if key == "crate" {
            krate = attr::path(meta)?;
        }
        Ok(key == "crate")
    })?;

    let mut values: Vec<String> = Vec::new();
    let mut errors = None;
    for variant in &data.variants {
        match value(variant) {
            Ok((text, span)) if values.contains(&text) => {
                combine(
                    &mut errors,
                    Error::new(span, format!("the value `{text}` stands twice")),
                );
            }
            Ok((text, _)) => values.push(text),
            Err(error) => combine(&mut errors, error),
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }

    let ident = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let indices: Vec<_> = (0..variants.len()).collect();
    Ok(quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::LabelValue for #ident {
            const VALUES: &'static [&'static ::core::primitive::str] = &[#(#values),*];

            #[inline]
            fn index(&self) -> ::core::primitive::usize {
                match self {
                    #(#ident::#variants => #indices,)*
                }
            }

            fn from_index(__index: ::core::primitive::usize) -> ::core::option::Option<Self> {
                match __index {
                    #(#indices => ::core::option::Option::Some(#ident::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}

/// An implementation in name only, for an enum of which something is wrong.
pub(crate) fn stub(input: &DeriveInput) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let (ident, krate) = (&input.ident, attr::crate_of(&input.attrs, "label"));
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #krate::LabelValue for #ident {
            const VALUES: &'static [&'static ::core::primitive::str] = &[""];

            fn index(&self) -> ::core::primitive::usize {
                0
            }

            fn from_index(_: ::core::primitive::usize) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
        }
    }
}

/// The text of a variant, and where it stands.
fn value(variant: &Variant) -> Result<(String, Span)> {
    if !matches!(variant.fields, Fields::Unit) {
        return Err(Error::new(
            variant.fields.span(),
            "a value of a closed label has no fields, or there would be a series for each of \
             their values",
        ));
    }
    let mut rename = None;
    for_each_key(&variant.attrs, "label", &["rename"], |key, meta| {
        if key == "rename" {
            let empty = "an empty value is the same as no label; say what the value is";
            rename = Some(attr::text(meta, empty)?);
        }
        Ok(key == "rename")
    })?;
    Ok(match rename {
        Some(text) => (text.value(), text.span()),
        None => (
            snake_case(&variant.ident.unraw().to_string()),
            variant.ident.span(),
        ),
    })
}

/// `BadSignature` becomes `bad_signature`, `HTTPError` `http_error`, `H264` `h264`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let starts_word = letter.is_uppercase()
            && index > 0
            && (!letters[index - 1].is_uppercase()
                || letters
                    .get(index + 1)
                    .is_some_and(|next| next.is_lowercase()));
        if starts_word && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn variants_become_snake_case() {
        for (variant, value) in [
            ("Free", "free"),
            ("BadSignature", "bad_signature"),
            ("HTTPError", "http_error"),
            ("H264", "h264"),
            ("Already_Snake", "already_snake"),
            ("GET", "get"),
        ] {
            assert_eq!(snake_case(variant), value);
        }
    }
}
