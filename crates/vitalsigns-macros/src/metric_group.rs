//! `derive(MetricGroup)`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, DeriveInput, Error, Expr, ExprLit, Field, Ident, Lit, LitBool, LitInt, LitStr, Meta,
    Path, Result,
};

use crate::attr::{self, Name, combine, default_crate, for_each_key, named_fields, ungrouped};
use crate::{buckets, check};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(input, "a group of metrics is a struct with named fields")?;
    if fields.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            "a group has at least one metric",
        ));
    }
    if let Some(lifetime) = input.generics.lifetimes().next() {
        let message = "a group owns its metrics and is kept by the registry: no lifetimes";
        return Err(Error::new(lifetime.span(), message));
    }
    attr::misplaced(
        &input.attrs,
        "metric",
        "`#[metric(…)]` is for a field; the struct has `#[metrics(…)]`",
    )?;
    let mut prefix = None;
    let mut namespaced: Option<LitBool> = None;
    let mut krate = default_crate();
    for_each_key(
        &input.attrs,
        "metrics",
        &["prefix", "namespace", "crate"],
        |key, meta| {
            match key {
                "prefix" => {
                    let empty =
                        "there is nothing in it; a group without a prefix needs no `prefix`";
                    prefix = Some(attr::text(meta, empty)?);
                }
                "namespace" => namespaced = Some(attr::value(meta)?.parse()?),
                "crate" => krate = attr::path(meta)?,
                _ => return Ok(false),
            }
            Ok(true)
        },
    )?;
    let namespaced = namespaced.is_none_or(|namespaced| namespaced.value);
    let prefix_text = prefix.as_ref().map(LitStr::value).unwrap_or_default();

    let mut metrics: Vec<Metric<'_>> = Vec::new();
    let mut errors = None;
    for field in fields {
        match Metric::parse(metrics.len(), field) {
            Ok(metric)
                if metrics
                    .iter()
                    .any(|other| other.name.text == metric.name.text) =>
            {
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
    let name = ident.unraw().to_string();
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let build = metrics.iter().map(|metric| metric.build(&krate));
    let share = metrics.iter().map(Metric::share);
    let bounds = metrics.iter().map(Metric::bounds);
    let prefix_check = prefix.iter().map(|prefix| {
        let check = check::none(prefix.span(), &quote!(#krate::__private::prefix(#prefix)));
        quote!(const _: () = { #check };)
    });
    // What a parameter is, is known where the group is used: these checks wait until then.
    let (later, now): (Vec<_>, Vec<_>) = metrics
        .iter()
        .partition(|metric| attr::mentions(&metric.field.ty, &input.generics));
    let now = now
        .into_iter()
        .map(|metric| metric.checks(prefix.as_ref(), &krate));
    let later = later
        .into_iter()
        .map(|metric| metric.checks(prefix.as_ref(), &krate));
    Ok(quote! {
        const _: () = {
            #(#bounds)*

            // A type, to ask whether it is a metric and of which kind. If it is none, the answer
            // is that of the trait, and the one error about it is that of `__metric`.
            #[allow(dead_code)]
            struct __Type<F>(::core::marker::PhantomData<F>);

            #[allow(dead_code)]
            trait __NoMetric {
                const KIND: ::core::option::Option<#krate::Kind> = ::core::option::Option::None;
                const STATES: ::core::primitive::usize = 0;
                const OWN_CELLS: ::core::option::Option<::core::primitive::bool> =
                    ::core::option::Option::None;
            }

            impl<F> __NoMetric for __Type<F> {}

            #[allow(dead_code)]
            impl<F: #krate::MetricField> __Type<F> {
                const KIND: ::core::option::Option<#krate::Kind> =
                    ::core::option::Option::Some(F::KIND);
                const STATES: ::core::primitive::usize = match F::STATES {
                    ::core::option::Option::Some(__states) => __states.len(),
                    ::core::option::Option::None => 0,
                };
                const OWN_CELLS: ::core::option::Option<::core::primitive::bool> = F::OWN_CELLS;
            }

            fn __metric<F: #krate::MetricField>(
                __group: &mut #krate::__private::GroupBuilder<'_>,
                __spec: #krate::__private::FieldSpec,
            ) -> ::core::result::Result<F, #krate::RegisterError> {
                __group.metric(__spec)
            }

            // The compiler does not take what a derived `Clone` reads for a use of it. Were the
            // fields read in `share` itself, a metric that nothing records would go unnoticed.
            #[allow(dead_code)]
            enum __Share<'a, G> {
                From(&'a G),
                Made(G),
            }

            #[automatically_derived]
            impl #impl_generics ::core::clone::Clone for __Share<'_, #ident #type_generics>
            #where_clause
            {
                fn clone(&self) -> Self {
                    let __Share::From(__group) = self else { ::core::unreachable!() };
                    __Share::Made(#ident { #(#share)* })
                }
            }

            #[automatically_derived]
            impl #impl_generics #krate::MetricGroup for #ident #type_generics #where_clause {
                const NAME: &'static ::core::primitive::str = #name;
                const PREFIX: &'static ::core::primitive::str = #prefix_text;
                const NAMESPACED: ::core::primitive::bool = #namespaced;

                fn build(
                    __group: &mut #krate::__private::GroupBuilder<'_>,
                ) -> ::core::result::Result<Self, #krate::RegisterError> {
                    #(const { #later })*
                    ::core::result::Result::Ok(Self { #(#build)* })
                }

                fn share(&self) -> Self {
                    match ::core::clone::Clone::clone(&__Share::From(self)) {
                        __Share::Made(__group) => __group,
                        __Share::From(_) => ::core::unreachable!(),
                    }
                }
            }

            #(#prefix_check)*
            #(const _: () = { #now };)*
        };
    })
}

/// An implementation in name only, for a group of which something is wrong.
pub(crate) fn stub(input: &DeriveInput) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let (ident, krate) = (&input.ident, attr::crate_of(&input.attrs, "metrics"));
    quote! {
        #[automatically_derived]
        impl #krate::MetricGroup for #ident {
            const NAME: &'static ::core::primitive::str = "";
            const PREFIX: &'static ::core::primitive::str = "";

            fn build(
                _: &mut #krate::__private::GroupBuilder<'_>,
            ) -> ::core::result::Result<Self, #krate::RegisterError> {
                ::core::unreachable!()
            }

            fn share(&self) -> Self {
                ::core::unreachable!()
            }
        }
    }
}

/// `histogram = "…"`.
struct Form {
    span: Span,
    classic: bool,
    native: bool,
}

impl Form {
    fn parse(text: &LitStr) -> Result<Self> {
        let (classic, native) = match text.value().as_str() {
            "classic" => (true, false),
            "native" => (false, true),
            "both" => (true, true),
            _ => {
                let message = "a histogram is `\"classic\"`, `\"native\"` or `\"both\"`";
                return Err(Error::new(text.span(), message));
            }
        };
        Ok(Form {
            span: text.span(),
            classic,
            native,
        })
    }
}

/// `cells = "…"`: whether each thread has its own, and where that is said.
fn cells(meta: &syn::meta::ParseNestedMeta<'_>) -> Result<(bool, Span)> {
    let text = attr::text(meta, "say `\"thread\"` or `\"shared\"`")?;
    match text.value().as_str() {
        "thread" => Ok((true, text.span())),
        "shared" => Ok((false, text.span())),
        _ => {
            let message = "cells are of each `\"thread\"`, or `\"shared\"`";
            Err(Error::new(text.span(), message))
        }
    }
}

/// One field, read.
struct Metric<'a> {
    field: &'a Field,
    name: Name,
    help: String,
    unit: Option<LitStr>,
    /// The constant for the bounds, and what it is.
    buckets: Option<(Ident, Expr)>,
    /// What kinds of buckets there are, if that was said.
    form: Option<Form>,
    max_series: Option<LitInt>,
    /// Where exemplars are asked for.
    exemplars: Option<Span>,
    /// Whether threads have cells of their own, if that was said, and where.
    own_cells: Option<(bool, Span)>,
}

impl<'a> Metric<'a> {
    fn parse(index: usize, field: &'a Field) -> Result<Self> {
        attr::misplaced(
            &field.attrs,
            "metrics",
            "`#[metrics(…)]` is for the struct; a field has `#[metric(…)]`",
        )?;
        let (mut name, mut unit, mut buckets, mut max_series) = (None, None, None, None);
        let (mut form, mut exemplars, mut own_cells) = (None, None, None);
        for_each_key(
            &field.attrs,
            "metric",
            &[
                "name",
                "unit",
                "buckets",
                "histogram",
                "max_series",
                "exemplars",
                "cells",
            ],
            |key, meta| {
                match key {
                    "name" => name = Some(attr::text(meta, "a name has at least one letter")?),
                    "unit" => {
                        let empty =
                            "there is nothing in it; a metric without a unit needs no `unit`";
                        unit = Some(attr::text(meta, empty)?);
                    }
                    "exemplars" => exemplars = Some(attr::flag(meta)?),
                    "cells" => own_cells = Some(cells(meta)?),
                    "max_series" => max_series = Some(attr::above_zero(meta)?),
                    "histogram" => {
                        let empty = "say `\"classic\"`, `\"native\"` or `\"both\"`";
                        form = Some(Form::parse(&attr::text(meta, empty)?)?);
                    }
                    "buckets" => buckets = Some(buckets::parse(attr::value(meta)?.parse()?)?),
                    _ => return Ok(false),
                }
                Ok(true)
            },
        )?;
        // Named fields have identifiers.
        let ident = field
            .ident
            .as_ref()
            .ok_or_else(|| Error::new(field.span(), "a metric is named"))?;
        let help = help(&field.attrs);
        if help.is_empty() {
            return Err(Error::new(
                ident.span(),
                format!("`{ident}` has no help: say in a doc comment (`///`) what it measures"),
            ));
        }
        if let (Some(Form { classic: false, .. }), Some(bounds)) = (&form, &buckets) {
            let bounds: &Expr = bounds;
            let message = "a native histogram finds its buckets itself; leave them out, or say \
                           `histogram = \"both\"`";
            return Err(Error::new(bounds.span(), message));
        }
        let buckets = buckets.map(|bounds| (format_ident!("__BOUNDS_{index}"), bounds));
        Ok(Metric {
            field,
            name: Name::new(ident, name.as_ref()),
            help,
            unit,
            buckets,
            form,
            max_series,
            exemplars,
            own_cells,
        })
    }

    fn build(&self, krate: &Path) -> TokenStream {
        let Metric {
            field,
            name,
            help,
            unit,
            buckets,
            form,
            max_series,
            exemplars,
            own_cells,
        } = self;
        let (ident, ty, name) = (&field.ident, &field.ty, &name.text);
        let unit = option(unit.as_ref().map(|unit| quote!(#unit)));
        let max_series = option(max_series.as_ref().map(|count| quote!(#count)));
        let buckets = option(buckets.as_ref().map(|(bounds, _)| quote!(#bounds)));
        let classic = form.as_ref().is_none_or(|form| form.classic);
        let native = form.as_ref().is_some_and(|form| form.native);
        let exemplars = exemplars.is_some();
        let own_cells = option(own_cells.as_ref().map(|(own_cells, _)| quote!(#own_cells)));
        let spec = quote!(#krate::__private::FieldSpec {
            name: #name,
            help: #help,
            unit: #unit,
            buckets: #buckets,
            classic: #classic,
            native: #native,
            exemplars: #exemplars,
            own_cells: #own_cells,
            max_series: #max_series,
        });
        let metric = quote_spanned!(ty.span()=> __metric::<#ty>);
        quote!(#ident: #metric(__group, #spec)?,)
    }

    /// The constant for the bounds.
    fn bounds(&self) -> Option<TokenStream> {
        let (ident, bounds) = self.buckets.as_ref()?;
        let reference = quote_spanned!(bounds.span()=> &#bounds);
        Some(quote!(const #ident: &[::core::primitive::f64] = #reference;))
    }

    fn share(&self) -> TokenStream {
        let ident = &self.field.ident;
        quote!(#ident: ::core::clone::Clone::clone(&__group.#ident),)
    }

    /// Statements that stop at the first thing that is wrong, so that one mistake is one error.
    fn checks(&self, prefix: Option<&LitStr>, krate: &Path) -> TokenStream {
        let ty = &self.field.ty;
        let Name { text, span } = &self.name;
        let full = match prefix {
            // With a prefix that is wrong, every name would be wrong.
            Some(prefix) => {
                let full = format!("{}_{text}", prefix.value());
                quote!(if #krate::__private::prefix(#prefix).is_none() { #full } else { #text })
            }
            None => quote!(#text),
        };
        let mut checks = check::none(
            *span,
            &quote!(#krate::__private::metric_name(#full, __kind)),
        );
        checks.extend(check::not(
            ty.span(),
            &quote!(__Type::<#ty>::STATES > 64),
            "a state set has 64 states at the most",
        ));
        if let Some(unit) = &self.unit {
            checks.extend(check::none(
                unit.span(),
                &quote!(#krate::__private::unit(#full, __kind, #unit)),
            ));
        }
        if let Some(form) = &self.form {
            checks.extend(check::none(
                form.span,
                &quote!(#krate::__private::histogram_form(__kind)),
            ));
        }
        if let Some(span) = self.exemplars {
            checks.extend(check::none(
                span,
                &quote!(#krate::__private::exemplars(__kind)),
            ));
        }
        if let Some((_, span)) = self.own_cells {
            checks.extend(check::not(
                span,
                &quote!(__Type::<#ty>::OWN_CELLS.is_none()),
                "only counters, histograms and gauges of whole numbers have cells to choose; leave \
                 `cells` out",
            ));
        }
        let fault =
            |span, bounds| check::none(span, &quote!(#krate::__private::buckets(__kind, #bounds)));
        match &self.buckets {
            None if self.form.as_ref().is_some_and(|form| !form.classic) => {}
            None => checks.extend(check::none(
                *span,
                &quote!(#krate::__private::has_default_buckets(#text, __kind)),
            )),
            // Bound by bound, so that the error points at the one that is wrong.
            Some((ident, Expr::Array(array))) => {
                checks.extend(fault(array.span(), quote!(&[0.0])));
                for (index, bound) in array.elems.iter().enumerate() {
                    let before = index.checked_sub(1).into_iter();
                    let bounds = quote!(&[#(#ident[#before],)* #ident[#index]]);
                    checks.extend(fault(bound.span(), bounds));
                }
            }
            Some((ident, bounds)) => checks.extend(fault(bounds.span(), quote!(#ident))),
        }
        quote! {
            if let ::core::option::Option::Some(__kind) = __Type::<#ty>::KIND {
                #checks
            }
        }
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
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
    {
        let Meta::NameValue(doc) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = ungrouped(&doc.value)
        else {
            continue;
        };
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
