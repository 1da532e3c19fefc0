//! `slo = "checkout", success = 99.9, latency = (250ms, 99)`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitFloat, LitStr, Path, Result, Token, parenthesized};

use crate::attr::combine;

pub(super) struct Objective {
    name: LitStr,
    success: Option<Share>,
    latency: Option<Latency>,
}

/// A percentage, kept as the digits of a share from 0 to 1.
pub(super) struct Share(LitFloat);

pub(super) struct Latency {
    seconds: LitFloat,
    share: Share,
    span: Span,
}

const PERCENT: &str = "a percentage between 0 and 100, as in `99.9`";
const LATENCY: &str = "a time and the percentage of calls that take no longer, as in `(250ms, 99)`";
const TIME: &str = "a time with its unit, as in `250ms`, `1.5s`, `100us` or `2min`";

/// What the keys come to, or an error about one without the other.
pub(super) fn of(
    slo: Option<(Ident, LitStr)>,
    success: Option<(Ident, Share)>,
    latency: Option<(Ident, Latency)>,
) -> Result<Option<Objective>> {
    let Some((key, name)) = slo else {
        let mut errors = None;
        for key in [success.map(|it| it.0), latency.map(|it| it.0)]
            .into_iter()
            .flatten()
        {
            let message =
                format!("`{key}` belongs to an objective: give it a name by `slo = \"…\"`");
            combine(&mut errors, Error::new(key.span(), message));
        }
        return errors.map_or(Ok(None), Err);
    };
    if success.is_none() && latency.is_none() {
        let message = "an objective promises something: `success = 99.9`, `latency = (250ms, 99)`, \
                       or both";
        return Err(Error::new(key.span(), message));
    }
    Ok(Some(Objective {
        name,
        success: success.map(|it| it.1),
        latency: latency.map(|it| it.1),
    }))
}

/// A name that can stand in the names of rules and in labels.
pub(super) fn check_name(name: &LitStr) -> Result<()> {
    let text = name.value();
    let is_good = text.starts_with(|char: char| char.is_ascii_lowercase())
        && text
            .chars()
            .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-_".contains(char));
    if is_good {
        return Ok(());
    }
    let message = "the name of an objective is of lower-case letters, digits, `-` and `_`, and \
                   begins with a letter, as in `slo = \"checkout\"`";
    Err(Error::new(name.span(), message))
}

impl Objective {
    pub(super) fn expand(&self, krate: &Path) -> TokenStream {
        let Objective {
            name,
            success,
            latency,
        } = self;
        let success = option(success.as_ref().map(|Share(share)| quote!(#share)));
        let latency = option(latency.as_ref().map(|latency| {
            let (seconds, Share(share)) = (&latency.seconds, &latency.share);
            quote!((#seconds, #share))
        }));
        option(Some(quote!(#krate::__private::Target {
            name: #name,
            success: #success,
            latency: #latency,
        })))
    }

    /// A bound is one for all functions, so it has to be known before the first call.
    pub(super) fn check(&self, krate: &Path) -> TokenStream {
        let Some(latency) = &self.latency else {
            return TokenStream::new();
        };
        crate::check::not(
            latency.span,
            &quote!(!#krate::__private::COMPLETE),
            "the histogram gets its bounds before the first call, and knows of this one only with \
             the feature `inventory` of vitalsigns",
        )
    }
}

pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

impl Parse for Share {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let wrong = |span| Error::new(span, format!("it is {PERCENT}"));
        let span = input.span();
        let Ok(lit) = input.parse::<Lit>() else {
            return Err(wrong(span));
        };
        let (digits, suffix) = digits(&lit).ok_or_else(|| wrong(span))?;
        if !suffix.is_empty() {
            return Err(wrong(span));
        }
        let percent: f64 = digits.parse().map_err(|_| wrong(span))?;
        if !(percent > 0.0 && percent < 100.0) {
            let message = match percent {
                100.0 => "no objective can be 100 %: it would be broken by the first error and \
                          never be met again; 99.9 is a good start"
                    .to_owned(),
                _ => format!("it is {PERCENT}"),
            };
            return Err(Error::new(span, message));
        }
        if percent < 1.0 {
            let message = format!("it is {PERCENT}, and no share: write `{}`", percent * 100.0);
            return Err(Error::new(span, message));
        }
        let share = float(&digits, -2);
        Ok(Share(LitFloat::new(&format!("{share}f64"), span)))
    }
}

impl Parse for Latency {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let span = input.span();
        let wrong = |span| Error::new(span, format!("it is {LATENCY}"));
        if !input.peek(syn::token::Paren) {
            return Err(wrong(span));
        }
        let content;
        parenthesized!(content in input);
        let span = content.span();
        let Ok(lit) = content.parse::<Lit>() else {
            return Err(wrong(span));
        };
        let (digits, mut suffix) =
            digits(&lit).ok_or_else(|| Error::new(span, format!("it is {TIME}")))?;
        // `250 ms` is one time as well.
        if suffix.is_empty() && content.peek(Ident) {
            suffix = content.parse::<Ident>()?.to_string();
        }
        let (digits, exponent) = match suffix.as_str() {
            "ns" => (digits, -9),
            "us" => (digits, -6),
            "ms" => (digits, -3),
            "s" => (digits, 0),
            "min" => {
                let minutes: f64 = digits.parse().unwrap_or(f64::NAN);
                ((minutes * 60.0).to_string(), 0)
            }
            _ => return Err(Error::new(span, format!("it is {TIME}"))),
        };
        let seconds = float(&digits, exponent);
        match seconds.parse::<f64>() {
            Ok(seconds) if seconds <= 0.0 => {
                return Err(Error::new(
                    span,
                    "nothing takes no time: the bound is above 0",
                ));
            }
            Ok(seconds) if seconds.is_finite() => {}
            _ => {
                return Err(Error::new(
                    span,
                    "no call takes so long: the bound is finite",
                ));
            }
        }
        let seconds = LitFloat::new(&format!("{seconds}f64"), span);
        if content.is_empty() {
            return Err(Error::new(
                span,
                format!("the percentage is missing: it is {LATENCY}"),
            ));
        }
        content.parse::<Token![,]>()?;
        let share = content.parse()?;
        content.parse::<Option<Token![,]>>()?;
        if !content.is_empty() {
            return Err(wrong(content.span()));
        }
        Ok(Latency {
            seconds,
            share,
            span,
        })
    }
}

/// The digits of a number, and what stands behind them.
fn digits(lit: &Lit) -> Option<(String, String)> {
    let (digits, suffix) = match lit {
        Lit::Int(int) => (int.base10_digits(), int.suffix()),
        Lit::Float(float) => (float.base10_digits(), float.suffix()),
        _ => return None,
    };
    Some((digits.to_owned(), suffix.to_owned()))
}

/// `digits` times a power of ten, as the nearest float to it: not as the product of two.
fn float(digits: &str, exponent: i32) -> String {
    if digits.contains(['e', 'E']) {
        let value: f64 = digits.parse().unwrap_or(f64::NAN);
        return format!("{:?}", value * 10f64.powi(exponent));
    }
    format!("{digits}e{exponent}")
}
