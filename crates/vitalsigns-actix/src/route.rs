//! Which route a request matched.
//!
//! actix routes inside of its middleware, and says afterwards what it found: a `String` each time.
//! Before, there is the route that the path has: the first whose pattern matches, as `match_pattern`
//! finds it. Guards may send the request elsewhere, so the word after routing is the one that
//! counts. What is known by then is told without asking actix for another `String`:
//!
//! - a route without captures is the path that it matched;
//! - a named resource is told by where its name is stored: each has one of its own.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::{Path, Url};

/// The pattern of the route that a request matched, in place of the one that actix knows: for
/// handlers and services that route further by themselves. Put it into the extensions of the
/// request, before the middleware or within it.
///
/// It goes before what actix says. A pattern is written in the code; a path is not one.
///
/// # Examples
///
/// ```
/// use actix_web::{HttpMessage, HttpRequest, Responder};
/// use vitalsigns_actix::Route;
///
/// async fn page(request: HttpRequest) -> impl Responder {
///     request.extensions_mut().insert(Route::new("/pages/{*}"));
///     "the page"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(Arc<str>);

impl Route {
    /// A route with this pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_actix::Route::new("/users/{id}").pattern(), "/users/{id}");
    /// ```
    pub fn new(pattern: impl Into<Arc<str>>) -> Self {
        Route(pattern.into())
    }

    /// The pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_actix::Route::new("/").pattern(), "/");
    /// ```
    pub fn pattern(&self) -> &str {
        &self.0
    }
}

/// The routes of one worker's app that have come up.
#[derive(Debug, Default)]
pub(crate) struct Routes(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Patterns that are the path.
    fixed: HashSet<Box<str>>,
    /// Patterns of named resources, by where the name is stored: it stays there for as long as the
    /// app lives.
    named: HashMap<usize, Box<str>>,
}

impl Routes {
    /// Tells the route that the path has, before it is routed.
    pub(crate) fn guess<T>(
        &self,
        request: &HttpRequest,
        tell: impl FnOnce(Option<&str>) -> T,
    ) -> T {
        let path = request.path();
        let info = request.match_info();
        {
            let known = self.0.borrow();
            if known.fixed.contains(path) {
                return tell(Some(path));
            }
            if !known.named.is_empty()
                && let Some(pattern) = known.named(request)
                && (is_on_its_way(info) || fits(pattern, info))
            {
                return tell(Some(shown(pattern)));
            }
        }
        let pattern = request.match_pattern();
        if let Some(pattern) = &pattern
            && is_on_its_way(info)
        {
            self.learn(request, pattern);
        }
        tell(pattern.as_deref().map(shown))
    }

    /// Tells the route that the request was sent to, after it was answered with `status`.
    ///
    /// There is none if a default service answered. What middleware answered without routing (a
    /// 401, a redirect) keeps the route that the path has. Both look the same but for the status,
    /// so a 404 and a 405 that no resource gave are taken for a default service's.
    pub(crate) fn matched<T>(
        &self,
        request: &HttpRequest,
        status: u16,
        tell: impl FnOnce(Option<&str>) -> T,
    ) -> T {
        let info = request.match_info();
        let is_routed = !is_on_its_way(info);
        if is_routed {
            let known = self.0.borrow();
            if info.is_empty() && known.fixed.contains(info.as_str()) {
                return tell(Some(info.as_str()));
            }
            if !known.named.is_empty()
                && let Some(pattern) = known.named(request)
                && fits(pattern, info)
            {
                return tell(Some(shown(pattern)));
            }
        }
        let pattern = request.match_pattern();
        match &pattern {
            Some(pattern) if is_routed => {
                if info.is_empty() && **pattern == *info.as_str() {
                    self.0.borrow_mut().fixed.insert(pattern.as_str().into());
                }
                tell(Some(shown(pattern)))
            }
            // A resource of a whole folder leaves the rest of the path to its service.
            Some(pattern) if fits(pattern, info) || !matches!(status, 404 | 405) => {
                tell(Some(shown(pattern)))
            }
            _ => tell(None),
        }
    }

    /// The route that the path has was not known; `request` is not routed yet, so actix speaks of
    /// the same resource whenever it is asked.
    #[cold]
    fn learn(&self, request: &HttpRequest, pattern: &str) {
        let mut known = self.0.borrow_mut();
        if pattern == request.path() {
            known.fixed.insert(pattern.into());
        } else if let Some(name) = request.match_name() {
            known.named.insert(place(name), pattern.into());
        }
    }
}

impl Known {
    /// The pattern of the resource whose name actix says, if both are known. If a resource without
    /// a name was matched, actix says the name of the first one whose pattern matches the path.
    fn named(&self, request: &HttpRequest) -> Option<&str> {
        let name = request.match_name()?;
        Some(self.named.get(&place(name))?)
    }
}

/// Where a name is stored.
fn place(name: &str) -> usize {
    name.as_ptr().addr()
}

/// Whether something of the path is not matched yet.
fn is_on_its_way(info: &Path<Url>) -> bool {
    !info.unprocessed().is_empty()
}

/// `Files` for everything has the pattern `""`, which would be no label at all.
fn shown(pattern: &str) -> &str {
    match pattern {
        "" => "/",
        _ => pattern,
    }
}

/// Whether `pattern` has the captures that were found, with their values where it has them and its
/// own text around them: whether it can be what matched the part of the path that is matched.
fn fits(pattern: &str, info: &Path<Url>) -> bool {
    let path = info.as_str();
    let matched = &path[..path.len() - info.unprocessed().len()];
    let mut captures = info.iter();
    fit(pattern, matched, &mut captures).is_some_and(|rest| rest.is_empty())
        && captures.next().is_none()
}

/// What is left of `path` behind `pattern`, if it fits.
fn fit<'a>(
    mut pattern: &str,
    mut path: &'a str,
    captures: &mut impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<&'a str> {
    while let Some(open) = pattern.find('{') {
        let close = open + closing(&pattern[open..])?;
        let inner = &pattern[open + 1..close];
        let (name, value) = captures.next()?;
        if inner.split(':').next() != Some(name) {
            return None;
        }
        path = path.strip_prefix(&pattern[..open])?.strip_prefix(value)?;
        pattern = &pattern[close + 1..];
        pattern = pattern.strip_prefix('*').unwrap_or(pattern);
    }
    path.strip_prefix(pattern)
}

/// Where the brace closes that `pattern` starts with.
fn closing(pattern: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, byte) in pattern.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(place),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}
