//! The same apps over a socket, asked by wrk where it is installed.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;

use ::axum::Router;

use super::axum::Served;
use super::{Bench, Fault, paths};
use crate::measure::Spread;
use crate::report::{Kind, Table};

/// Asks all apps in turns.
pub(super) fn run(bench: &mut Bench, apps: &[Served]) -> Result<(), Fault> {
    let version = Command::new("wrk")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if version.is_err() {
        bench.leave_out("E over a socket: there is no wrk");
        return Ok(());
    }
    let served: Result<Vec<_>, _> = apps.iter().map(|app| serve(app.app.clone())).collect();
    let served = served.map_err(|error| format!("E: no socket: {error}"))?;
    let mut asked: Vec<Vec<Asked>> = apps.iter().map(|_| Vec::new()).collect();
    for round in 0..5 {
        for turn in 0..served.len() {
            let which = (round + turn) % served.len();
            asked[which].push(ask(served[which])?);
        }
    }
    let names = apps.iter().map(|app| (app.name, app.class));
    let mut table = Table::new("E-axum-socket", "E. axum over a socket, by wrk", names);
    let spreads = |of: fn(&Asked) -> f64| -> Vec<Spread> {
        let spread = |asked: &Vec<Asked>| Spread::of(asked.iter().map(of));
        asked.iter().map(spread).collect()
    };
    let medians = |of| spreads(of).into_iter().map(|spread| spread.median);
    let spread = spreads(|asked| asked.each_second)
        .into_iter()
        .map(Spread::share);
    table
        .column(
            "requests/s",
            Kind::Number,
            medians(|asked| asked.each_second),
        )
        .column("spread", Kind::Spread, spread)
        .column(
            "us/request",
            Kind::Number,
            medians(|asked| 1e6 / asked.each_second),
        )
        .added("us/request", "added us")
        .times_best_peer("us/request")
        .column("p50 us", Kind::Number, medians(|asked| asked.half))
        .column("p99 us", Kind::Number, medians(|asked| asked.most));
    table.checked = "no response was an error".to_owned();
    bench.add(table);
    Ok(())
}

/// Serves an app on one thread, to the end of the program.
fn serve(app: Router) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            ::axum::serve(listener, app).await
        })
    });
    Ok(address)
}

/// What wrk has said.
struct Asked {
    each_second: f64,
    /// The latencies of half and of 99 % of the requests, in microseconds.
    half: f64,
    most: f64,
}

fn ask(address: SocketAddr) -> Result<Asked, Fault> {
    let path = paths().nth(25).unwrap_or_default();
    let output = Command::new("wrk")
        .args([
            "--threads=1",
            "--connections=16",
            "--duration=2s",
            "--latency",
        ])
        .arg(format!("http://{address}{path}"))
        .output()
        .map_err(|error| format!("wrk does not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    read(&said)
        .ok_or_else(|| format!("E: wrk has seen errors, or has said something else:\n{said}"))
}

fn read(said: &str) -> Option<Asked> {
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        return None;
    }
    let after = |word: &str| said.lines().find_map(|line| line.trim().strip_prefix(word));
    Some(Asked {
        each_second: after("Requests/sec:")?.trim().parse().ok()?,
        half: micros(after("50%")?.trim())?,
        most: micros(after("99%")?.trim())?,
    })
}

/// A length of time as wrk writes it.
fn micros(text: &str) -> Option<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    units.iter().find_map(|(unit, micros)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number * micros)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let said = "\
Running 2s test @ http://127.0.0.1:8080/
  1 threads and 16 connections
  Latency Distribution
     50%  210.00us
     75%  230.00us
     90%  300.00us
     99%    1.05ms
  142316 requests in 2.00s, 18.05MB read
Requests/sec:  71123.45
Transfer/sec:      9.02MB
";
        let asked = read(said).unwrap();
        assert_eq!(
            (asked.each_second, asked.half, asked.most),
            (71123.45, 210.0, 1050.0)
        );
        assert!(read(&said.replace("Transfer", "Non-2xx or 3xx responses: 1")).is_none());
    }
}
