//! Works on accepted events: remembers each, and shows it to the agent.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;
use vitalsigns::{
    LabelValue,
    families::{EventConsumer, WorkQueues},
};

use super::{Event, Inbox, Kind, Receiver, inbox::Waiting};
use crate::{
    agent::Agent,
    memory::{Memory, MemoryError, system_time},
    metrics::{Metrics, Queue, Topic},
};

/// How long a worker waits after an event that cannot be kept now.
const BACK_OFF: Duration = Duration::from_millis(200);
/// How often an idle worker gives a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Works until the token is cancelled; the event at hand is done.
pub async fn work(
    inbox: Arc<Inbox>,
    receiver: Arc<Receiver>,
    memory: Arc<Memory>,
    agent: Arc<Agent>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let queues: WorkQueues<Queue> = metrics.queues.clone();
    let worker = queues.worker(Queue::Events);
    loop {
        let waiting = select! {
            biased;
            () = stop.cancelled() => break,
            () = sleep(HEARTBEAT) => {
                worker.heartbeat();
                continue;
            }
            waiting = receiver.next() => waiting,
        };
        let Some(Waiting { event, ticket }) = waiting else {
            break;
        };
        let task = ticket.take().by(&worker);
        match consume(&metrics.events, &memory, &event.event).await {
            Ok(()) => {
                agent.observe(&event.event).await;
                inbox.done(&event).await;
                task.done();
            }
            Err(_) => {
                task.retried();
                select! {
                    () = stop.cancelled() => {}
                    () = sleep(BACK_OFF) => {}
                }
                inbox.enqueue(event);
            }
        }
    }
    receiver.close().await;
    worker.stop();
}

/// Remembers an event under its name; doing so twice is as good as once.
async fn consume(
    events: &EventConsumer<Topic, Kind>,
    memory: &Arc<Memory>,
    event: &Event,
) -> Result<(), MemoryError> {
    let mut consumed = events.consume(Topic::Biometric, event.kind);
    consumed.happened_at(system_time(event.at));
    let value = json!({ "kind": event.kind.as_label(), "value": event.value, "at": event.at });
    match memory.remember(event.name(), value.to_string()).await {
        Ok(_) => {
            consumed.done();
            Ok(())
        }
        Err(error) => {
            consumed.retried();
            Err(error)
        }
    }
}
