//! One line of the route table: what a path needs, what it costs and how it is called in the audit log.

use http::Method;
use yardarm_model::authority::Permission;

use crate::rates::Cost;

/// A line of the table. Made by the `routes!` macro in `api`, together with the router: there is no other way in.
#[derive(Clone, Debug)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// Shown name of what is needed: a permission's, `member`, `operator` or `public`.
    pub needs: &'static str,
    /// The permission needed, when one is.
    pub permission: Option<Permission>,
    /// Rate-limit class.
    pub cost: Cost,
    /// Action in the audit log; routes without one cannot commit.
    pub action: Option<&'static str>,
}

/// Something a route can require: the first argument of its handler.
pub(crate) trait Access {
    /// The name of a permission, `member`, `operator`, `public`.
    const NAME: &'static str;
    /// The permission, when there is one.
    const PERMISSION: Option<Permission>;
}

/// Handlers whose first argument is `P`.
pub(crate) trait Guarded<P, Arguments> {}

macro_rules! guarded {
    ($($argument:ident),*) => {
        impl<F, Output, P, $($argument),*> Guarded<P, (P, $($argument,)*)> for F where F: Fn(P, $($argument),*) -> Output {}
    };
}
guarded!();
guarded!(A);
guarded!(A, B);
guarded!(A, B, C);
guarded!(A, B, C, D);

/// Gives the handler back, and compiles only when it takes the access value that the table says.
pub(crate) const fn guarded<P, Arguments, F: Guarded<P, Arguments> + Copy>(handler: F) -> F {
    handler
}
