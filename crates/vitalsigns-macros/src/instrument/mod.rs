//! `#[instrument_metrics]`.
//!
//! The item is read only as far as it has to be: of a function, its head; the body stays what it
//! was, token by token, so that the compiler speaks of it as if the attribute were not there.

mod args;
mod block;
mod expand;
mod function;
mod future;
mod objective;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Ident, ItemImpl, ItemMod, Result, Token, Visibility};

use args::Args;
use function::Function;

/// The name of the attribute, wherever it is looked for among others.
const NAME: &str = "instrument_metrics";

pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = expanded(attr, &item);
    expanded.unwrap_or_else(|error| {
        // The item as it was, so that there is one error and not one for each use of it.
        // What only the attribute would have used is not called unused.
        let error = error.to_compile_error();
        quote!(#error #[allow(unused_variables)] #item)
    })
}

fn expanded(attr: TokenStream, item: &TokenStream) -> Result<TokenStream> {
    let args: Args = syn::parse2(attr.clone())?;
    if args.skip {
        return Ok(item.clone());
    }
    match (|input: ParseStream<'_>| read(input)).parse2(item.clone())? {
        Item::Function(function) => expand::function(&args, *function),
        Item::Impl(item) => {
            args.fit_for_block()?;
            block::of_impl(*item, &attr, &args).map(ToTokens::into_token_stream)
        }
        Item::Mod(item) => {
            args.fit_for_block()?;
            block::of_mod(*item, &attr, &args).map(ToTokens::into_token_stream)
        }
    }
}

enum Item {
    Function(Box<Function>),
    Impl(Box<ItemImpl>),
    Mod(Box<ItemMod>),
}

fn read(input: ParseStream<'_>) -> Result<Item> {
    let ahead = input.fork();
    Attribute::parse_outer(&ahead)?;
    ahead.parse::<Visibility>()?;
    let keyword = ahead.fork();
    ahead.parse::<Option<Token![unsafe]>>()?;
    if ahead.peek(Token![impl]) {
        return Ok(Item::Impl(input.parse()?));
    }
    if ahead.peek(Token![mod]) {
        return Ok(Item::Mod(input.parse()?));
    }
    let starts_function = keyword.peek(Token![fn])
        || keyword.peek(Token![async])
        || keyword.peek(Token![unsafe])
        || keyword.peek(Token![extern])
        || (keyword.peek(Token![const]) && is_const_fn(&keyword))
        || keyword.peek2(Token![fn]);
    if starts_function {
        return Ok(Item::Function(Box::new(input.parse()?)));
    }
    let found = keyword.fork().parse::<TokenTree>();
    let span = found.as_ref().map_or_else(Error::span, TokenTree::span);
    let message = if keyword.peek(Token![trait]) {
        "`#[instrument_metrics]` goes on the methods of the trait that have a body, or on an \
         `impl` of it"
    } else {
        "`#[instrument_metrics]` goes on a function, an `impl` block or an inline module"
    };
    Err(Error::new(span, message))
}

fn is_const_fn(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let _ = ahead.parse::<Token![const]>();
    ahead.peek(Token![fn])
        || ahead.peek(Token![async])
        || ahead.peek(Token![unsafe])
        || ahead.peek(Token![extern])
}

/// Whether an attribute is this one, by whatever path.
fn is_own(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == NAME)
}

/// A name for what is put into the body of a function: none of the function's.
fn own(name: &str) -> Ident {
    Ident::new(name, proc_macro2::Span::mixed_site())
}
