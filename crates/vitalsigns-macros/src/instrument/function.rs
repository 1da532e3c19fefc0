//! A function as the attribute sees it: its head, and its body as tokens.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{AttrStyle, Attribute, Error, Result, ReturnType, Signature, Token, Type, Visibility};

pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    /// In its braces, without inner attributes: those stand with the others now.
    pub(super) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attrs = Attribute::parse_outer(input)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        if let Some(token) = sig.constness {
            let message = "what is evaluated by the compiler is no call and has no duration; take \
                           the attribute off, or `const`";
            return Err(Error::new(token.span, message));
        }
        if input.peek(Token![;]) {
            let message = "there is no body to measure; the attribute goes where the function is \
                           implemented";
            return Err(Error::new(input.span(), message));
        }
        let TokenTree::Group(mut body) = input.parse()? else {
            return Err(input.error("expected the body of the function"));
        };
        // What `macro_rules` hand on is in an invisible group.
        while body.delimiter() == Delimiter::None
            && let Some(TokenTree::Group(inner)) = body.stream().into_iter().next()
        {
            body = inner;
        }
        if body.delimiter() != Delimiter::Brace {
            return Err(Error::new(body.span(), "expected the body of the function"));
        }
        let (inner, rest) = inner_attributes(body.stream())?;
        attrs.extend(inner);
        let mut stripped = Group::new(Delimiter::Brace, rest);
        stripped.set_span(body.span());
        check_attributes(&attrs, &sig)?;
        Ok(Function {
            attrs,
            vis,
            sig,
            body: stripped,
        })
    }
}

/// Attributes at the start of the body, which speak of the function: as if they stood before it.
fn inner_attributes(body: TokenStream) -> Result<(Vec<Attribute>, TokenStream)> {
    let split = |input: ParseStream<'_>| {
        let mut attributes = Attribute::parse_inner(input)?;
        for attribute in &mut attributes {
            attribute.style = AttrStyle::Outer;
        }
        Ok((attributes, input.parse()?))
    };
    split.parse2(body)
}

fn check_attributes(attributes: &[Attribute], sig: &Signature) -> Result<()> {
    if let Some(attribute) = attributes.iter().find(|attribute| super::is_own(attribute)) {
        let message = "the attribute stands twice, and each call would count twice";
        return Err(Error::new_spanned(attribute.path(), message));
    }
    let caller = |attribute: &&Attribute| attribute.path().is_ident("track_caller");
    if sig.asyncness.is_none()
        && let Some(attribute) = attributes.iter().find(caller)
    {
        let message = "the place that `#[track_caller]` tells would be inside this function; take \
                       one of the two attributes off";
        return Err(Error::new_spanned(attribute.path(), message));
    }
    Ok(())
}

impl Function {
    /// The type that the body gives, with `_` for what only the body knows; `None` for `!`.
    pub(super) fn returned(&self) -> Option<TokenStream> {
        match &self.sig.output {
            ReturnType::Default => Some(quote_spanned!(Span::mixed_site()=> ())),
            ReturnType::Type(_, ty) => match &**ty {
                Type::Never(_) => None,
                ty => Some(without_impl(ty.to_token_stream()).unwrap_or_else(infer)),
            },
        }
    }

    /// The type of the value, if one is written.
    pub(super) fn output(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }
}

fn infer() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> _)
}

/// The type with `_` in place of each `impl Trait` that is an argument of a path or in a tuple;
/// `None` where it is the whole, or stands in anything else.
fn without_impl(ty: TokenStream) -> Option<TokenStream> {
    if !has_impl(ty.clone()) {
        return Some(ty);
    }
    let tokens: Vec<TokenTree> = ty.into_iter().collect();
    match &tokens[..] {
        // A tuple.
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            let mut inner = TokenStream::new();
            for part in parts(group.stream()) {
                inner.extend(without_impl(part.clone()).unwrap_or_else(infer));
                inner.append(proc_macro2::Punct::new(',', proc_macro2::Spacing::Alone));
            }
            let mut tuple = Group::new(Delimiter::Parenthesis, inner);
            tuple.set_span(group.span());
            Some(TokenTree::Group(tuple).into())
        }
        // `path::Name<…>`: up to the first `<`, which the last token closes.
        [.., TokenTree::Punct(last)] if last.as_char() == '>' => {
            let open = tokens.iter().position(
                |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '<'),
            )?;
            let head = &tokens[..open];
            let is_path = head.iter().all(|token| match token {
                TokenTree::Ident(ident) => ident != "impl" && ident != "dyn",
                TokenTree::Punct(punct) => punct.as_char() == ':',
                _ => false,
            });
            if head.is_empty() || !is_path {
                return None;
            }
            let mut ty: TokenStream = tokens[..=open].iter().cloned().collect();
            let inside = tokens[open + 1..tokens.len() - 1].iter().cloned().collect();
            for part in parts(inside) {
                ty.extend(without_impl(part.clone()).unwrap_or_else(infer));
                ty.append(proc_macro2::Punct::new(',', proc_macro2::Spacing::Alone));
            }
            ty.append(last.clone());
            Some(ty)
        }
        _ => None,
    }
}

/// What stands between commas that no `<` encloses.
fn parts(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    let mut depth = 0;
    let mut before = ' ';
    for token in tokens {
        let char = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match char {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(TokenStream::new());
                before = char;
                continue;
            }
            _ => {}
        }
        before = char;
        if let Some(part) = parts.last_mut() {
            part.append(token);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn has_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "impl",
        TokenTree::Group(group) => has_impl(group.stream()),
        _ => false,
    })
}
