//! Which route a request matched.
//!
//! actix routes inside of its middleware. Before, there is a guess: the route that the path has, so
//! that the request is in flight on the right one. Afterwards actix knows what was matched, and that
//! is what counts: guards may have sent the request elsewhere, or nowhere. A request that ends
//! without an answer leaves no trace of that; it counts on the route that its path has for actix.
//!
//! To ask actix is not for free. For a path it tries the patterns of the app one after the other,
//! as it does to route; for what was matched it makes a `String`. So routes are remembered when they
//! come up, and what is known is told without asking:
//!
//! - a route without captures is the path;
//! - `/users/{id}` is found in a tree of segments: the guess;
//! - a named resource is told by where its name is stored, for each has a place of its own.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::{Path, ResourceMap, Url};
use actix_web::http::Uri;

use crate::tree::Tree;

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
pub(crate) struct Routes {
    known: RefCell<Known>,
    /// All routes of the app, to ask when there is no request to ask any more. It shares what it
    /// says with the app, so names stay where they are.
    map: OnceCell<ResourceMap>,
}

#[derive(Debug, Default)]
struct Known {
    /// Patterns that are not the path.
    patterns: HashMap<Box<str>, Rc<Pattern>>,
    /// Those of them whose captures are whole segments, and patterns that are the path.
    tree: Tree<Likeness>,
}

/// What a path looks like.
#[derive(Debug)]
enum Likeness {
    /// It is the pattern.
    Fixed,
    Of(Rc<Pattern>),
}

impl Known {
    fn is_fixed(&self, path: &str) -> bool {
        // What is written in a pattern goes before a capture, so a path finds itself.
        matches!(self.tree.find(path), Some(Likeness::Fixed))
    }
}

/// A pattern that has come up.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: Box<str>,
    /// Where the names of resources with this pattern are stored.
    names: RefCell<Vec<usize>>,
    /// Whether requests that look like it were matched by another.
    is_contested: Cell<bool>,
}

/// The route that a request was taken to have before it was routed.
#[derive(Debug)]
pub(crate) enum Guess {
    /// The service said it.
    Said,
    /// The path is the pattern.
    Fixed,
    /// The path looks like this pattern.
    Likely(Rc<Pattern>, Uri),
    /// What actix says of the path.
    Found(Rc<Pattern>),
    /// No route has the path.
    Nothing,
}

impl Guess {
    fn pattern(&self) -> Option<&Rc<Pattern>> {
        match self {
            Guess::Likely(pattern, _) | Guess::Found(pattern) => Some(pattern),
            Guess::Said | Guess::Fixed | Guess::Nothing => None,
        }
    }
}

impl Routes {
    /// Tells the route that the path has, before it is routed.
    pub(crate) fn guess<T>(
        &self,
        request: &HttpRequest,
        tell: impl FnOnce(Option<&str>) -> T,
    ) -> (Guess, T) {
        let path = request.path();
        {
            let known = self.known.borrow();
            match known.tree.find(path) {
                Some(Likeness::Fixed) => return (Guess::Fixed, tell(Some(path))),
                Some(Likeness::Of(pattern)) if !pattern.is_contested.get() => {
                    let guess = Guess::Likely(Rc::clone(pattern), request.uri().clone());
                    return (guess, tell(Some(&pattern.text)));
                }
                _ => {}
            }
        }
        let found = request.match_pattern();
        let told = tell(found.as_deref().map(shown));
        let guess = match found {
            Some(found) => self
                .learn(request, &found)
                .map_or(Guess::Fixed, Guess::Found),
            None => Guess::Nothing,
        };
        (guess, told)
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
        guess: &Guess,
        tell: impl FnOnce(Option<&str>) -> T,
    ) -> T {
        let info = request.match_info();
        let is_routed = !is_on_its_way(info);
        let is_refused = matches!(status, 404 | 405);
        if is_routed {
            if info.is_empty() && self.known.borrow().is_fixed(info.as_str()) {
                return tell(Some(info.as_str()));
            }
            if let Some(pattern) = guess.pattern()
                && pattern.is_named_as(request)
                && fits(&pattern.text, info)
            {
                return tell(Some(shown(&pattern.text)));
            }
        } else if is_refused && matches!(guess, Guess::Nothing) {
            return tell(None);
        }
        let found = request.match_pattern();
        let found = found.filter(|found| match is_routed {
            true => !is_refused || was_run(found, request),
            // A resource of a whole folder leaves the rest of the path to its service.
            false => !is_refused || fits(found, info),
        });
        if let (Some(found), true) = (&found, is_routed) {
            self.check(request, guess, found);
        }
        tell(found.as_deref().map(shown))
    }

    /// Tells the route that the path has for actix, if that is another one than was guessed: the
    /// request ended without an answer.
    pub(crate) fn unanswered(&self, guess: &Guess, tell: impl FnOnce(Option<&str>)) {
        if let (Guess::Likely(pattern, uri), Some(map)) = (guess, self.map.get()) {
            let found = map.match_pattern(uri.path());
            if found.as_deref() != Some(&pattern.text) {
                tell(found.as_deref().map(shown));
            }
        }
    }

    /// What was matched is compared with what was guessed, so that the next guess is better.
    fn check(&self, request: &HttpRequest, guess: &Guess, found: &str) {
        let guessed = guess.pattern();
        if let Some(pattern) = guessed
            && *pattern.text == *found
        {
            // Its names are known, and that of this resource is not one of them.
            if !pattern.names.borrow().is_empty() {
                pattern.learn_name(request);
            }
            return;
        }
        let is_fixed = self.learn(request, found).is_none();
        if let (Some(pattern), false) = (guessed, is_fixed) {
            pattern.is_contested.set(true);
        }
    }

    /// Remembers a pattern that actix found for `request`, unless it is the path.
    fn learn(&self, request: &HttpRequest, found: &str) -> Option<Rc<Pattern>> {
        let path = request.match_info().as_str();
        let mut known = self.known.borrow_mut();
        if found == path {
            known.tree.insert(found, Likeness::Fixed);
            return None;
        }
        if let Some(pattern) = known.patterns.get(found) {
            return Some(Rc::clone(pattern));
        }
        self.map.get_or_init(|| request.resource_map().clone());
        let pattern = Rc::new(Pattern::new(found));
        pattern.learn_name(request);
        known.patterns.insert(found.into(), Rc::clone(&pattern));
        known.tree.insert(found, Likeness::Of(Rc::clone(&pattern)));
        Some(pattern)
    }
}

impl Pattern {
    fn new(text: &str) -> Self {
        Pattern {
            text: text.into(),
            names: RefCell::default(),
            is_contested: Cell::default(),
        }
    }

    /// Whether actix says the name of a resource with this pattern.
    fn is_named_as(&self, request: &HttpRequest) -> bool {
        let names = self.names.borrow();
        // Asked for the name of a resource without, actix looks for another by the path.
        !names.is_empty()
            && request
                .match_name()
                .is_some_and(|name| names.contains(&place(name)))
    }

    /// Remembers the name of the resource that `request` has matched, which has this pattern, or
    /// the one that its path has.
    fn learn_name(&self, request: &HttpRequest) {
        let Some(name) = request.match_name() else {
            return;
        };
        let name = place(name);
        // If what was matched has no name, this is the name of what the path has.
        let map = request.resource_map();
        let path = request.path();
        let is_own = map.match_name(path).map(place) != Some(name)
            || map.match_pattern(path).as_deref() == Some(&self.text);
        let mut names = self.names.borrow_mut();
        if is_own && !names.contains(&name) {
            names.push(name);
        }
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

/// Whether the resource of a request whose path was matched to its end was run. If the path ends
/// with a scope, the default service of the scope may have been, and actix speaks of the first
/// resource that the path has.
fn was_run(found: &str, request: &HttpRequest) -> bool {
    let path = request.path();
    let start = found.split('{').next().unwrap_or_default();
    fits(found, request.match_info())
        // One of several patterns of a resource was matched, and actix says the first.
        || !path.starts_with(start)
        || request.resource_map().match_pattern(path).as_deref() != Some(found)
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
