//! Scripts around the stack, and tests of it: what they take for well that is not.
//!
//! Plain patterns in the text, line by line: a script that does the same in another way is not
//! seen through.

use super::folder::File;
use super::sheet::Sheet;
use crate::finding::Rule;

pub(super) static CURL: Rule = Rule::error(
    "curl-without-fail",
    "curl ends well whatever the status is, so the check sees no 500.",
);
pub(super) static GREP: Rule = Rule::error(
    "container-by-grep",
    "A container is looked for in a list by a part of its name, which others have too.",
);
pub(super) static RESTARTS: Rule = Rule::error(
    "check-that-restarts",
    "A check starts or restarts what it looks at, against the will of who stopped it.",
);
pub(super) static SWALLOWED: Rule = Rule::error(
    "unreachable-is-zero",
    "What does not answer is counted as 0, which reads as well.",
);
pub(super) static REMOVES_TSDB: Rule = Rule::error(
    "removes-tsdb",
    "Files of a running Prometheus are deleted, which corrupts what it stores.",
);
pub(super) static OLD_API: Rule = Rule::error(
    "removed-api",
    "A script asks an API of Alertmanager that was removed.",
);
pub(super) static HEREDOC: Rule = Rule::error(
    "unquoted-heredoc",
    "A shell replaces `$$` in what it writes by a number of its own.",
);
pub(super) static OVERWRITES: Rule = Rule::warning(
    "overwrites-configuration",
    "A script writes a file of configuration, over whatever somebody has changed in it.",
);
pub(super) static OLD_COMPOSE: Rule = Rule::warning(
    "old-compose",
    "`docker-compose` is the old program; it is `docker compose` now.",
);
pub(super) static NO_ALERT: Rule = Rule::error(
    "check-without-alert",
    "A check writes what it has found to a file that nobody reads.",
);
pub(super) static EMPTY_LOOP: Rule = Rule::error(
    "test-of-nothing",
    "A test asserts in a loop only, and passes when there is nothing to loop over.",
);
pub(super) static GREPPED_PAGE: Rule = Rule::warning(
    "page-by-grep",
    "A page counts as good because it has a word in it.",
);
pub(super) static SECRET: Rule =
    Rule::error("secret-in-command", "A password stands in a command.");

pub(super) static RULES: &[&Rule] = &[
    &CURL,
    &GREP,
    &RESTARTS,
    &SWALLOWED,
    &REMOVES_TSDB,
    &OLD_API,
    &HEREDOC,
    &OVERWRITES,
    &OLD_COMPOSE,
    &NO_ALERT,
    &EMPTY_LOOP,
    &GREPPED_PAGE,
    &SECRET,
];

/// Judges a shell script.
pub(super) fn shell(file: &File, sheet: &mut Sheet) {
    let mut heredoc: Option<(String, bool)> = None;
    let is_check = ["check", "health", "monitor", "watch"];
    let name = file.name().to_lowercase();
    let is_check = is_check.iter().any(|word| name.contains(word));
    let mut found_any = None;
    let mut tells = false;
    for (index, line) in file.text.lines().enumerate() {
        let place = file.at(index + 1);
        if let Some((end, is_quoted)) = &heredoc {
            if line.trim() == end {
                heredoc = None;
            } else if !is_quoted && line.contains("$$") && !line.contains("\\$\\$") {
                sheet.add(
                    &HEREDOC,
                    &place,
                    "the shell writes its own process number in place of `$$` here",
                    "quote the word behind `<<`, as `<<'EOF'`",
                );
            }
            continue;
        }
        let code = line.trim();
        if code.starts_with('#') {
            continue;
        }
        if let Some(begun) = begun_heredoc(code) {
            let written = code.split('>').nth(1).unwrap_or_default();
            let written = written.split_whitespace().next().unwrap_or_default();
            if [".yml", ".yaml", ".json"]
                .iter()
                .any(|end| written.ends_with(end))
            {
                sheet.add(
                    &OVERWRITES,
                    &place,
                    format!("each run writes `{written}` anew"),
                    "keep the file itself with the script",
                );
            }
            heredoc = Some(begun);
            continue;
        }
        if let Some(flags) = curl_flags(code) {
            let judges = !flags.fails && !flags.shows_status;
            // What is piped into a reader is judged by what that makes of it.
            let is_condition = code.starts_with("if ")
                || code.starts_with("while ")
                || code.starts_with("until ")
                || code.contains("&&")
                || code.contains("||")
                || code.contains("/dev/null");
            if judges && is_condition {
                sheet.add(
                    &CURL,
                    &place,
                    "`curl` without `-f` ends well on every status, 500 included",
                    "add `-f`, and read what it answers: `vitalsigns lint URL`",
                );
            }
            let counts = code.contains("wc -l") || code.contains("jq") && code.contains("$(");
            if judges && counts && !file.text.contains("pipefail") {
                sheet.add(
                    &SWALLOWED,
                    &place,
                    "when nothing answers, this counts 0 and goes on",
                    "add `-f` and `set -o pipefail`, and treat a failure as one",
                );
            }
            if let Some(user) = flags.user
                && user.contains(':')
                && !user.contains('$')
            {
                sheet.add(
                    &SECRET,
                    &place,
                    "a password stands in the command, in its history and in `ps`",
                    "use `--netrc-file`, or `-K` with a file",
                );
            }
        }
        let is_list = code.contains("docker ps") || code.contains("podman ps");
        if is_list
            && code.contains("| grep")
            && !code.contains("grep -x")
            && !code.contains("grep -qx")
        {
            let decides =
                code.starts_with("if ") || code.contains("grep -q") || code.contains("&&");
            if decides {
                sheet.add(
                    &GREP,
                    &place,
                    "every container whose name, image or command contains the word counts",
                    "ask for the one: `docker inspect -f '{{.State.Running}}' NAME`",
                );
            }
        }
        let starts = [
            "docker start",
            "docker restart",
            "podman start",
            "podman restart",
        ];
        if is_check
            && starts.iter().any(|command| code.contains(command))
            && !code.starts_with("echo")
        {
            sheet.add(
                &RESTARTS,
                &place,
                "a check that restarts hides why it was down, and undoes what people stopped",
                "leave it to the restart policy, and tell somebody",
            );
        }
        if code.contains("rm -rf") || code.contains("rm -r ") {
            let is_store = ["/prometheus", "tsdb", "prometheus-data", "prometheus_data"];
            if is_store.iter().any(|part| code.contains(part)) {
                sheet.add(
                    &REMOVES_TSDB,
                    &place,
                    "files of a running Prometheus are deleted",
                    "set `--storage.tsdb.retention.time` and `.size`, or use the API to delete series",
                );
            }
        }
        if code.contains("9093/api/v1")
            || code.contains("alertmanager") && code.contains("/api/v1/")
        {
            sheet.add(
                &OLD_API,
                &place,
                "Alertmanager answers 410 there",
                "ask `/api/v2/…`",
            );
        }
        if code.contains("docker-compose ") && !code.starts_with("echo") {
            sheet.add(
                &OLD_COMPOSE,
                &place,
                "`docker-compose` is no longer developed",
                "call `docker compose`",
            );
        }
        if is_check && code.contains(">>") && code.contains("log") && found_any.is_none() {
            found_any = Some(index + 1);
        }
        let sends = [
            "-X POST", "--data", "-d @", "mail ", "sendmail", "logger ", "amtool", "notify",
        ];
        tells |= sends.iter().any(|word| code.contains(word));
        if is_check && (code.starts_with("exit 1") || code.contains("exit $")) {
            tells = true;
        }
    }
    if let (Some(line), false) = (found_any, tells) {
        sheet.add(
            &NO_ALERT,
            &file.at(line),
            "what is found is written to a file, and nobody is told",
            "end with an exit code, and have Alertmanager or something outside tell people",
        );
    }
}

struct Flags<'l> {
    fails: bool,
    shows_status: bool,
    user: Option<&'l str>,
}

/// What curl is called with.
fn curl_flags(line: &str) -> Option<Flags<'_>> {
    let at = line.find("curl ")?;
    let is_word =
        at == 0 || !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
    if !is_word {
        return None;
    }
    let call = line[at + 5..].split('|').next().unwrap_or_default();
    let words: Vec<&str> = call.split_whitespace().collect();
    let is_short = |word: &str| word.starts_with('-') && !word.starts_with("--");
    let fails = words
        .iter()
        .any(|word| word.starts_with("--fail") || is_short(word) && word[1..].contains('f'));
    let user = words
        .iter()
        .position(|word| *word == "-u" || *word == "--user");
    Some(Flags {
        fails,
        shows_status: call.contains("http_code") || call.contains("response_code"),
        user: user.and_then(|at| words.get(at + 1).copied()),
    })
}

/// The word that ends a here-document that begins in a line, and whether it is quoted.
fn begun_heredoc(line: &str) -> Option<(String, bool)> {
    let at = line.find("<<")?;
    let rest = line[at + 2..].trim_start_matches('-').trim_start();
    if rest.starts_with('<') {
        return None;
    }
    let is_quoted = rest.starts_with(['\'', '"', '\\']);
    let rest = rest.trim_start_matches(['\'', '"', '\\']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let word = &rest[..end.unwrap_or(rest.len())];
    (!word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| (word.to_owned(), is_quoted))
}

/// Judges tests in Python.
pub(super) fn python(file: &File, sheet: &mut Sheet) {
    let lines: Vec<&str> = file.text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    for (index, line) in lines.iter().enumerate() {
        if !line.trim_start().starts_with("def test") {
            continue;
        }
        let depth = indent(line);
        let body = lines[index + 1..].iter().enumerate();
        let body = body.take_while(|(_, line)| line.trim().is_empty() || indent(line) > depth);
        let body: Vec<(usize, &str)> = body
            .map(|(below, line)| (index + 2 + below, *line))
            .collect();
        check_test(file, &body, sheet);
    }
}

fn check_test(file: &File, body: &[(usize, &str)], sheet: &mut Sheet) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut for_depth: Option<(usize, usize)> = None;
    let mut in_loop = None;
    let mut outside = false;
    let mut greps = None;
    for (number, line) in body {
        let code = line.trim();
        if code.is_empty() {
            continue;
        }
        if let Some((depth, _)) = for_depth
            && indent(line) <= depth
        {
            for_depth = None;
        }
        if code.starts_with("for ") && for_depth.is_none() {
            for_depth = Some((indent(line), *number));
        }
        if code.starts_with("assert ") || code.starts_with("assert(") {
            match for_depth {
                Some((_, number)) => in_loop = in_loop.or(Some(number)),
                None => outside = true,
            }
            if code.contains("# TYPE") || code.contains("# HELP") {
                greps = greps.or(Some(*number));
            }
        }
    }
    if let (Some(line), false) = (in_loop, outside) {
        sheet.add(
            &EMPTY_LOOP,
            &file.at(line),
            "without a target the loop asserts nothing, and the test passes",
            "assert that each job that should be there is, then that it is up",
        );
    }
    if let Some(line) = greps {
        sheet.add(
            &GREPPED_PAGE,
            &file.at(line),
            "a page with these words in it may still be refused by Prometheus",
            "have it read: `vitalsigns lint URL`",
        );
    }
}
