//! The page at `/`.

use std::fmt::Write;

use vitalsigns::LabelValue;

use crate::{
    config::{LONGEST, SHORTEST},
    jobs::{JobId, JobState, Record},
    service::Shared,
    theme::Theme,
};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.2rem 0; }
.counts div { flex: 1; min-width: 6rem; padding: .6rem .8rem; border: 1px solid #8885; border-radius: .5rem; }
.counts b { display: block; font-size: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #8883; }
pre { padding: .8rem; border: 1px solid #8885; border-radius: .5rem; overflow-x: auto; }
";

/// How many finished jobs the page lists.
const LISTED: usize = 10;

/// Writes the page as it is now.
pub fn index(shared: &Shared) -> String {
    let totals = shared.jobs.totals();
    let counts: String = [
        ("queued", totals.queued as u64),
        ("running", totals.running as u64),
        ("succeeded", totals.succeeded),
        ("failed", totals.failed),
        ("cancelled", totals.cancelled),
    ]
    .map(|(state, count)| format!("<div><b>{count}</b>{state}</div>"))
    .concat();
    let jobs: String = shared
        .jobs
        .latest(LISTED)
        .iter()
        .map(|(id, job)| row(*id, job))
        .collect();
    let jobs = match jobs.as_str() {
        "" => "<p>No job has come to its end yet.</p>".to_owned(),
        rows => format!(
            "<table><tr><th>job</th><th>theme</th><th>length</th><th>result</th></tr>{rows}</table>"
        ),
    };
    format!(
        "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">
<title>aura-render</title><style>{STYLE}</style></head>
<body>
<h1>aura-render</h1>
<p>A small video service: name a theme and a length, and get a video.
Renderer in use: <b>{renderer}</b>. Workers: {workers}. Most jobs that ever waited: {deepest}.</p>
<div class=\"counts\">{counts}</div>
<p>See also the <a href=\"/metrics\">metrics</a>. Ask for a video with:</p>
<pre>curl -H 'content-type: application/json' http://HOST:PORT/generate \\
  -d '{{\"theme\":\"ocean\",\"seconds\":4,\"text\":\"Hello\",\"optimise\":\"standard\"}}'</pre>
<p>Themes: {themes}. Length: {SHORTEST} to {LONGEST} seconds. Optimise: light, standard, aggressive,
or not at all. The answer names <code>/jobs/ID</code> (its state; DELETE cancels it) and
<code>/videos/ID</code>.</p>
<h2>Latest jobs</h2>
{jobs}
</body>
</html>
",
        renderer = escape(&shared.tools.renderer.describe()),
        workers = shared.workers,
        deepest = totals.deepest_queue,
        themes = Theme::VALUES.join(", "),
    )
}

fn row(id: JobId, job: &Record) -> String {
    let result = match &job.state {
        JobState::Succeeded(video) => {
            format!(
                "<a href=\"/videos/{id}\">video</a>, {} KiB",
                video.bytes.div_ceil(1024)
            )
        }
        JobState::Failed(error) => format!("failed: {}", escape(error.kind.as_label())),
        other => other.name().to_owned(),
    };
    format!(
        "<tr><td><a href=\"/jobs/{id}\">{id}</a></td><td>{}</td><td>{} s</td><td>{result}</td></tr>",
        job.request.theme, job.request.seconds
    )
}

/// Text as HTML shows it.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a String cannot fail.
                let _ = write!(html, "&#{};", c as u32);
            }
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_in_texts_is_shown_and_not_obeyed() {
        assert_eq!(
            super::escape("<b a='1'>&\"x"),
            "&#60;b a=&#39;1&#39;&#62;&#38;&#34;x"
        );
    }
}
