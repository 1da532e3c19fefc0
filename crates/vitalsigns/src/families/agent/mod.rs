//! AI agents: the mode that they are in, what they find, what they decide.
//!
//! **Modes** ([`AgentModes`]): an agent runs from [`AgentModes::start`] until its [`Agent`] is
//! stopped or dropped, and is in one mode at a time. Its time in a mode ends with the switch to
//! another or with its run. Many agents may run at once; what one of them does for a person is not
//! seen here.
//!
//! **Findings** ([`AgentFindings`]) are counted when they are made. Whether they were right is known
//! later, to somebody else.
//!
//! **Decisions** ([`AgentDecisions`]) start when they are taken and end when they are carried out,
//! as their [`Decision`] says, or is dropped.
//!
//! | family | labels |
//! |---|---|
//! | `agent_mode` | the modes as a state set: on are those that an agent is in |
//! | `agent_running` | `mode` |
//! | `agent_mode_switches_total` | `from`, `to`, `trigger` |
//! | `agent_mode_duration_seconds` | `mode` |
//! | `agent_mode_oldest_entry_timestamp_seconds` | `mode` |
//! | `agent_runs_total` | `mode` (the last), `outcome` |
//! | `agent_hypotheses_total` | `category`, `confidence` |
//! | `agent_patterns_total` | `pattern_type`, `significance` |
//! | `agent_anomalies_total` | `anomaly_type` |
//! | `agent_decisions_total` | `decision`, `outcome` |
//! | `agent_decisions_in_progress` | `decision` |
//!
//! How long the agent has been in its mode is `time() - agent_mode_oldest_entry_timestamp_seconds`;
//! of several agents, how long the one that entered first. Where no agent is, that is NaN.
//!
//! With the namespace `auren`, the names that are documented for that service become:
//!
//! | documented | here |
//! |---|---|
//! | `auren_neuros_mode_switches_total{from_mode,to_mode,trigger_type}` | `auren_agent_mode_switches_total{from,to,trigger}` |
//! | `auren_neuros_current_mode{user_id_hash}` | `auren_agent_mode`, and `auren_agent_running{mode}`, which says how many are in it. A hash of a user is a series for each user, and still says who: the mode of one of them belongs in a log or a trace |
//! | `mode_duration_seconds` | `auren_agent_mode_duration_seconds` |
//! | `hypothesis_generated_total{category,confidence_level}` | `auren_agent_hypotheses_total{category,confidence}` |
//! | `pattern_recognition_total{pattern_type,significance}` | `auren_agent_patterns_total` |
//! | `anomalies_detected_total` | `auren_agent_anomalies_total{anomaly_type}` |
//!
//! In `#[instrument_metrics(on = …)]` a function that carries out a decision names
//! [`AgentDecisions`]. A run is no one call to be measured from outside, because it switches modes
//! on its [`Agent`], and a finding has no duration.

mod call;
mod decisions;
mod findings;
mod mode;

pub use call::{CallLabels, NotApplied};
pub use decisions::{AgentDecisions, Decision, DecisionOutcome};
pub use findings::{AgentFindings, Grade};
pub use mode::{Agent, AgentModes, Outcome};
