//! `derive(LabelValue)`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::attr::{self, default_crate, for_each_key};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "a closed label is an enum without fields; text is a capped label and needs no derive",
        ));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), "a closed label has no parameters"));
    }
    if data.variants.is_empty() {
        return Err(Error::new(input.ident.span(), "a label has at least one value"));
    }

    let mut krate = default_crate();
    for_each_key(&input.attrs, "label", &["crate"], |key, meta| {
        if key == "crate" {
            krate = attr::path(meta)?;
        }
        Ok(key == "crate")
    })?;

    let mut values: Vec<String> = Vec::new();
    for variant in &data.variants {
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
                rename = Some(attr::text(meta)?);
            }
            Ok(key == "rename")
        })?;
        let span = rename.as_ref().map_or(variant.ident.span(), |text| text.span());
        let value = match rename {
            Some(text) => text.value(),
            None => snake_case(&variant.ident.unraw().to_string()),
        };
        if values.contains(&value) {
            return Err(Error::new(span, format!("the value `{value}` stands twice")));
        }
        values.push(value);
    }

    let ident = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let indices: Vec<_> = (0..variants.len()).collect();
    Ok(quote! {
        #[automatically_derived]
        impl #krate::LabelValue for #ident {
            const VALUES: &'static [&'static ::core::primitive::str] = &[#(#values),*];

            #[inline]
            fn index(&self) -> ::core::primitive::usize {
                match self {
                    #(#ident::#variants => #indices,)*
                }
            }

            fn from_index(index: ::core::primitive::usize) -> ::core::option::Option<Self> {
                match index {
                    #(#indices => ::core::option::Option::Some(#ident::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
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
                || letters.get(index + 1).is_some_and(|next| next.is_lowercase()));
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
