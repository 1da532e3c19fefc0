//! Checks that the compiler makes, at the token that is checked.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// A statement that stops the compilation at `span` if `check`, an expression of type
/// `Option<&'static str>`, has something to say.
pub(crate) fn none(span: Span, check: &TokenStream) -> TokenStream {
    quote_spanned! {span=>
        if let ::core::option::Option::Some(__message) = #check {
            ::core::panic!("{}", __message)
        }
    }
}

/// A statement that stops the compilation at `span` with `message` if `wrong` is true.
pub(crate) fn not(span: Span, wrong: &TokenStream, message: &str) -> TokenStream {
    // The braces of the text would be read as those of a format string.
    quote_spanned! {span=>
        if #wrong {
            ::core::panic!("{}", #message)
        }
    }
}
