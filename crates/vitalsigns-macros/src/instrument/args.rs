//! What stands in the parentheses of the attribute.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprClosure, Ident, LitStr, Path, Result, Token};

use super::objective::{self, Latency, Objective, Share};
use crate::attr::{default_crate, ungrouped};

/// The keys, for the message about one that is not there.
const KEYS: &str = "`name`, `registry`, `on`, `ok`, `error`, `outcome`, `slo`, `success`, \
                    `latency`, `crate` and `skip`";

/// A value and the key that it was given by.
pub(super) struct Keyed {
    pub(super) key: Ident,
    pub(super) value: Expr,
}

pub(super) struct Args {
    pub(super) krate: Path,
    pub(super) skip: bool,
    pub(super) name: Option<LitStr>,
    pub(super) registry: Option<Keyed>,
    pub(super) on: Option<Keyed>,
    pub(super) labels: Vec<Keyed>,
    pub(super) ok: Option<Keyed>,
    pub(super) error: Option<Keyed>,
    pub(super) outcome: Option<Keyed>,
    pub(super) objective: Option<Objective>,
    /// Keys that say something of one function.
    of_one: Vec<Ident>,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Args {
            krate: default_crate(),
            skip: false,
            name: None,
            registry: None,
            on: None,
            labels: Vec::new(),
            ok: None,
            error: None,
            outcome: None,
            objective: None,
            of_one: Vec::new(),
        };
        let mut slo: Option<(Ident, LitStr)> = None;
        let mut success: Option<(Ident, Share)> = None;
        let mut latency: Option<(Ident, Latency)> = None;
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let key: Ident = key(input)?;
            if seen.contains(&key) {
                return Err(Error::new(key.span(), format!("`{key}` stands twice")));
            }
            seen.push(key.clone());
            match key.to_string().as_str() {
                "skip" => {
                    if input.peek(Token![=]) {
                        return Err(input.error("`skip` has no value"));
                    }
                    args.skip = true;
                }
                "crate" => {
                    assign(input, &key)?;
                    if input.peek(LitStr) {
                        return Err(input.error(
                            "`crate` is a path and no text, as in `crate = deps::vitalsigns`",
                        ));
                    }
                    args.krate = input.call(Path::parse_mod_style)?;
                }
                "name" => args.name = Some(text(input, &key, "the name is empty")?),
                "slo" => {
                    let name = text(input, &key, "the objective has no name")?;
                    objective::check_name(&name)?;
                    slo = Some((key, name));
                }
                "success" => {
                    assign(input, &key)?;
                    success = Some((key, input.parse()?));
                }
                "latency" => {
                    assign(input, &key)?;
                    latency = Some((key, input.parse()?));
                }
                word => {
                    // A raw identifier is a label whatever its name is.
                    let keyed = keyed(input, key.clone())?;
                    match word {
                        "registry" => args.registry = Some(keyed),
                        "on" => args.on = Some(keyed),
                        "ok" => args.ok = Some(keyed),
                        "error" => args.error = Some(keyed),
                        "outcome" => args.outcome = Some(keyed),
                        _ => args.labels.push(keyed),
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| {
                    Error::new(error.span(), "expected `,` between what the attribute says")
                })?;
            }
        }
        args.objective = objective::of(slo, success, latency)?;
        let of_one = ["name", "slo", "success", "latency"];
        args.of_one = seen
            .iter()
            .filter(|key| of_one.iter().any(|name| key == name))
            .cloned()
            .collect();
        args.check(&seen)?;
        Ok(args)
    }
}

impl Args {
    /// What does not go together.
    fn check(&self, seen: &[Ident]) -> Result<()> {
        if self.skip
            && let Some(other) = seen.iter().find(|key| *key != "skip")
        {
            let message = format!("`skip` stands alone; `{other}` would say nothing");
            return Err(Error::new(other.span(), message));
        }
        for key in [&self.error, &self.ok] {
            if let (Some(outcome), Some(other)) = (&self.outcome, key) {
                let message = format!(
                    "`outcome` says all of how the call ended; leave `{}` out",
                    other.key
                );
                return Err(Error::new(outcome.key.span(), message));
            }
        }
        match &self.on {
            Some(_) => self.check_on(seen),
            None => self.check_plain(),
        }
    }

    fn check_on(&self, seen: &[Ident]) -> Result<()> {
        if let Some(registry) = &self.registry {
            let message = "what `on` names has its registry; leave one of the two out";
            return Err(Error::new(registry.key.span(), message));
        }
        let of_function = ["name", "slo", "success", "latency"];
        if let Some(key) = seen
            .iter()
            .find(|key| of_function.iter().any(|name| key == name))
        {
            let message = format!(
                "`{key}` is of the function's own metrics, and with `on` the call is recorded in \
                 those of the family"
            );
            return Err(Error::new(key.span(), message));
        }
        Ok(())
    }

    fn check_plain(&self) -> Result<()> {
        if let Some(label) = self.labels.first() {
            let message = format!(
                "the attribute knows {KEYS}; `{key}` would be a label, and labels are those of a \
                 family: `on = family, {key} = …`",
                key = label.key.unraw()
            );
            return Err(Error::new(label.key.span(), message));
        }
        if let Some(ok) = &self.ok {
            let message = "`ok` is what the guard of a family records of the value, so it needs \
                           `on = family`; whether a value counts as good is `outcome = …`";
            return Err(Error::new(ok.key.span(), message));
        }
        Ok(())
    }

    /// An `impl` block and a module have keys for all of their functions only.
    pub(super) fn fit_for_block(&self) -> Result<()> {
        match self.of_one.first() {
            None => Ok(()),
            Some(key) => {
                let message = format!(
                    "`{key}` is of one function; put `#[instrument_metrics({key} = …)]` on it"
                );
                Err(Error::new(key.span(), message))
            }
        }
    }
}

/// A key: a word, or the keyword `crate`.
fn key(input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(syn::Lit) {
        return Err(input.error(
            "a name for the function is `name = \"…\"`; nothing stands in the attribute by itself \
             but `skip`",
        ));
    }
    input.call(Ident::parse_any).map_err(|error| {
        Error::new(
            error.span(),
            format!("expected a key: {KEYS}, or a label of what `on` names"),
        )
    })
}

fn assign(input: ParseStream<'_>, key: &Ident) -> Result<()> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(missing(key, input.span()));
        }
        return Ok(());
    }
    let known = [
        "name", "registry", "on", "ok", "error", "outcome", "slo", "success", "latency", "crate",
    ];
    if known.iter().any(|known| key == known) {
        return Err(missing(key, key.span()));
    }
    let message = format!("the attribute knows {KEYS}; a label is given as `{key} = value`");
    Err(Error::new(key.span(), message))
}

fn missing(key: &Ident, at: Span) -> Error {
    Error::new(at, format!("`{key}` has a value: `{key} = …`"))
}

fn keyed(input: ParseStream<'_>, key: Ident) -> Result<Keyed> {
    assign(input, &key)?;
    let value: Expr = input.parse()?;
    if ["error", "ok", "outcome"].iter().any(|name| key == name) {
        check_function(&key, &value)?;
    }
    Ok(Keyed { key, value })
}

/// That the value can be called with one argument, as far as one can see.
fn check_function(key: &Ident, value: &Expr) -> Result<()> {
    let example = match key.to_string().as_str() {
        "error" => "a function of the error, as in `error = |error| error.kind()`",
        "ok" => "a function of the value, as in `ok = |video| video.output()`",
        _ => "a function of what is returned, as in `outcome = |found| found.is_some()`",
    };
    match ungrouped(value) {
        Expr::Closure(ExprClosure {
            inputs,
            asyncness: None,
            ..
        }) if inputs.len() == 1 => Ok(()),
        Expr::Closure(closure) => {
            let message = format!("`{key}` is {example}: it takes one reference");
            Err(Error::new_spanned(closure, message))
        }
        Expr::Lit(_) | Expr::Struct(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Macro(_) => {
            let message = format!("`{key}` is {example}");
            Err(Error::new_spanned(value, message))
        }
        _ => Ok(()),
    }
}

fn text(input: ParseStream<'_>, key: &Ident, empty: &str) -> Result<LitStr> {
    assign(input, key)?;
    if !input.peek(LitStr) {
        return Err(input.error(format!("`{key}` is text that stands here: `{key} = \"…\"`")));
    }
    let text: LitStr = input.parse()?;
    if text.value().trim().is_empty() {
        return Err(Error::new(text.span(), empty));
    }
    Ok(text)
}
