//! `derive(MetricGroup)`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Attribute, DeriveInput, Error, Expr, ExprArray, ExprLit, ExprUnary, Field, Lit, LitFloat,
    LitStr, Meta, Path, Result, UnOp,
};

use crate::attr::{self, Name, default_crate, for_each_key, named_fields};
use crate::check;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(input, "a group of metrics is a struct with named fields")?;
    if fields.is_empty() {
        return Err(Error::new(input.ident.span(), "a group has at least one metric"));
    }
    if let Some(lifetime) = input.generics.lifetimes().next() {
        let message = "a group owns its metrics and is kept by the registry: no lifetimes";
        return Err(Error::new(lifetime.span(), message));
    }
    let mut prefix = None;
    let mut krate = default_crate();
    for_each_key(&input.attrs, "metrics", &["prefix", "crate"], |key, meta| {
        match key {
            "prefix" => prefix = Some(attr::text(meta)?),
            "crate" => krate = attr::path(meta)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let prefix_text = prefix.as_ref().map(LitStr::value).unwrap_or_default();

    let mut metrics: Vec<Metric<'_>> = Vec::new();
    let mut errors: Option<Error> = None;
    for field in fields {
        match Metric::parse(field) {
            Ok(metric) if metrics.iter().any(|other| other.name.text == metric.name.text) => {
                let message = format!("the metric `{}` stands twice", metric.name.text);
                combine(&mut errors, Error::new(metric.name.span, message));
            }
            Ok(metric) => metrics.push(metric),
            Err(error) => combine(&mut errors, error),
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }

    let ident = &input.ident;
    let name = ident.to_string();
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let build = metrics.iter().map(|metric| metric.build(&krate));
    let share = metrics.iter().map(Metric::share);
    let checks = prefix
        .iter()
        .map(|prefix| {
            check::none(prefix.span(), &quote!(#krate::__private::prefix(#prefix)))
        })
        .chain(metrics.iter().map(|metric| metric.checks(&prefix_text, &krate)));

    // What a parameter is, is known where the group is used: its checks wait until then.
    let (checks, checked) = if input.generics.params.is_empty() {
        (quote!(const _: () = { #(#checks)* };), TokenStream::new())
    } else {
        let checks = quote! {
            impl #impl_generics #ident #type_generics #where_clause {
                const __CHECKED: () = { #(#checks)* };
            }
        };
        (checks, quote!(let () = Self::__CHECKED;))
    };
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::MetricGroup for #ident #type_generics #where_clause {
            const NAME: &'static ::core::primitive::str = #name;
            const PREFIX: &'static ::core::primitive::str = #prefix_text;

            fn build(
                group: &mut #krate::__private::GroupBuilder<'_>,
            ) -> ::core::result::Result<Self, #krate::RegisterError> {
                #checked
                ::core::result::Result::Ok(Self { #(#build)* })
            }

            fn share(&self) -> Self {
                Self { #(#share)* }
            }
        }

        #checks
    })
}

fn combine(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

/// One field, read.
struct Metric<'a> {
    field: &'a Field,
    name: Name,
    help: String,
    unit: Option<LitStr>,
    buckets: Option<Expr>,
}

impl<'a> Metric<'a> {
    fn parse(field: &'a Field) -> Result<Self> {
        let (mut name, mut unit, mut buckets) = (None, None, None);
        for_each_key(&field.attrs, "metric", &["name", "unit", "buckets"], |key, meta| {
            match key {
                "name" => name = Some(attr::text(meta)?),
                "unit" => unit = Some(attr::text(meta)?),
                "buckets" => buckets = Some(bounds(meta.value()?.parse()?)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        // Named fields have identifiers.
        let ident = field.ident.as_ref().ok_or_else(|| Error::new(field.span(), "a metric is named"))?;
        let help = help(&field.attrs);
        if help.is_empty() {
            return Err(Error::new(
                ident.span(),
                format!("`{ident}` has no help: say in a doc comment (`///`) what it measures"),
            ));
        }
        Ok(Metric { field, name: Name::new(ident, name.as_ref()), help, unit, buckets })
    }

    fn build(&self, krate: &Path) -> TokenStream {
        let Metric { field, name, help, unit, buckets } = self;
        let (ident, ty, name) = (&field.ident, &field.ty, &name.text);
        let unit = option(unit.as_ref().map(|unit| quote!(#unit)));
        let buckets = option(buckets.as_ref().map(|bounds| {
            quote!({
                const BOUNDS: &[::core::primitive::f64] = &#bounds;
                BOUNDS
            })
        }));
        quote! {
            #ident: group.metric::<#ty>(#krate::__private::FieldSpec {
                name: #name,
                help: #help,
                unit: #unit,
                buckets: #buckets,
            })?,
        }
    }

    fn share(&self) -> TokenStream {
        let ident = &self.field.ident;
        quote!(#ident: ::core::clone::Clone::clone(&self.#ident),)
    }

    fn checks(&self, prefix: &str, krate: &Path) -> TokenStream {
        let ty = &self.field.ty;
        let Name { text, span } = &self.name;
        let full = if prefix.is_empty() { text.clone() } else { format!("{prefix}_{text}") };
        let kind = quote_spanned!(ty.span()=> <#ty as #krate::MetricField>::KIND);
        let mut checks =
            check::none(*span, &quote!(#krate::__private::metric_name(#full, #kind)));
        if let Some(unit) = &self.unit {
            checks.extend(check::none(
                unit.span(),
                &quote!(#krate::__private::unit(#full, #kind, #unit)),
            ));
        }
        checks.extend(match &self.buckets {
            Some(bounds) => check::none(
                bounds.span(),
                &quote!(#krate::__private::buckets(#kind, &#bounds)),
            ),
            None => check::none(
                *span,
                &quote!(#krate::__private::has_default_buckets(#text, #kind)),
            ),
        });
        checks
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// The first paragraph of the doc comment, on one line.
fn help(attributes: &[Attribute]) -> String {
    let mut words: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let Meta::NameValue(doc) = &attribute.meta else { continue };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &doc.value else { continue };
        // `///` alone is an empty text, which has no lines, and ends the paragraph all the same.
        let text = text.value();
        for line in text.split('\n').map(str::trim) {
            match (line.is_empty(), words.is_empty()) {
                (true, true) => {}
                (true, false) => return words.join(" "),
                (false, _) => words.push(line.to_owned()),
            }
        }
    }
    words.join(" ")
}

/// Bucket bounds: whole numbers become floats, and literals are compared right here, so that the
/// error points at the one that is wrong. Anything else is checked when it is evaluated.
fn bounds(expr: Expr) -> Result<Expr> {
    let Expr::Array(mut array) = expr else { return Ok(expr) };
    let mut before: Option<(f64, Span)> = None;
    for bound in &mut array.elems {
        let Some((value, float)) = literal(bound)? else {
            before = None;
            continue;
        };
        if let Some((smaller, _)) = before
            && smaller >= value
        {
            let message = format!(
                "bucket bounds increase from one to the next; {value} stands after {smaller}"
            );
            return Err(Error::new(bound.span(), message));
        }
        before = Some((value, bound.span()));
        *bound = float;
    }
    Ok(Expr::Array(ExprArray { ..array }))
}

/// The value of a literal with or without a sign, and the literal as a float.
fn literal(expr: &Expr) -> Result<Option<(f64, Expr)>> {
    Ok(match expr {
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => {
            Some((float.base10_parse()?, expr.clone()))
        }
        Expr::Lit(ExprLit { lit: Lit::Int(int), attrs }) if int.suffix().is_empty() => {
            let text = format!("{}.0", int.base10_digits());
            let float = LitFloat::new(&text, int.span());
            let value = float.base10_parse()?;
            let lit = ExprLit { lit: Lit::Float(float), attrs: attrs.clone() };
            Some((value, Expr::Lit(lit)))
        }
        Expr::Unary(ExprUnary { op: op @ UnOp::Neg(_), expr: inner, attrs }) => {
            literal(inner)?.map(|(value, float)| {
                let (op, attrs) = (*op, attrs.clone());
                (-value, Expr::Unary(ExprUnary { op, expr: Box::new(float), attrs }))
            })
        }
        _ => None,
    })
}
