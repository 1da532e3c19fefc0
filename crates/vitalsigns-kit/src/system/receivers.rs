//! Who is told of alerts.

/// Who is told of alerts, and by what: only what is declared is configured, so what is configured
/// works. Secrets are files in `/run/secrets`, named here.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::system::{Audience, Email, Receivers, Slack, Webhook};
///
/// let receivers = Receivers::new()
///     .email(Email::new("smtp.example.org:587", "alerts@example.org", "team@example.org"))
///     .slack(Slack::new("#alerts-critical").warning("#alerts-warning"))
///     .pagerduty()
///     .sms(Webhook::At("http://sms-gateway:8080/send".to_owned()))
///     .dead_man(Webhook::Secret)
///     .audience(Audience::team("video").slack("#video-generation"));
/// assert_eq!(
///     receivers.secrets(),
///     ["dead_man_url", "pagerduty_key", "slack_url", "smtp_password"]
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receivers {
    /// Mail, of every alert.
    pub email: Option<Email>,
    /// Channels of Slack.
    pub slack: Option<Slack>,
    /// Whether PagerDuty is told of what is critical.
    pub pagerduty: bool,
    /// What sends text messages of what is critical.
    pub sms: Option<Webhook>,
    /// What is told of everything.
    pub webhook: Option<Webhook>,
    /// What gives the alarm when nothing comes any more.
    pub dead_man: Option<Webhook>,
    /// Who is told of their own alerts, besides.
    pub audiences: Vec<Audience>,
}

/// Mail: through which server, from whom and to whom.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::system::Email;
///
/// let email = Email::new("smtp.example.org:587", "alerts@example.org", "team@example.org")
///     .critical("oncall@example.org")
///     .escalation("head@example.org");
/// assert_eq!(email.username, "alerts@example.org");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Email {
    /// The server, with its port.
    pub smarthost: String,
    /// The sender.
    pub from: String,
    /// The name that the server knows; the sender if nothing else is said.
    pub username: String,
    /// Who gets all alerts.
    pub to: String,
    /// Who gets those that are critical besides.
    pub critical: Option<String>,
    /// Who gets those that nobody has ended in time besides; as the critical ones if none.
    pub escalation: Option<String>,
}

/// Channels of Slack.
///
/// # Examples
///
/// See [`Receivers`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Slack {
    /// Of critical alerts, and of those that nobody has ended in time.
    pub critical: String,
    /// Of warnings.
    pub warning: Option<String>,
    /// Of everything else.
    pub info: Option<String>,
}

/// Where notifications are posted to.
///
/// # Examples
///
/// See [`Receivers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhook {
    /// An address that is no secret.
    At(String),
    /// An address that is one: it is read from a file.
    Secret,
}

/// Who is told of alerts with a label, besides those who are told by severity.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::system::Audience;
///
/// let audience = Audience::new("domain", "payments").email("payments@example.org");
/// assert_eq!(audience.name(), "domain-payments");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audience {
    /// The label.
    pub label: String,
    /// Its value.
    pub value: String,
    /// The address of a mail.
    pub email: Option<String>,
    /// The channel of Slack.
    pub slack: Option<String>,
}

impl Receivers {
    /// Nobody.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new() -> Self {
        Receivers::default()
    }

    /// Tells by mail. The password is in the secret `smtp_password`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn email(mut self, email: Email) -> Self {
        self.email = Some(email);
        self
    }

    /// Tells in Slack. The address of the incoming webhook is in the secret `slack_url`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn slack(mut self, slack: Slack) -> Self {
        self.slack = Some(slack);
        self
    }

    /// Tells PagerDuty. The key of the integration (Events API v2) is in the secret
    /// `pagerduty_key`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn pagerduty(mut self) -> Self {
        self.pagerduty = true;
        self
    }

    /// Tells by text messages, through a program that takes Alertmanager's notifications: it knows
    /// no such service itself. A secret address is in `sms_url`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn sms(mut self, webhook: Webhook) -> Self {
        self.sms = Some(webhook);
        self
    }

    /// Tells a program of everything. A secret address is in `webhook_url`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::system::{Receivers, Webhook};
    ///
    /// assert_eq!(Receivers::new().webhook(Webhook::Secret).secrets(), ["webhook_url"]);
    /// ```
    #[must_use]
    pub fn webhook(mut self, webhook: Webhook) -> Self {
        self.webhook = Some(webhook);
        self
    }

    /// Tells a service elsewhere, each minute, that alerts arrive: it gives the alarm when it hears
    /// nothing. A secret address is in `dead_man_url`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn dead_man(mut self, webhook: Webhook) -> Self {
        self.dead_man = Some(webhook);
        self
    }

    /// Tells somebody of their own alerts.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audiences.push(audience);
        self
    }

    /// The names of the secrets that it needs, in order.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn secrets(&self) -> Vec<&'static str> {
        let is_secret = |webhook: &Option<Webhook>| *webhook == Some(Webhook::Secret);
        let needed = [
            ("dead_man_url", is_secret(&self.dead_man)),
            ("pagerduty_key", self.pagerduty),
            ("slack_url", self.slack.is_some()),
            ("sms_url", is_secret(&self.sms)),
            ("smtp_password", self.email.is_some()),
            ("webhook_url", is_secret(&self.webhook)),
        ];
        let needed = needed.into_iter().filter(|(_, is_needed)| *is_needed);
        needed.map(|(name, _)| name).collect()
    }
}

impl Email {
    /// Mail to one address.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(
        smarthost: impl Into<String>,
        from: impl Into<String>,
        to: impl Into<String>,
    ) -> Self {
        let from = from.into();
        Email {
            smarthost: smarthost.into(),
            username: from.clone(),
            from,
            to: to.into(),
            critical: None,
            escalation: None,
        }
    }

    /// Says by what name the server knows us.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Email;
    /// let email = Email::new("smtp.example.org:587", "alerts@example.org", "team@example.org");
    /// assert_eq!(email.username("monitoring").username, "monitoring");
    /// ```
    #[must_use]
    pub fn username(mut self, name: impl Into<String>) -> Self {
        self.username = name.into();
        self
    }

    /// Sends what is critical to somebody else as well.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn critical(mut self, address: impl Into<String>) -> Self {
        self.critical = Some(address.into());
        self
    }

    /// Sends what nobody has ended in time to somebody else as well.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn escalation(mut self, address: impl Into<String>) -> Self {
        self.escalation = Some(address.into());
        self
    }
}

impl Slack {
    /// A channel for what is critical.
    ///
    /// # Examples
    ///
    /// See [`Receivers`].
    pub fn new(critical: impl Into<String>) -> Self {
        Slack {
            critical: critical.into(),
            warning: None,
            info: None,
        }
    }

    /// A channel for warnings.
    ///
    /// # Examples
    ///
    /// See [`Receivers`].
    #[must_use]
    pub fn warning(mut self, channel: impl Into<String>) -> Self {
        self.warning = Some(channel.into());
        self
    }

    /// A channel for everything else.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Slack;
    /// assert!(Slack::new("#critical").info("#info").warning.is_none());
    /// ```
    #[must_use]
    pub fn info(mut self, channel: impl Into<String>) -> Self {
        self.info = Some(channel.into());
        self
    }
}

impl Audience {
    /// Those who care for alerts with this label.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Audience {
            label: label.into(),
            value: value.into(),
            email: None,
            slack: None,
        }
    }

    /// Those whose alerts have them as `team`.
    ///
    /// # Examples
    ///
    /// See [`Receivers`].
    pub fn team(name: impl Into<String>) -> Self {
        Audience::new("team", name)
    }

    /// Tells them by mail too, if there is mail.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.email = Some(address.into());
        self
    }

    /// Tells them in a channel, if there is Slack.
    ///
    /// # Examples
    ///
    /// See [`Receivers`].
    #[must_use]
    pub fn slack(mut self, channel: impl Into<String>) -> Self {
        self.slack = Some(channel.into());
        self
    }

    /// The name of its receiver.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn name(&self) -> String {
        format!("{}-{}", self.label, self.value)
    }
}
