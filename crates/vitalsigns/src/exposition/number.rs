//! Numbers as text.

use crate::sample::Number;

/// Writes a sample value: integers exactly, floats as the shortest text that reads back the same.
#[inline]
pub(crate) fn write(number: Number, out: &mut String) {
    match number {
        Number::Unsigned(value) => out.push_str(itoa::Buffer::new().format(value)),
        Number::Signed(value) => out.push_str(itoa::Buffer::new().format(value)),
        Number::Float(value) if value.is_finite() => {
            out.push_str(zmij::Buffer::new().format_finite(value));
        }
        Number::Float(value) => out.push_str(special(value)),
    }
}

/// A bound as it stands in `le`: the canonical number of OpenMetrics, which is what Go's `%g`
/// writes, with `.0` behind whole numbers.
///
/// It is the same text in every format, because Prometheus before version 3 takes `1` and `1.0`
/// for two series.
pub(crate) fn canonical(value: f64) -> String {
    if !value.is_finite() {
        return special(value).to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_canonical() {
        for (value, text) in [
            (0.0, "0.0"),
            (0.1, "0.1"),
            (1.0, "1.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (2.5e-7, "2.5e-07"),
            (262_144.0, "262144.0"),
            (1e6, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1e100, "1e+100"),
            (-0.5, "-0.5"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(canonical(value), text);
        }
    }

    #[test]
    fn values_read_back_the_same() {
        for value in [0.1, -0.0, 1e300, f64::MIN_POSITIVE / 8.0, 12.0, 1.0 / 3.0] {
            let mut out = String::new();
            write(Number::Float(value), &mut out);
            assert_eq!(
                out.parse::<f64>().map(f64::to_bits),
                Ok(value.to_bits()),
                "{out}"
            );
        }
    }
}
