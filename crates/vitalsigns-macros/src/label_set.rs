//! `derive(LabelSet)`.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    DeriveInput, Error, Expr, ExprLit, Field, GenericParam, Generics, Lit, LitStr, Result, Type,
    parse_quote,
};

use crate::attr::{self, Name, combine, default_crate, for_each_key, named_fields, ungrouped};
use crate::check;

/// The most labels that a set can have; a family checks it once more.
const MAX_LABELS: usize = 16;

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
    let mut errors = None;
    for field in fields {
        match Label::parse(field) {
            Ok(label)
                if labels
                    .iter()
                    .any(|other| other.name.text == label.name.text) =>
            {
                let message = format!("the label `{}` stands twice", label.name.text);
                combine(&mut errors, Error::new(label.name.span, message));
            }
            Ok(label) => labels.push(label),
            Err(error) => combine(&mut errors, error),
        }
    }
    if let Some(label) = fields.iter().nth(MAX_LABELS) {
        let message = format!("a set of labels has {MAX_LABELS} of them at the most");
        combine(&mut errors, Error::new(label.ident.span(), message));
    }
    if let Some(errors) = errors {
        return Err(errors);
    }

    let ident = &input.ident;
    let generics = with_bounds(&input.generics, &labels, &krate);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let schema_arguments = schema_arguments(&input.generics);
    let specs = labels.iter().map(|label| label.spec(&krate));
    let values = labels
        .iter()
        .enumerate()
        .map(|(index, label)| label.value(index, &krate));
    let checks = labels.iter().map(|label| label.checks(&krate));
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::LabelSet for #ident #type_generics #where_clause {
            type Schema = #ident #schema_arguments;
            const LABELS: &'static [#krate::LabelSpec] = &[#(#specs),*];

            #[inline]
            fn label(&self, __index: ::core::primitive::usize) -> #krate::Label<'_> {
                match __index {
                    #(#values)*
                    _ => #krate::Label::Closed(0),
                }
            }
        }

        #(#checks)*
    })
}

/// An implementation in name only, for a set of which something is wrong.
pub(crate) fn stub(input: &DeriveInput) -> TokenStream {
    if input.generics.type_params().next().is_some() {
        return TokenStream::new();
    }
    let (ident, krate) = (&input.ident, attr::crate_of(&input.attrs, "label"));
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let schema_arguments = schema_arguments(&input.generics);
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::LabelSet for #ident #type_generics #where_clause {
            type Schema = #ident #schema_arguments;
            const LABELS: &'static [#krate::LabelSpec] = &[];

            fn label(&self, _: ::core::primitive::usize) -> #krate::Label<'_> {
                #krate::Label::Closed(0)
            }
        }
    }
}

/// One field, read.
struct Label<'a> {
    field: &'a Field,
    name: Name,
    cap: Option<Literal>,
    allow: Option<LitStr>,
}

impl<'a> Label<'a> {
    fn parse(field: &'a Field) -> Result<Self> {
        let (mut cap, mut name, mut allow) = (None, None, None);
        for_each_key(
            &field.attrs,
            "label",
            &["cap", "name", "allow"],
            |key, meta| {
                match key {
                    "cap" => {
                        cap = Some(read_cap(&attr::value(meta)?.parse()?)?);
                    }
                    "name" => name = Some(attr::text(meta, "a label has at least one letter")?),
                    "allow" => allow = Some(attr::text(meta, "say why this label is allowed")?),
                    _ => return Ok(false),
                }
                Ok(true)
            },
        )?;
        // Named fields have identifiers.
        let ident = field
            .ident
            .as_ref()
            .ok_or_else(|| Error::new(field.span(), "a label is named"))?;
        Ok(Label {
            field,
            name: Name::new(ident, name.as_ref()),
            cap,
            allow,
        })
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
        quote!(const _: () = { #name #reason };)
    }
}

fn read_cap(expr: &Expr) -> Result<Literal> {
    let Expr::Lit(ExprLit {
        lit: Lit::Int(count),
        ..
    }) = ungrouped(expr)
    else {
        let message = "a cap is a whole number above 0, as in `#[label(cap = 50)]`";
        return Err(Error::new(expr.span(), message));
    };
    let message = match count.base10_parse::<u32>() {
        Ok(0) => "a cap of 0 leaves no value to tell apart; say at least 1",
        Ok(cap) => {
            let mut literal = Literal::u32_unsuffixed(cap);
            literal.set_span(count.span());
            return Ok(literal);
        }
        Err(_) => "a cap is the number of values that are told apart; this is too many",
    };
    Err(Error::new(count.span(), message))
}

/// What a parameter stands for must be a label if it is the type of one.
fn with_bounds(generics: &Generics, labels: &[Label<'_>], krate: &syn::Path) -> Generics {
    let mut bounded = generics.clone();
    for parameter in generics.type_params() {
        let ident = &parameter.ident;
        bounded
            .make_where_clause()
            .predicates
            .push(parse_quote!(#ident: 'static));
    }
    for label in labels
        .iter()
        .filter(|label| attr::mentions(&label.field.ty, generics))
    {
        let mut ty = &label.field.ty;
        bounded
            .make_where_clause()
            .predicates
            .push(match label.cap {
                Some(_) => {
                    // A reference to text is text; a bound on it would hold for its lifetime only.
                    while let Type::Reference(reference) = ty {
                        ty = &reference.elem;
                    }
                    parse_quote!(#ty: #krate::OpenLabelValue)
                }
                None => parse_quote!(#ty: #krate::LabelValue),
            });
    }
    bounded
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
