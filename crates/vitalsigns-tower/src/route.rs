//! Which route a request matched.

use std::sync::Arc;

use http::Request;

/// The pattern of the route that a request matched, for stacks whose router does not say it in a
/// way that is known here: put it into the extensions of the request, outside of the layer.
///
/// It goes before what axum says. A pattern is written in the code; a path is not one.
///
/// # Examples
///
/// ```
/// use vitalsigns_tower::Route;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(Route::new("/users/{id}"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(Arc<str>);

impl Route {
    /// A route with this pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_tower::Route::new("/users/{id}").pattern(), "/users/{id}");
    /// ```
    pub fn new(pattern: impl Into<Arc<str>>) -> Self {
        Route(pattern.into())
    }

    /// The pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_tower::Route::new("/").pattern(), "/");
    /// ```
    pub fn pattern(&self) -> &str {
        &self.0
    }
}

/// The pattern of the route that the request matched, if that is known.
pub(crate) fn route_of<B>(request: &Request<B>) -> Option<&str> {
    let extensions = request.extensions();
    if let Some(route) = extensions.get::<Route>() {
        return Some(route.pattern());
    }
    #[cfg(feature = "axum")]
    if let Some(path) = extensions.get::<axum::extract::MatchedPath>() {
        return Some(path.as_str());
    }
    None
}
