//! `buckets = […]`.

use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, LitFloat, Result, UnOp};

use crate::attr::ungrouped;

/// Bucket bounds: whole numbers become floats, and literals are compared right here, so that the
/// error points at the one that is wrong. Anything else is checked when it is evaluated.
pub(crate) fn parse(expr: Expr) -> Result<Expr> {
    let expr = match expr {
        // The reference is written where the bounds are used.
        Expr::Reference(reference) if reference.mutability.is_none() => *reference.expr,
        expr => expr,
    };
    let array = match ungrouped(&expr) {
        Expr::Array(array) if array.elems.is_empty() => {
            let message = "a histogram has at least one bound, as in `buckets = [0.1, 0.5, 1]`";
            return Err(Error::new(array.span(), message));
        }
        Expr::Array(array) => array,
        Expr::Lit(_) | Expr::Unary(_) => {
            let message = "bucket bounds are a list, as in `buckets = [0.1, 0.5, 1]`";
            return Err(Error::new(expr.span(), message));
        }
        _ => return Ok(expr),
    };
    let mut array = array.clone();
    let mut before: Option<f64> = None;
    for bound in &mut array.elems {
        let Some((value, float)) = literal(bound)? else {
            before = None;
            continue;
        };
        if let Some(smaller) = before
            && smaller >= value
        {
            let message = format!(
                "bucket bounds increase from one to the next; {value} stands after {smaller}"
            );
            return Err(Error::new(bound.span(), message));
        }
        before = Some(value);
        *bound = float;
    }
    Ok(Expr::Array(array))
}

/// The value of a literal with or without a sign, and the literal as a float.
fn literal(expr: &Expr) -> Result<Option<(f64, Expr)>> {
    Ok(match ungrouped(expr) {
        Expr::Lit(ExprLit {
            lit: Lit::Float(float),
            ..
        }) => Some((float.base10_parse()?, expr.clone())),
        Expr::Lit(ExprLit {
            lit: Lit::Int(int),
            attrs,
        }) if int.suffix().is_empty() => {
            let text = format!("{}.0", int.base10_digits());
            let float = LitFloat::new(&text, int.span());
            let value = float.base10_parse()?;
            let lit = ExprLit {
                lit: Lit::Float(float),
                attrs: attrs.clone(),
            };
            Some((value, Expr::Lit(lit)))
        }
        Expr::Unary(ExprUnary {
            op: op @ UnOp::Neg(_),
            expr: inner,
            attrs,
        }) => literal(inner)?.map(|(value, float)| {
            let (op, attrs) = (*op, attrs.clone());
            (
                -value,
                Expr::Unary(ExprUnary {
                    op,
                    expr: Box::new(float),
                    attrs,
                }),
            )
        }),
        _ => None,
    })
}
