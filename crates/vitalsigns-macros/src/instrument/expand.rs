//! What a function becomes: the same head, and around its body a call that begins and ends.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Result, ReturnType};

use super::args::{Args, Keyed};
use super::function::Function;
use super::future::{self, Returned};
use super::objective::option;
use super::own;

pub(super) fn function(args: &Args, function: Function) -> Result<TokenStream> {
    let returned = future::of(&function)?;
    let expansion = Expansion {
        args,
        function: &function,
    };
    let body = match (&function.sig.asyncness, returned) {
        (Some(_), _) => expansion.of_async(),
        (None, Returned::No) => expansion.of_sync(),
        (None, Returned::Opaque) => expansion.of_opaque(),
        (None, Returned::Boxed(tail)) => expansion.of_boxed(&tail),
    };
    let mut block = Group::new(Delimiter::Brace, body);
    block.set_span(function.body.span());
    let Function {
        attrs, vis, sig, ..
    } = &function;
    Ok(quote!(#(#attrs)* #vis #sig #block))
}

struct Expansion<'a> {
    args: &'a Args,
    function: &'a Function,
}

/// Tokens of the attribute itself: their names are none of the function's.
macro_rules! ours {
    ($($tokens:tt)*) => {
        quote_spanned!(Span::mixed_site()=> $($tokens)*)
    };
}

impl Expansion<'_> {
    fn of_sync(&self) -> TokenStream {
        let krate = &self.args.krate;
        let (call, value) = (own("__call"), own("__returned"));
        let (begin, body) = (self.begin(), &self.function.body);
        let Some(ty) = self.function.returned() else {
            // There is no way out but by unwinding.
            let body = body.stream();
            return ours! {
                let #call = #krate::__private::Begin::begin(#begin);
                #body
            };
        };
        // As if the function itself had written it: the compiler then speaks of the body in the
        // same words, by the names of the parameters.
        let head = self.function.sig.fn_token.span;
        let closure = if is_infer(&ty) {
            quote_spanned!(head=> move || #body)
        } else {
            quote_spanned!(head=> move || -> #ty #body)
        };
        let judge = self.judge(&ours!(#call), &ours!(&#value));
        ours! {
            let #call = #krate::__private::Begin::begin(#begin);
            let #value = #krate::__private::once(#closure);
            #judge
            #value
        }
    }

    fn of_async(&self) -> TokenStream {
        let krate = &self.args.krate;
        let (begin, judge) = (self.begin(), self.judge_closure());
        let body = self.function.body.stream();
        let Some(ty) = self.function.returned() else {
            let never = own("__never");
            let block = &self.function.body;
            return ours! {
                match #krate::__private::watch(#begin, async move {
                    #[allow(unreachable_code)]
                    let #never: ::core::convert::Infallible = #block;
                    #[allow(unreachable_code)]
                    #never
                }, #judge).await {}
            };
        };
        // What the block gives is said before it is read, as the head of a function does.
        let at = self
            .function
            .sig
            .fn_token
            .span
            .resolved_at(Span::mixed_site());
        let hint = quote_spanned! {at=>
            #[allow(unreachable_code, clippy::all, clippy::pedantic, clippy::restriction)]
            if false {
                return #krate::__private::never::<#ty>();
            }
        };
        let mut block = Group::new(Delimiter::Brace, quote!(#hint #body));
        block.set_span(self.function.body.span());
        let head = self.function.sig.fn_token.span;
        let body = quote_spanned!(head=> async move #block);
        ours!(#krate::__private::watch(#begin, #body, #judge).await)
    }

    fn of_opaque(&self) -> TokenStream {
        let krate = &self.args.krate;
        let (begin, judge) = (self.begin(), self.judge_closure());
        let body = &self.function.body;
        let head = self.function.sig.fn_token.span;
        let body = quote_spanned!(head=> move || #body);
        let prepared = own("__prepared");
        ours! {
            let #prepared = #begin;
            #krate::__private::watch(#prepared, #krate::__private::once(#body), #judge)
        }
    }

    fn of_boxed(&self, tail: &future::Tail) -> TokenStream {
        let krate = &self.args.krate;
        let (begin, judge) = (self.begin(), self.judge_closure());
        let (before, prepared) = (&tail.before, own("__prepared"));
        let last =
            tail.wrapped(|future| ours!(#krate::__private::watch(#prepared, #future, #judge)));
        ours! {
            let #prepared = #begin;
            #(#before)*
            #last
        }
    }

    /// An expression of what begins the call.
    fn begin(&self) -> TokenStream {
        let Args {
            krate,
            on,
            registry,
            labels,
            ..
        } = self.args;
        if let Some(on) = on {
            let family = own("__family");
            let value = &on.value;
            let labels: TokenStream = labels
                .iter()
                .map(|label| {
                    let (name, value) = (&label.key, &label.value);
                    let arguments = group_at(value.span(), value.to_token_stream());
                    let dot = quote_spanned!(label.key.span()=> .);
                    quote!(#dot #name #arguments)
                })
                .collect();
            let at = value.span();
            let unlabelled = at_span(at, ours!(#krate::__private::unlabelled));
            let unlabelled = at_span(at, quote!(#unlabelled(#family)));
            let first = at_span(at, quote!(#family,));
            let arguments = group_at(at, quote!(#first #unlabelled #labels));
            let start = at_span(at, ours!(#krate::__private::start_on));
            return ours! {
                match &(#value) {
                    #family => #start #arguments,
                }
            };
        }
        let (path, site) = (own("__path"), own("__SITE"));
        let (ident, name) = (
            self.function.sig.ident.unraw().to_string(),
            option(self.args.name.as_ref().map(ToTokens::into_token_stream)),
        );
        let objective = &self.args.objective;
        let check = objective.as_ref().map(|objective| {
            let check = objective.check(krate);
            ours!(const _: () = { #check };)
        });
        let target = match objective {
            Some(objective) => objective.expand(krate),
            None => option(None),
        };
        let (of_site, variant) = match registry {
            None => (ours!(Site), ours!(Global)),
            Some(_) => (ours!(SiteElsewhere), ours!(Elsewhere)),
        };
        let begin = match registry {
            None => ours!(#krate::__private::Global(&#site)),
            Some(registry) => {
                let value = &registry.value;
                let value = quote_spanned!(value.span()=> &#value);
                ours!(#site.of(#value))
            }
        };
        ours! {{
            fn #path() -> &'static ::core::primitive::str {
                #krate::__private::path_of(&#path)
            }
            #check
            static #site: #krate::__private::#of_site =
                #krate::__private::#of_site::new(#krate::__private::Function {
                    path: #path,
                    ident: #ident,
                    name: #name,
                    module: ::core::module_path!(),
                    objective: #target,
                });
            #krate::__submit!(#krate, #krate::__private::Entry::#variant(&#site));
            #begin
        }}
    }

    fn judge_closure(&self) -> TokenStream {
        let (call, value) = (own("__call"), own("__returned"));
        let judge = self.judge(&ours!(#call), &ours!(#value));
        // Of a future that never gives anything, `async { panic!() }`, the compiler would not know
        // what it would give.
        let ty = match self.function.sig.asyncness {
            Some(_) => None,
            None => self.function.output(),
        };
        let output = ty.and_then(|ty| future::output(ty.to_token_stream()));
        let output = output.map(|output| ours!(: &#output));
        ours!(|#call, #value #output| { #judge })
    }

    /// A statement that ends `call` with what `value`, a reference, says.
    fn judge(&self, call: &TokenStream, value: &TokenStream) -> TokenStream {
        let Args {
            krate,
            on,
            ok,
            error,
            outcome,
            ..
        } = self.args;
        let private = ours!(#krate::__private);
        let at = match &self.function.sig.output {
            ReturnType::Default => self.function.sig.ident.span(),
            ReturnType::Type(_, ty) => ty.span(),
        };
        // Errors about the type of what is returned stand where the type does.
        let at = at.resolved_at(Span::mixed_site());
        let judge = |method: &str, arguments: TokenStream| {
            let method = syn::Ident::new(method, at);
            let returned = at_span(at, ours!((&&&#private::Returned(#value))));
            let arguments = group_at(at, arguments);
            quote_spanned!(at=> #returned.#method #arguments)
        };
        // Errors about what the function of the attribute takes and gives stand at that function.
        let ask = |path: TokenStream, function: &Expr, arguments: TokenStream| {
            let at = gives(function);
            let path = at_span(at, path);
            let arguments = group_at(at, quote!(#arguments #function));
            quote!(#path #arguments)
        };
        let here = |function: &Expr, tokens: TokenStream| at_span(gives(function), tokens);
        let traits = ours! {
            #[allow(unused_imports)]
            use #private::{JudgeFuture as _, JudgeResult as _, JudgeValue as _};
        };
        let ended = match (on, ok, error, outcome) {
            (None, _, None, None) => {
                let verdict = judge("__verdict", TokenStream::new());
                ours!(#private::Call::end(#call, #verdict))
            }
            (None, _, None, Some(Keyed { value: how, .. })) => {
                let value = here(how, ours!(#value,));
                let outcome = ask(ours!(#private::outcome_of), how, value);
                ours!(#private::Call::end(#call, #outcome))
            }
            (None, _, Some(Keyed { value: how, .. }), _) => {
                let values = here(how, ours!(#call, #value,));
                ask(ours!(#private::Call::end_result), how, values)
            }
            (Some(_), _, _, Some(Keyed { value: how, .. })) => {
                let values = here(how, ours!(#call, #value,));
                ask(ours!(#private::finish_outcome), how, values)
            }
            (Some(_), None, Some(Keyed { value: how, .. }), None) => {
                let values = here(how, ours!(#call, #value,));
                ask(ours!(#private::finish_error), how, values)
            }
            (Some(_), Some(ok), Some(Keyed { value: how, .. }), None) => {
                let (ok, values) = (&ok.value, here(how, ours!(#call, #value,)));
                ask(ours!(#private::finish_result), how, quote!(#values #ok,))
            }
            (Some(_), Some(ok), None, None) => {
                let (call, ok) = (at_span(at, ours!(#call.0)), &ok.value);
                judge("__finish_ok", quote!(#call, #ok))
            }
            (Some(_), None, None, None) => judge("__finish", at_span(at, ours!(#call.0))),
        };
        ours! {
            {
                #traits
                #ended;
            }
        }
    }
}

fn is_infer(ty: &TokenStream) -> bool {
    let mut tokens = ty.clone().into_iter();
    matches!(tokens.next(), Some(TokenTree::Ident(ident)) if ident == "_")
        && tokens.next().is_none()
}

/// Where it stands in the source what an expression, or the closure that it is, gives.
fn gives(value: &Expr) -> Span {
    match value {
        Expr::Closure(closure) => closure.body.span(),
        value => value.span(),
    }
}

/// The tokens, all of them at one place, so that errors about them point there.
fn at_span(span: Span, tokens: TokenStream) -> TokenStream {
    let span = span.resolved_at(Span::mixed_site());
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut moved = Group::new(group.delimiter(), at_span(span, group.stream()));
                moved.set_span(span);
                TokenTree::Group(moved)
            }
            mut token => {
                token.set_span(span);
                token
            }
        })
        .collect()
}

/// `(tokens)`, of which errors about the arguments speak.
fn group_at(span: Span, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(span.resolved_at(Span::mixed_site()));
    group
}
