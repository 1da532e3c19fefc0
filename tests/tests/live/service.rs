//! aura-render in this process, on a socket, with the visitors of its demo.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use aura_render::{Config, Server};
use tests::poll;
use tests::scrape::Labels;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use vitalsigns::{Format, Registry, testing};

/// Every sample of a page: its labels, the name among them, and its value.
pub(crate) type Samples = BTreeMap<Labels, f64>;

pub(crate) struct Aura {
    // Dropped last: the server lives on it.
    server: Option<Server>,
    runtime: Runtime,
}

impl Aura {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let config = Config {
            debug_routes: true,
            ..Config::default()
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = runtime
            .block_on(Server::start(config, anywhere))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            server.service().renderer().name(),
            "ffmpeg",
            "ffmpeg is missing: run `cargo xtask install`"
        );
        Aura {
            server: Some(server),
            runtime,
        }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn address(&self) -> String {
        self.server().addr().to_string()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.server().service().registry()
    }

    /// Lets visitors in until the task is aborted.
    pub(crate) fn visit(&self) -> JoinHandle<()> {
        let (addr, jobs) = (self.server().addr(), self.server().service().jobs().clone());
        self.runtime.spawn(async move {
            let mut progress = Vec::new();
            let _ = aura_render::demo::run(addr, 16, &jobs, "ffmpeg", &mut progress).await;
        })
    }

    /// Waits until no job and no request is on its way, other than scrapes.
    pub(crate) fn wait_until_idle(&self) {
        let registry = self.registry();
        poll::until_ok(Duration::from_secs(60), "the service to be idle", || {
            let jobs = testing::total(registry, "video_generation_in_progress");
            let flying: f64 = samples(registry)
                .iter()
                .filter(|(labels, _)| {
                    labels["__name__"] == "http_requests_in_flight" && !changes_by_itself(labels)
                })
                .map(|(_, value)| value)
                .sum();
            if jobs == 0.0 && flying == 0.0 {
                Ok(())
            } else {
                Err(format!(
                    "{jobs} jobs and {flying} requests are on their way"
                ))
            }
        });
    }
}

impl Drop for Aura {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

/// What the service itself reports, read off its page without asking it over the network.
pub(crate) fn samples(registry: &Registry) -> Samples {
    let page = registry.render(Format::OpenMetrics);
    let families = tests::judges::strict_openmetrics(&page).unwrap();
    let samples = families.iter().flat_map(|family| &family.samples);
    samples
        .map(|sample| {
            let mut labels = sample.labels.clone();
            // To Prometheus an empty value is no label.
            labels.retain(|_, value| !value.is_empty());
            labels.insert("__name__".to_owned(), sample.name.clone());
            (labels, sample.number())
        })
        .collect()
}

/// Whether a series is another one at the next scrape: it is about the scrapes themselves, or about
/// the process that answers them.
pub(crate) fn changes_by_itself(labels: &Labels) -> bool {
    labels.get("route").is_some_and(|route| route == "/metrics")
        || [
            "process_",
            "vitalsigns_scrape",
            "vitalsigns_page",
            "vitalsigns_collector_last",
        ]
        .iter()
        .any(|changing| labels["__name__"].starts_with(changing))
}
