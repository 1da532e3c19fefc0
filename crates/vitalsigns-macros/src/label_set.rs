//! `derive(LabelSet)`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Field, GenericParam, Generics, LitInt, LitStr, Result, parse_quote};

use crate::attr::{self, Name, default_crate, for_each_key, named_fields};
use crate::check;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(input, "a set of labels is a struct with named fields")?;
    if fields.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            "a set of labels has at least one; a metric without labels needs no family",
        ));
    }
    let mut krate = default_crate();
    for_each_key(&input.attrs, "label", &["crate"], |key, meta| {
        if key == "crate" {
            krate = attr::path(meta)?;
        }
        Ok(key == "crate")
    })?;

    let mut labels: Vec<Label<'_>> = Vec::new();
    for field in fields {
        let label = Label::parse(field)?;
        if labels.iter().any(|other| other.name.text == label.name.text) {
            let message = format!("the label `{}` stands twice", label.name.text);
            return Err(Error::new(label.name.span, message));
        }
        labels.push(label);
    }

    let ident = &input.ident;
    let generics = with_bounds(&input.generics, &parse_quote!(#krate::LabelValue));
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let schema_arguments = schema_arguments(&input.generics);
    let specs = labels.iter().map(|label| label.spec(&krate));
    let values = labels.iter().enumerate().map(|(index, label)| label.value(index, &krate));
    let checks = labels.iter().map(|label| label.checks(&krate));
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::LabelSet for #ident #type_generics #where_clause {
            type Schema = #ident #schema_arguments;
            const LABELS: &'static [#krate::LabelSpec] = &[#(#specs),*];

            #[inline]
            fn label(&self, index: ::core::primitive::usize) -> #krate::Label<'_> {
                match index {
                    #(#values)*
                    _ => #krate::Label::Closed(0),
                }
            }
        }

        const _: () = { #(#checks)* };
    })
}

/// One field, read.
struct Label<'a> {
    field: &'a Field,
    name: Name,
    cap: Option<LitInt>,
    allow: Option<LitStr>,
}

impl<'a> Label<'a> {
    fn parse(field: &'a Field) -> Result<Self> {
        let (mut cap, mut name, mut allow) = (None, None, None);
        for_each_key(&field.attrs, "label", &["cap", "name", "allow"], |key, meta| {
            match key {
                "cap" => {
                    let count: LitInt = meta.value()?.parse()?;
                    if count.base10_parse::<u32>()? == 0 {
                        let message = "a cap of 0 leaves no value to tell apart; say at least 1";
                        return Err(Error::new(count.span(), message));
                    }
                    cap = Some(count);
                }
                "name" => name = Some(attr::text(meta)?),
                "allow" => allow = Some(attr::text(meta)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        // Named fields have identifiers.
        let ident = field.ident.as_ref().ok_or_else(|| Error::new(field.span(), "a label is named"))?;
        Ok(Label { field, name: Name::new(ident, name.as_ref()), cap, allow })
    }

    fn spec(&self, krate: &syn::Path) -> TokenStream {
        let (name, ty) = (&self.name.text, &self.field.ty);
        let values = match &self.cap {
            Some(cap) => quote!(#krate::LabelValues::Capped(#cap)),
            None => quote_spanned! {ty.span()=>
                #krate::LabelValues::Closed(<#ty as #krate::LabelValue>::VALUES)
            },
        };
        quote!(#krate::LabelSpec { name: #name, values: #values })
    }

    fn value(&self, index: usize, krate: &syn::Path) -> TokenStream {
        let (ident, ty) = (&self.field.ident, &self.field.ty);
        let value = match &self.cap {
            Some(_) => quote_spanned! {ty.span()=>
                #krate::Label::Open(<#ty as #krate::OpenLabelValue>::as_label(&self.#ident))
            },
            None => quote_spanned! {ty.span()=>
                #krate::Label::Closed(<#ty as #krate::LabelValue>::index(&self.#ident))
            },
        };
        quote!(#index => #value,)
    }

    fn checks(&self, krate: &syn::Path) -> TokenStream {
        let Name { text, span } = &self.name;
        let name = check::none(*span, &quote!(#krate::__private::label_name(#text)));
        let identifies = quote!(#krate::__private::identifies(#text));
        let reason = match &self.allow {
            None => check::not(
                *span,
                &identifies,
                &format!(
                    "`{text}` identifies a person or a request and would make a series for each; \
                     use a closed enum, or `#[label(allow = \"reason\")]`"
                ),
            ),
            Some(allow) => check::not(
                allow.span(),
                &quote!(!#identifies),
                &format!("`{text}` identifies nobody, so there is nothing to allow"),
            ),
        };
        quote!(#name #reason)
    }
}

/// A type parameter of a set is a closed label.
fn with_bounds(generics: &Generics, bound: &syn::TypeParamBound) -> Generics {
    let mut generics = generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(bound.clone());
    }
    generics
}

/// The arguments of the type with every lifetime `'static`.
fn schema_arguments(generics: &Generics) -> TokenStream {
    if generics.params.is_empty() {
        return TokenStream::new();
    }
    let arguments = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(parameter) => {
            let ident = &parameter.ident;
            quote!(#ident)
        }
        GenericParam::Const(parameter) => {
            let ident = &parameter.ident;
            quote!(#ident)
        }
    });
    quote!(<#(#arguments),*>)
}
