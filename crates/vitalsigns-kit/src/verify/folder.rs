//! A folder of configuration: its files, recognised by what is in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use vitalsigns::Catalogue;

use crate::artefact::Artefact;
use crate::finding::Place;
use crate::yaml::{self, Node, YamlError};

/// What is longer is no configuration.
const LONGEST: u64 = 32 * 1024 * 1024;

/// What is never configuration of its own.
const SKIPPED: &[&str] = &["node_modules", "target", "vendor", "__pycache__"];

/// A folder of configuration, read once: rules, dashboards, what Prometheus, Alertmanager and
/// Compose are told, catalogues, scripts.
///
/// What a file is is seen from what is in it, so names and places make no difference.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::artefact::Artefact;
/// use vitalsigns_kit::verify::Folder;
///
/// let rules = Artefact::new("rules.yml", "groups: []\n");
/// assert_eq!(Folder::of([rules]).paths(), ["rules.yml"]);
/// assert!(Folder::read("no such folder").is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Folder {
    pub(super) files: Vec<File>,
    /// Whether somebody has named a folder, so that what is not in it is missing.
    pub(super) is_whole: bool,
}

/// A file, and what it is.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// As people are told.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) content: Content,
}

/// What a file is.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// What Prometheus is told.
    Prometheus(Node),
    /// Groups of rules.
    Rules(Node),
    /// What Alertmanager is told.
    Alertmanager(Node),
    /// Services and their containers.
    Compose(Node),
    /// A dashboard of Grafana.
    Dashboard(Node),
    /// Data sources of Grafana.
    Datasources(Node),
    /// Where Grafana finds dashboards.
    Providers,
    /// What is exported.
    Catalogue(Catalogue),
    /// A shell script.
    Script,
    /// Python: tests of an endpoint, for example.
    Python,
    /// Variables of an environment.
    Environment,
    /// What should be one of these and cannot be read.
    Broken(YamlError),
    /// Anything else.
    Other,
}

impl Folder {
    /// Reads a folder with everything below it, or one file.
    ///
    /// Folders whose names begin with a dot are left out, and those that others wrote
    /// (`node_modules` and the like).
    ///
    /// # Errors
    ///
    /// If the path, or a file that is recognised by its name, cannot be read.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn read(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut folder = Folder::default();
        folder.add(path)?;
        Ok(folder)
    }

    /// Reads one more folder or file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use vitalsigns_kit::verify::Folder;
    ///
    /// let mut folder = Folder::read("monitoring")?;
    /// folder.add("docker-compose.yml")?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn add(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let named = path.as_ref();
        self.is_whole |= named.is_dir();
        for path in files_below(named)? {
            let bytes = fs::read(&path)?;
            // What is no text is no configuration.
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let is_named = path == *named;
            self.files
                .push(File::of(path.display().to_string(), text, is_named));
        }
        Ok(())
    }

    /// A folder that is not written anywhere.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn of(files: impl IntoIterator<Item = Artefact>) -> Self {
        let files = files.into_iter();
        Folder {
            is_whole: true,
            files: files
                .map(|file| File::of(file.path, file.text, false))
                .collect(),
        }
    }

    /// The files that were read.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.path.as_str()).collect()
    }

    /// The catalogues that are files of it.
    #[cfg(feature = "client")]
    pub(crate) fn catalogues(&self) -> impl Iterator<Item = &Catalogue> {
        self.files.iter().filter_map(|file| match &file.content {
            Content::Catalogue(catalogue) => Some(catalogue),
            _ => None,
        })
    }
}

/// The files at or below a path that could be configuration, in an order that stays the same: those
/// that [`Folder::read`] reads.
///
/// # Errors
///
/// If a folder cannot be listed.
///
/// # Examples
///
/// ```
/// assert!(vitalsigns_kit::verify::files("no such folder").is_err());
/// ```
pub fn files(path: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    files_below(path.as_ref())
}

fn files_below(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link to a file is that file; one to a folder may lead back here.
        let kind = match entry.file_type()? {
            kind if kind.is_symlink() => match fs::metadata(entry.path()) {
                Ok(linked) if linked.is_file() => linked.file_type(),
                _ => continue,
            },
            kind => kind,
        };
        if kind.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                files.extend(files_below(&entry.path())?);
            }
        } else if kind.is_file()
            && Shape::of(&name).is_some()
            && fs::metadata(entry.path())?.len() <= LONGEST
        {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// What a name says of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Yaml,
    Json,
    Script,
    Python,
    Environment,
}

impl Shape {
    fn of(name: &str) -> Option<Self> {
        if name == ".env" || name.starts_with(".env.") || name.ends_with(".env") {
            return Some(Shape::Environment);
        }
        match name.rsplit_once('.')?.1 {
            "yml" | "yaml" => Some(Shape::Yaml),
            "json" => Some(Shape::Json),
            "sh" | "bash" => Some(Shape::Script),
            "py" => Some(Shape::Python),
            _ => None,
        }
    }
}

impl File {
    /// What somebody has named is read, whatever its name.
    fn of(path: String, text: String, is_named: bool) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(&path);
        let content = match Shape::of(name) {
            Some(Shape::Script) => Content::Script,
            Some(Shape::Python) => Content::Python,
            Some(Shape::Environment) => Content::Environment,
            Some(Shape::Json) => of_json(&text),
            Some(Shape::Yaml) => of_yaml(&text),
            None if is_named => of_yaml(&text),
            None => Content::Other,
        };
        File {
            path,
            text,
            content,
        }
    }

    /// The whole of it.
    pub(super) fn place(&self) -> Place {
        Place::of(&self.path)
    }

    /// A line of it.
    pub(super) fn at(&self, line: usize) -> Place {
        self.place().at_line(line)
    }

    /// Its name without folders.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(&self.path)
    }

    /// Its name without folders and ending.
    pub(super) fn stem(&self) -> &str {
        let name = self.name();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }
}

fn of_json(text: &str) -> Content {
    if text.contains("\"families\"")
        && let Ok(catalogue) = Catalogue::from_json(text)
    {
        return Content::Catalogue(catalogue);
    }
    match yaml::document(text) {
        Ok(root) => recognised(root),
        // JSON with comments, lists of lines: only what looks like a dashboard should be one.
        Err(error) if text.contains("\"panels\"") => Content::Broken(error),
        Err(_) => Content::Other,
    }
}

fn of_yaml(text: &str) -> Content {
    match yaml::documents(text) {
        Ok(documents) => {
            let mut contents = documents.into_iter().map(recognised);
            let known = contents.find(|content| !matches!(content, Content::Other));
            known.unwrap_or(Content::Other)
        }
        // A template of something else is read by what fills it in.
        Err(_) if text.contains("{%") || text.contains("{{-") || text.contains("{{ .Values") => {
            Content::Other
        }
        Err(error) => Content::Broken(error),
    }
}

/// What a document is, by its keys.
fn recognised(root: Node) -> Content {
    let has = |key: &str| root.get(key).is_some();
    let list_of = |key: &str, inner: &str| {
        let items = root.get(key).map(Node::items).unwrap_or_default();
        items.iter().any(|item| item.get(inner).is_some())
    };
    if root.get("kind").and_then(Node::as_str) == Some("PrometheusRule") {
        return match root.get("spec") {
            Some(spec) => Content::Rules(spec.clone()),
            None => Content::Other,
        };
    }
    if has("scrape_configs") || has("rule_files") && !has("tests") {
        return Content::Prometheus(root);
    }
    if has("receivers") && (has("route") || has("global")) {
        return Content::Alertmanager(root);
    }
    if has("apiVersion") && has("datasources") {
        return Content::Datasources(root);
    }
    if has("apiVersion") && has("providers") {
        return Content::Providers;
    }
    if !has("apiVersion") && list_of("groups", "rules") {
        return Content::Rules(root);
    }
    // What `generate` reads has services too.
    if root.get("services").is_some_and(Node::is_map) && !has("kind") && !has("system") {
        return Content::Compose(root);
    }
    if let Some(dashboard) = root.get("dashboard")
        && dashboard.get("panels").is_some()
    {
        return Content::Dashboard(dashboard.clone());
    }
    let is_dashboard = has("panels") && (has("schemaVersion") || has("title"));
    if is_dashboard || has("rows") && has("schemaVersion") {
        return Content::Dashboard(root);
    }
    Content::Other
}
