//! What the words on the command line ask for.

use crate::fuzz;
use crate::steps::Step;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// `cargo xtask help`, or no words at all.
    Help,
    /// `cargo xtask fuzz`: how long each target runs, and which one if not all.
    Fuzz {
        seconds: u64,
        target: Option<String>,
    },
    /// `cargo xtask install`.
    Install,
    /// `cargo xtask test`, with the steps to run.
    Test(Vec<Step>),
}

/// The text of `cargo xtask help`.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "\
cargo xtask test [--no-install] [--from STEP | --only STEP]
    Runs everything that must pass, in this order, and stops at the first step that fails.
    --no-install   leaves out the install step
    --from STEP    starts at this step
    --only STEP    runs this step alone
cargo xtask fuzz [--seconds N] [TARGET]
    Looks for inputs on which a fuzz target errs, in each for N seconds (300), two at a time; what
    it finds lies under fuzz/regressions.
cargo xtask install
    Installs the programs that the tests start (Debian packages, as root or through `sudo -n`)
    and makes the Python environment in target/tools/python.
cargo xtask help
    Prints this text.

Steps:
",
    );
    for step in Step::ALL {
        text.push_str(&format!("    {:<9} {}\n", step.name(), step.what()));
    }
    text
}

/// Reads the words that follow `cargo xtask`.
pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Words, String> {
    let mut words = words.into_iter();
    let Some(first) = words.next() else {
        return Ok(Words::Help);
    };
    match first.as_str() {
        "help" | "--help" | "-h" => nothing_more(&first, words).map(|()| Words::Help),
        "fuzz" => parse_fuzz(words),
        "install" => nothing_more(&first, words).map(|()| Words::Install),
        "test" => parse_test(words),
        other => Err(format!(
            "there is no `{other}`; there are `test`, `fuzz`, `install` and `help`"
        )),
    }
}

fn nothing_more(command: &str, mut words: impl Iterator<Item = String>) -> Result<(), String> {
    match words.next() {
        None => Ok(()),
        Some(word) => Err(format!(
            "`{command}` takes no further words, but `{word}` follows"
        )),
    }
}

/// The words with `--option=value` as two.
fn split(words: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    words.flat_map(|word| match word.split_once('=') {
        Some((option, value)) => vec![option.to_owned(), value.to_owned()],
        None => vec![word],
    })
}

fn parse_fuzz(words: impl Iterator<Item = String>) -> Result<Words, String> {
    let mut words = split(words);
    let (mut seconds, mut target) = (fuzz::SECONDS, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => return Ok(Words::Help),
            "--seconds" => {
                let value = words.next();
                let value = value.and_then(|value| value.parse().ok().filter(|value| *value > 0));
                seconds = value.ok_or("--seconds needs a number of seconds")?;
            }
            option if option.starts_with('-') => {
                return Err(format!("`fuzz` knows no `{option}`; it knows --seconds N"));
            }
            _ if target.is_some() => return Err("`fuzz` takes one target, or none for all".into()),
            _ => target = Some(word),
        }
    }
    Ok(Words::Fuzz { seconds, target })
}

fn parse_test(words: impl Iterator<Item = String>) -> Result<Words, String> {
    let mut words = split(words);
    let mut install = true;
    let mut from = None;
    let mut only = None;
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--no-install" => {
                install = false;
                continue;
            }
            "--from" => &mut from,
            "--only" => &mut only,
            "--help" | "-h" => return Ok(Words::Help),
            other => {
                return Err(format!(
                    "`test` knows no `{other}`; it knows --no-install, --from STEP and --only STEP"
                ));
            }
        };
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a step: {}", step_names()))?;
        let step = Step::from_name(&value)
            .ok_or_else(|| format!("there is no step `{value}`; there are {}", step_names()))?;
        if place.replace(step).is_some() {
            return Err(format!("{word} is given twice"));
        }
    }
    let mut steps: Vec<Step> = match (from, only) {
        (Some(_), Some(_)) => return Err("--from and --only cannot be combined".to_owned()),
        (None, None) => Step::ALL.to_vec(),
        (Some(from), None) => Step::ALL
            .into_iter()
            .skip_while(|step| *step != from)
            .collect(),
        (None, Some(only)) => vec![only],
    };
    if !install {
        steps.retain(|step| *step != Step::Install);
    }
    if steps.is_empty() {
        return Err("--only install and --no-install leave nothing to do".to_owned());
    }
    Ok(Words::Test(steps))
}

fn step_names() -> String {
    Step::ALL.map(Step::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Words, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn no_words_ask_for_help() {
        assert_eq!(read(""), Ok(Words::Help));
        assert_eq!(read("help"), Ok(Words::Help));
        assert_eq!(read("test --help"), Ok(Words::Help));
    }

    #[test]
    fn test_runs_all_steps_in_order() {
        assert_eq!(read("test"), Ok(Words::Test(Step::ALL.to_vec())));
        assert_eq!(
            read("test --no-install"),
            Ok(Words::Test(Step::ALL[1..].to_vec()))
        );
    }

    #[test]
    fn from_and_only_choose_steps() {
        assert_eq!(read("test --only fmt"), Ok(Words::Test(vec![Step::Fmt])));
        assert_eq!(
            read("test --only=install"),
            Ok(Words::Test(vec![Step::Install]))
        );
        let Ok(Words::Test(steps)) = read("test --from features") else {
            panic!("not read")
        };
        assert_eq!(steps.first(), Some(&Step::Features));
        assert_eq!(steps.last(), Step::ALL.last());
    }

    #[test]
    fn fuzz_takes_seconds_and_a_target() {
        let words = |seconds, target: Option<&str>| {
            let target = target.map(str::to_owned);
            Ok(Words::Fuzz { seconds, target })
        };
        assert_eq!(read("fuzz"), words(300, None));
        assert_eq!(read("fuzz --seconds=5 accept"), words(5, Some("accept")));
    }

    #[test]
    fn wrong_words_are_named_with_what_exists() {
        for (line, said) in [
            (
                "tset",
                "there is no `tset`; there are `test`, `fuzz`, `install` and `help`",
            ),
            (
                "install now",
                "`install` takes no further words, but `now` follows",
            ),
            (
                "test now",
                "`test` knows no `now`; it knows --no-install, --from STEP and --only STEP",
            ),
            (
                "test --from",
                "--from needs a step: install, fmt, clippy, doc, features, test, races, fuzz, bench, demo",
            ),
            (
                "test --only x",
                "there is no step `x`; there are install, fmt, clippy, doc, features, test, races, fuzz, bench, demo",
            ),
            ("fuzz --seconds soon", "--seconds needs a number of seconds"),
            ("fuzz a b", "`fuzz` takes one target, or none for all"),
            (
                "fuzz --now",
                "`fuzz` knows no `--now`; it knows --seconds N",
            ),
            ("test --only fmt --only doc", "--only is given twice"),
            (
                "test --only fmt --from doc",
                "--from and --only cannot be combined",
            ),
            (
                "test --only install --no-install",
                "--only install and --no-install leave nothing to do",
            ),
        ] {
            assert_eq!(read(line), Err(said.to_owned()), "{line}");
        }
    }

    #[test]
    fn help_names_every_step() {
        for step in Step::ALL {
            assert!(
                help().contains(&format!("\n    {} ", step.name())),
                "{}",
                step.name()
            );
        }
    }
}
