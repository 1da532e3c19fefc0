//! Functions that are not `async` and return a future: what they do goes on after they returned.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::{Block, Error, Expr, Result, Stmt, Type, TypeParamBound};

use super::function::Function;
use crate::attr::ungrouped;

/// How the future leaves the function.
pub(super) enum Returned {
    /// There is none, as far as one can see; the type system looks again.
    No,
    /// `impl Future`: it can be wrapped as it is.
    Opaque,
    /// `Box::pin(future)` or `future.boxed()`, as `async_trait` writes it as well.
    Boxed(Tail),
}

/// The end of a body, taken apart around the future.
pub(super) struct Tail {
    pub(super) before: Vec<Stmt>,
    last: Expr,
}

impl Tail {
    /// The last expression with what `wrap` makes of its future.
    pub(super) fn wrapped(&self, wrap: impl FnOnce(&Expr) -> TokenStream) -> TokenStream {
        let mut last = self.last.clone();
        match &mut last {
            Expr::Call(call) => {
                if let Some(future) = call.args.first_mut() {
                    *future = Expr::Verbatim(wrap(future));
                }
            }
            Expr::MethodCall(call) => {
                let wrapped = wrap(&call.receiver);
                *call.receiver = Expr::Verbatim(quote!((#wrapped)));
            }
            _ => {}
        }
        last.to_token_stream()
    }
}

pub(super) fn of(function: &Function) -> Result<Returned> {
    let Some(ty) = function
        .output()
        .filter(|_| function.sig.asyncness.is_none())
    else {
        return Ok(Returned::No);
    };
    if let Type::ImplTrait(ty) = ty
        && ty.bounds.iter().any(is_future)
    {
        return Ok(Returned::Opaque);
    }
    // What else there is in a box, a stream for example, is no call.
    if !speaks_of_future(ty.to_token_stream()) {
        return Ok(Returned::No);
    }
    let Ok(mut statements) = Block::parse_within.parse2(function.body.stream()) else {
        // The compiler says what is wrong with the body.
        return Ok(Returned::No);
    };
    let Some(Stmt::Expr(last, None)) = statements.pop() else {
        return Ok(Returned::No);
    };
    let is_boxing = match ungrouped(&last) {
        Expr::Call(call) => call.args.len() == 1 && is_box_pin(&call.func),
        Expr::MethodCall(call) => {
            call.args.is_empty() && (call.method == "boxed" || call.method == "boxed_local")
        }
        _ => false,
    };
    if !is_boxing {
        return Ok(Returned::No);
    }
    for statement in &statements {
        if let Some(word) = find_return(statement.to_token_stream()) {
            let message = "a future that is returned here would not be measured; return it at the \
                           end, or move this into the future";
            return Err(Error::new(word.span(), message));
        }
    }
    Ok(Returned::Boxed(Tail {
        before: statements,
        last: ungrouped(&last).clone(),
    }))
}

fn is_future(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|segment| segment.ident == "Future")
        }
        _ => false,
    }
}

/// Whether a word of the type ends in `Future`: `dyn Future`, `BoxFuture`, `LocalBoxFuture`.
fn speaks_of_future(ty: TokenStream) -> bool {
    any_ident(ty, &|ident| ident.to_string().ends_with("Future"))
}

fn any_ident(tokens: TokenStream, is: &impl Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is(&ident),
        TokenTree::Group(group) => any_ident(group.stream(), is),
        _ => false,
    })
}

/// What the future of this type gives, where the type says so in a way that can be said once more.
pub(super) fn output(ty: TokenStream) -> Option<TokenStream> {
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                if let Some(output) = output(group.stream()) {
                    return Some(output);
                }
            }
            TokenTree::Ident(ident)
                if ident == "Output" && tokens.next_if(|next| is_punct(next, '=')).is_some() =>
            {
                let output = until_closed(tokens);
                return (!any_ident(output.clone(), &|ident| ident == "impl")).then_some(output);
            }
            _ => {}
        }
    }
    None
}

/// The tokens of a type argument: up to the comma or the `>` that ends it.
fn until_closed(tokens: impl Iterator<Item = TokenTree>) -> TokenStream {
    let mut depth = 0;
    let mut is_arrow = false;
    tokens
        .take_while(|token| {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
                TokenTree::Punct(punct) if punct.as_char() == '>' && !is_arrow => depth -= 1,
                _ => {}
            }
            is_arrow = is_punct(token, '-');
            depth >= 0 && !(depth == 0 && is_punct(token, ','))
        })
        .collect()
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(path) = ungrouped(function) else {
        return false;
    };
    let mut last = path.path.segments.iter().rev();
    last.next().is_some_and(|segment| segment.ident == "pin")
        && last.next().is_some_and(|segment| segment.ident == "Box")
}

fn find_return(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "return" => Some(ident),
        TokenTree::Group(group) => find_return(group.stream()),
        _ => None,
    })
}
