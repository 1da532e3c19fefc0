//! The attribute on an `impl` block or a module: on each of the functions in it.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Error, ImplItem, Item, ItemImpl, ItemMod, Result, Signature, Visibility};

use super::args::Args;
use super::is_own;
use crate::attr::combine;

pub(super) fn of_impl(mut item: ItemImpl, attr: &TokenStream, args: &Args) -> Result<ItemImpl> {
    let found = mark_impl(&mut item, &mark(attr, args)?)?;
    if found == 0 {
        let message = "no function in here is public, so nothing would be measured; put the \
                       attribute on the functions that are meant";
        return Err(Error::new(item.impl_token.span, message));
    }
    Ok(item)
}

pub(super) fn of_mod(mut item: ItemMod, attr: &TokenStream, args: &Args) -> Result<ItemMod> {
    let Some((_, items)) = &mut item.content else {
        let message = "the functions of a module in another file are not seen from here; put the \
                       attribute on them, or on their `impl` blocks";
        return Err(Error::new(item.mod_token.span, message));
    };
    let mark = mark(attr, args)?;
    let mut errors = None;
    let mut found = 0;
    for item in items {
        let result = match item {
            Item::Fn(item) if !is_private(&item.vis) || has_own(&item.attrs) => {
                add(&mut item.attrs, &item.sig, &mark).map(|()| 1)
            }
            Item::Impl(item) if !has_own(&item.attrs) => mark_impl(item, &mark),
            _ => Ok(0),
        };
        match result {
            Ok(more) => found += more,
            Err(error) => combine(&mut errors, error),
        }
    }
    match errors {
        Some(errors) => Err(errors),
        None if found == 0 => {
            let message = "no function in here is public, so nothing would be measured; put the \
                           attribute on the functions that are meant";
            Err(Error::new(item.mod_token.span, message))
        }
        None => Ok(item),
    }
}

/// Marks the public functions, and all of them where the trait makes them public.
fn mark_impl(item: &mut ItemImpl, mark: &Attribute) -> Result<usize> {
    let all = item.trait_.is_some();
    let mut errors = None;
    let mut found = 0;
    for item in &mut item.items {
        let ImplItem::Fn(item) = item else { continue };
        if all || !is_private(&item.vis) || has_own(&item.attrs) {
            found += 1;
            if let Err(error) = add(&mut item.attrs, &item.sig, mark) {
                combine(&mut errors, error);
            }
        }
    }
    errors.map_or(Ok(found), Err)
}

/// An attribute of its own stays the only one.
fn add(attrs: &mut Vec<Attribute>, sig: &Signature, mark: &Attribute) -> Result<()> {
    if has_own(attrs) {
        return Ok(());
    }
    if let Some(token) = sig.constness {
        let message = "what is evaluated by the compiler is no call and has no duration; put \
                       `#[instrument_metrics(skip)]` on the function";
        return Err(Error::new(token.span, message));
    }
    attrs.push(mark.clone());
    Ok(())
}

fn mark(attr: &TokenStream, args: &Args) -> Result<Attribute> {
    let krate = &args.krate;
    let mark = quote!(#[#krate::instrument_metrics(#attr)]);
    let mut attributes = Attribute::parse_outer.parse2(mark)?;
    attributes
        .pop()
        .ok_or_else(|| Error::new(Span::call_site(), "the attribute could not be written"))
}

fn is_private(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Inherited)
}

fn has_own(attributes: &[Attribute]) -> bool {
    attributes.iter().any(is_own)
}
