//! Rules and routes as they are, but for how long they wait: what takes minutes takes seconds.

/// The rules with windows of so many seconds, and alerts that are held for two.
pub(crate) fn rules(text: &str, window: u32) -> String {
    let lines = text.lines().map(|line| {
        let word = line.trim_start();
        let indent = &line[..line.len() - word.len()];
        if word.starts_with("for: ") {
            format!("{indent}for: 2s\n")
        } else if word.starts_with("keep_firing_for: ") {
            format!("{indent}keep_firing_for: 1s\n")
        } else {
            format!("{}\n", windows(line, window))
        }
    });
    lines.collect()
}

/// Every `[5m]` of a line with another time.
fn windows(line: &str, window: u32) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from.find(']').filter(|end| is_duration(&from[1..*end]));
        match end {
            Some(end) => {
                out.push_str(&format!("[{window}s]"));
                rest = &from[end + 1..];
            }
            None => {
                out.push('[');
                rest = &from[1..];
            }
        }
    }
    out + rest
}

fn is_duration(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| "smhdwy".contains(c))
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "smhdwy".contains(c))
}

/// The scrapes, every second.
pub(crate) fn scrapes(text: &str) -> String {
    with(
        text,
        &["scrape_interval", "scrape_timeout", "evaluation_interval"],
    )
}

/// The routes without their patience.
pub(crate) fn routes(text: &str) -> String {
    with(text, &["group_wait", "group_interval"])
}

/// A second for each of these keys.
fn with(text: &str, keys: &[&str]) -> String {
    let lines = text.lines().map(|line| {
        let word = line.trim_start();
        let indent = &line[..line.len() - word.len()];
        match word.split_once(": ") {
            Some((key, _)) if keys.contains(&key) => format!("{indent}{key}: 1s\n"),
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}

#[test]
fn only_times_are_shorter() {
    let text = "- alert: A\n  expr: rate(a{b=~\"[0-9]\"}[5m]) > 1\n  for: 10m\n";
    let shorter = "- alert: A\n  expr: rate(a{b=~\"[0-9]\"}[15s]) > 1\n  for: 2s\n";
    assert_eq!(rules(text, 15), shorter);
    assert_eq!(
        routes("route:\n  group_wait: 30s\n"),
        "route:\n  group_wait: 1s\n"
    );
}
