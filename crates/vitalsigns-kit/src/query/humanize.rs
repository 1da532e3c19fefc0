//! Values as the templates of Prometheus print them, so that what an alert will say can be known
//! before it fires.

use super::Unit;

/// Thousands, upwards.
const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
/// Thousandths, downwards.
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];
/// Steps of 1024, upwards.
const BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

impl Unit {
    /// What [`template`](Self::template) makes of a value. Times of the clock come out as numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Unit;
    ///
    /// assert_eq!(Unit::RATIO.printed(0.051), "5.1%");
    /// assert_eq!(Unit::SECONDS.printed(301.0), "5m 1s");
    /// assert_eq!(Unit::BYTES.printed(1_572_864.0), "1.5MiB");
    /// ```
    pub fn printed(&self, value: f64) -> String {
        let (function, behind) = self.humanized();
        let text = match function {
            "humanizePercentage" => format!("{}%", four_digits(value * 100.0)),
            "humanizeDuration" => duration(value),
            "humanize1024" => binary(value),
            _ => humanize(value),
        };
        format!("{text}{behind}")
    }
}

fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return four_digits(value);
    }
    if value.abs() >= 1.0 {
        return scaled(value, 1000.0, &LARGE);
    }
    reduced(value)
}

fn binary(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return four_digits(value);
    }
    scaled(value, 1024.0, &BINARY)
}

fn duration(value: f64) -> String {
    if !value.is_finite() {
        return four_digits(value);
    }
    if value == 0.0 {
        return "0s".to_owned();
    }
    if value.abs() < 1.0 {
        return format!("{}s", reduced(value));
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let value = value.abs();
    let whole = value as u64;
    let (seconds, minutes) = (whole % 60, whole / 60 % 60);
    let (hours, days) = (whole / 3600 % 24, whole / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", four_digits(value)),
        (0, 0, _) => format!("{sign}{minutes}m {seconds}s"),
        (0, _, _) => format!("{sign}{hours}h {minutes}m {seconds}s"),
        _ => format!("{sign}{days}d {hours}h {minutes}m {seconds}s"),
    }
}

fn scaled(mut value: f64, by: f64, prefixes: &[&str]) -> String {
    let mut prefix = "";
    for next in prefixes {
        if value.abs() < by {
            break;
        }
        prefix = next;
        value /= by;
    }
    format!("{}{prefix}", four_digits(value))
}

fn reduced(mut value: f64) -> String {
    let mut prefix = "";
    for next in SMALL {
        if value.abs() >= 1.0 {
            break;
        }
        prefix = next;
        value *= 1000.0;
    }
    format!("{}{prefix}", four_digits(value))
}

/// `%.4g` of Go.
fn four_digits(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:.3e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trimmed = |digits: &str| match digits.contains('.') {
        true => digits
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        false => digits.to_owned(),
    };
    match exponent {
        -4..=3 => trimmed(&format!("{value:.*}", (3 - exponent) as usize)),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{}e{sign}{:02}", trimmed(digits), exponent.abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_those_of_go() {
        for (value, text) in [
            (0.0, "0"),
            (5.1, "5.1"),
            (1234.5, "1234"),
            (12345.0, "1.234e+04"),
            (0.00012345, "0.0001234"),
            (0.000012345, "1.234e-05"),
            (100.0, "100"),
            (-2.5, "-2.5"),
        ] {
            assert_eq!(four_digits(value), text);
        }
    }
}
