//! What the service measures: the ready-made families of its domain.
//!
//! The enums here and those of the modules ([`Vendor`], [`Kind`], [`Mode`]) are its closed sets of
//! labels. What the tiers hold is read for each page.

use vitalsigns::{
    LabelValue, RegisterError, Registry,
    families::{
        AgentDecisions, AgentFindings, AgentModes, BuildInfo, Database, EventConsumer,
        ProcessMetrics, WebhookReceiver, WorkQueues,
    },
};

use crate::{
    agent::{Anomaly, Category, Decision, Mode, Pattern, Trigger},
    events::Kind,
    webhooks::Vendor,
};

/// The databases.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum DatabaseName {
    /// What the warm tier is kept in.
    Warm,
}

/// The work queues.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum Queue {
    /// Accepted events.
    Events,
}

/// The topics of events.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum Topic {
    /// What devices measure.
    Biometric,
}

/// What a webhook is about, once that is known.
#[derive(Clone, Copy, Debug, LabelValue)]
pub enum EventType {
    /// As [`Kind::HeartRate`].
    HeartRate,
    /// As [`Kind::HeartRateVariability`].
    HeartRateVariability,
    /// As [`Kind::Sleep`].
    Sleep,
    /// As [`Kind::Steps`].
    Steps,
    /// As [`Kind::Temperature`].
    Temperature,
    /// As [`Kind::OxygenSaturation`].
    OxygenSaturation,
    /// As [`Kind::CheckIn`].
    CheckIn,
    /// It was refused before.
    Unknown,
}

impl From<Kind> for EventType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::HeartRate => Self::HeartRate,
            Kind::HeartRateVariability => Self::HeartRateVariability,
            Kind::Sleep => Self::Sleep,
            Kind::Steps => Self::Steps,
            Kind::Temperature => Self::Temperature,
            Kind::OxygenSaturation => Self::OxygenSaturation,
            Kind::CheckIn => Self::CheckIn,
        }
    }
}

/// The handles that the parts of the service record with.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Webhooks of devices.
    pub webhooks: WebhookReceiver<Vendor, EventType>,
    /// Events that are worked on.
    pub events: EventConsumer<Topic, Kind>,
    /// The line before that.
    pub queues: WorkQueues<Queue>,
    /// The mode of the agent.
    pub modes: AgentModes<Mode, Trigger>,
    /// What it finds.
    pub findings: AgentFindings<Category, Pattern, Anomaly>,
    /// What it decides.
    pub decisions: AgentDecisions<Decision>,
    /// The warm tier as a database.
    pub warm: Database<DatabaseName>,
}

impl Metrics {
    /// Registers everything that the service measures, other than HTTP and the memory.
    ///
    /// # Errors
    ///
    /// As for any group.
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        BuildInfo::new(env!("CARGO_PKG_VERSION")).register(registry)?;
        ProcessMetrics::register(registry)?;
        Ok(Self {
            webhooks: WebhookReceiver::register(registry)?,
            events: EventConsumer::register(registry)?,
            queues: WorkQueues::register(registry)?,
            modes: AgentModes::register(registry)?,
            findings: AgentFindings::register(registry)?,
            decisions: AgentDecisions::register(registry)?,
            warm: Database::register(registry, DatabaseName::Warm)?,
        })
    }
}
