//! How something is run in containers.

use std::collections::BTreeMap;

/// How something is run in containers: from which image, and with what.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::system::Container;
///
/// let redis = Container::image("redis:7.4.2-alpine")
///     .command(["redis-server", "--maxmemory", "256mb"])
///     .data("/data")
///     .healthcheck(["redis-cli", "ping"]);
/// assert_eq!(redis.command.len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container {
    /// Where its image comes from.
    pub source: ImageSource,
    /// What is run in it; what the image says if nothing.
    pub command: Vec<String>,
    /// Its environment, without secrets.
    pub environment: BTreeMap<String, String>,
    /// The names of the secrets that it finds in `/run/secrets`.
    pub secrets: Vec<String>,
    /// The folder that outlives it.
    pub data: Option<String>,
    /// What it finds of the machine, as `./initdb:/docker-entrypoint-initdb.d:ro`.
    pub mounts: Vec<String>,
    /// The command that tells whether it is well; what the image says if nothing.
    pub healthcheck: Vec<String>,
    /// What has to be well before it starts, by host.
    pub needs: Vec<String>,
    /// How much memory it may have, as `512m`.
    pub memory: String,
}

/// Where an image comes from.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::system::{Container, ImageSource};
///
/// let redis = Container::image("redis:7.4.2-alpine");
/// assert_eq!(redis.source, ImageSource::Image("redis:7.4.2-alpine".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageSource {
    /// A registry of images.
    Image(String),
    /// A Dockerfile.
    #[non_exhaustive]
    Build {
        /// The folder that is sent to the builder, as seen from the stack's file.
        context: String,
        /// The Dockerfile, as seen from the context; `Dockerfile` if none.
        file: Option<String>,
        /// The stage of it; the last if none.
        target: Option<String>,
    },
}

impl Container {
    /// One of an image, which has to have a tag.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn image(name: impl Into<String>) -> Self {
        Container::of(ImageSource::Image(name.into()))
    }

    /// One whose image is built from the Dockerfile in this folder.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::system::Container;
    ///
    /// let shop = Container::build("..").file("docker/shop").target("api");
    /// assert!(shop.command.is_empty());
    /// ```
    pub fn build(context: impl Into<String>) -> Self {
        Container::of(ImageSource::Build {
            context: context.into(),
            file: None,
            target: None,
        })
    }

    fn of(source: ImageSource) -> Self {
        Container {
            source,
            command: Vec::new(),
            environment: BTreeMap::new(),
            secrets: Vec::new(),
            data: None,
            mounts: Vec::new(),
            healthcheck: Vec::new(),
            needs: Vec::new(),
            memory: "512m".to_owned(),
        }
    }

    /// Says which Dockerfile, for one that is built.
    ///
    /// # Examples
    ///
    /// See [`build`](Self::build).
    #[must_use]
    pub fn file(mut self, path: impl Into<String>) -> Self {
        if let ImageSource::Build { file, .. } = &mut self.source {
            *file = Some(path.into());
        }
        self
    }

    /// Says which stage of the Dockerfile, for one that is built.
    ///
    /// # Examples
    ///
    /// See [`build`](Self::build).
    #[must_use]
    pub fn target(mut self, stage: impl Into<String>) -> Self {
        if let ImageSource::Build { target, .. } = &mut self.source {
            *target = Some(stage.into());
        }
        self
    }

    /// Says what is run.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn command(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.command = words.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a variable of its environment. Secrets do not belong there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Container;
    /// let app = Container::image("shop:1.2").environment("PORT", "8080");
    /// assert_eq!(app.environment["PORT"], "8080");
    /// ```
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Gives it the secret of this name, at `/run/secrets/NAME`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Container;
    /// let database = Container::image("postgres:16.8-alpine").secret("postgres_password");
    /// assert_eq!(database.secrets, ["postgres_password"]);
    /// ```
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>) -> Self {
        self.secrets.push(name.into());
        self
    }

    /// Keeps this folder in a volume.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn data(mut self, folder: impl Into<String>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// Gives it a file or a folder of the machine, seen from the stack's file, to read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Container;
    /// let database = Container::image("postgres:16.8-alpine")
    ///     .mount("./initdb", "/docker-entrypoint-initdb.d");
    /// assert_eq!(database.mounts, ["./initdb:/docker-entrypoint-initdb.d:ro"]);
    /// ```
    #[must_use]
    pub fn mount(mut self, from: impl AsRef<str>, to: impl AsRef<str>) -> Self {
        let (from, to) = (from.as_ref(), to.as_ref());
        self.mounts.push(format!("{from}:{to}:ro"));
        self
    }

    /// Says which command tells whether it is well.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn healthcheck(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.healthcheck = words.into_iter().map(Into::into).collect();
        self
    }

    /// Starts it when that host is well.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Container;
    /// let app = Container::image("shop:1.2").needs("database");
    /// assert_eq!(app.needs, ["database"]);
    /// ```
    #[must_use]
    pub fn needs(mut self, host: impl Into<String>) -> Self {
        self.needs.push(host.into());
        self
    }

    /// Says how much memory it may have.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::system::Container;
    /// assert_eq!(Container::image("shop:1.2").memory("2g").memory, "2g");
    /// ```
    #[must_use]
    pub fn memory(mut self, limit: impl Into<String>) -> Self {
        self.memory = limit.into();
        self
    }
}
