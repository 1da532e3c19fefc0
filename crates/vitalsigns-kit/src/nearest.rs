//! The name that somebody may have meant.

/// How alike two names have to be, from 0 to 1.
const ALIKE: f64 = 0.6;

/// What is most like `name`, if anything is like it at all.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let alike = likeness(name, candidate);
        // The first of equals, so that the answer does not depend on chance.
        if alike >= ALIKE && best.is_none_or(|(most, _)| alike > most) {
            best = Some((alike, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// How alike two names are: by letters, or by words, where a prefix more or less is a small step.
/// Capitals make no difference.
pub(crate) fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (&*one.to_lowercase(), &*other.to_lowercase());
    strsim::normalized_damerau_levenshtein(one, other).max(by_words(one, other))
}

fn by_words(one: &str, other: &str) -> f64 {
    let words = |name: &str| -> Vec<String> {
        let words = name.split('_').filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    let common = one.iter().filter(|word| other.contains(word)).count();
    match one.len() + other.len() {
        0 => 0.0,
        words => 2.0 * common as f64 / words as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_is_like_it_is_found() {
        let known = [
            "http_requests_total",
            "queue_depth",
            "auren_webhook_requests_total",
        ];
        for (name, found) in [
            ("http_request_total", Some("http_requests_total")),
            (
                "webhook_requests_total",
                Some("auren_webhook_requests_total"),
            ),
            ("depth_queue", Some("queue_depth")),
            ("celsius", None),
        ] {
            assert_eq!(nearest(name, known), found, "{name}");
        }
    }
}
