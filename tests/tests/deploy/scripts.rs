//! What is written by hand in `deploy/`, before the programs that it is for.

use std::fs;
use std::process::{Command, Output};
use std::time::Duration;

use tests::poll;
use tests::postgres::Postgres;
use tests::program::{Program, find};
use tests::redis::Redis;
use tests::temp::TempDir;

use crate::{deploy, read};

const START: Duration = Duration::from_secs(30);

/// Has every character that a shell or SQL has a meaning for.
const PASSWORD: &str = "it's \"a\" $HOME `id` \\ %41 é";

/// A script of `deploy/` that looks for secrets in this folder.
fn script(folder: &TempDir, path: &str) -> Command {
    let text = read(&deploy(path)).replace("/run/secrets", folder.path().to_str().unwrap());
    let file = folder.write("script", text);
    let mut command = Command::new("sh");
    command.arg(file);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

#[test]
fn secrets_become_variables_and_nothing_else_does() {
    let folder = TempDir::new();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("app_key"), format!("{PASSWORD}\n")).unwrap();
    let output = script(&folder, "with-secrets")
        .args([
            "sh",
            "-c",
            "printf '%s|' \"$APP_KEY\" \"${APP_KEY_FILE-none}\" \"$CERT_FILE\"",
        ])
        .env("APP_KEY_FILE", at("app_key"))
        .env("CERT_FILE", "/etc/ssl/cert.pem")
        .output()
        .unwrap();
    assert_eq!(said(&output), format!("{PASSWORD}|none|/etc/ssl/cert.pem|"));
}

#[test]
fn without_its_secret_nothing_runs() {
    let folder = TempDir::new();
    let file = folder.path().join("app_key");
    for text in [None, Some("")] {
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
        }
        let output = script(&folder, "with-secrets")
            .args(["echo", "it runs"])
            .env("APP_KEY_FILE", &file)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = said(&output);
        assert!(
            said.contains("app_key") && !said.contains("it runs"),
            "{said}"
        );
    }
}

/// Makes the role of the exporter with this password, and logs in as it.
#[track_caller]
fn role_is_made(postgres: &Postgres, folder: &TempDir, password: &str) {
    folder.write("postgres_exporter_password", password);
    let port = postgres.port().to_string();
    let output = script(folder, "auren/initdb/monitoring.sh")
        .env("POSTGRES_USER", "app")
        .env("POSTGRES_DB", "postgres")
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", &port)
        .env("PGPASSWORD", Postgres::PASSWORD)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    // It may read statistics, and nothing that makes it the owner of anything.
    let ask = "SELECT rolsuper, rolcreatedb, rolcreaterole, pg_has_role('pg_monitor', 'member') \
               FROM pg_roles WHERE rolname = current_user";
    let output = Command::new(find("psql"))
        .args(["-At", "-c", ask, "-U", "monitoring", "-d", "postgres"])
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", &port)
        .env("PGPASSWORD", password)
        .output()
        .unwrap();
    assert_eq!(said(&output).trim(), "f|f|f|t");
}

#[test]
fn whatever_the_password_the_role_is_made() {
    role_is_made(&Postgres::start(), &TempDir::new(), PASSWORD);
}

/// As Compose starts them, with other addresses. The password is one as the README of the secrets
/// has it made: Debian's exporter does not read every other.
#[test]
fn the_exporters_of_auren_log_in() {
    let (postgres, folder) = (Postgres::start(), TempDir::new());
    role_is_made(&postgres, &folder, "7ad9c0bb41e35f286d");
    let exporter = Program::serve("/", START, |port| {
        let mut command = Command::new("prometheus-postgres-exporter");
        let address = format!("127.0.0.1:{}", postgres.port());
        let password = folder.path().join("postgres_exporter_password");
        command
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .env(
                "DATA_SOURCE_URI",
                format!("{address}/postgres?sslmode=disable"),
            )
            .env("DATA_SOURCE_USER", "monitoring")
            .env("DATA_SOURCE_PASS_FILE", password);
        command
    });
    has_line(&exporter, "pg_up 1");

    let redis = Redis::start();
    let address = format!("redis://127.0.0.1:{}", redis.port());
    let passwords = format!("{{\"{address}\": \"{}\"}}", Redis::PASSWORD);
    let passwords = folder.write("redis_exporter_passwords", passwords);
    let exporter = Program::serve("/health", START, |port| {
        let mut command = Command::new("prometheus-redis-exporter");
        command
            .env(
                "REDIS_EXPORTER_WEB_LISTEN_ADDRESS",
                format!("127.0.0.1:{port}"),
            )
            .env("REDIS_ADDR", &address)
            .env("REDIS_PASSWORD_FILE", &passwords);
        command
    });
    has_line(&exporter, "redis_up 1");
}

#[track_caller]
fn has_line(exporter: &Program, line: &str) {
    poll::until_ok(START, line, || {
        let page = tests::http::get(&exporter.url("/metrics"), &[]);
        let page = page.map_err(|error| error.to_string())?;
        match page.text().lines().any(|there| there == line) {
            true => Ok(()),
            false => Err(exporter.log()),
        }
    });
}

#[test]
fn the_blackbox_exporter_takes_its_file() {
    for example in crate::EXAMPLES {
        let file = deploy(example).join("blackbox/blackbox.yml");
        let output = Command::new(find("prometheus-blackbox-exporter"))
            .arg(format!("--config.file={}", file.display()))
            .arg("--config.check")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
}
