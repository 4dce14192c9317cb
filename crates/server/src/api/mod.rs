//! The management API: one file for each endpoint, one table for all of them.
//!
//! Adding an endpoint: a file with `handler` and its `#[utoipa::path]`, whose first argument is an access value of
//! [`crate::auth`]; a line in the table below (`tests/api_roles.rs` tries it with every role, from another
//! tenant and without a credential); `UPDATE_EXPECT=1 cargo test -p yardarm-server` to write `spec/openapi.json` anew. A handler that is not in the table is not reachable, and a line
//! whose permission is not the one that the handler takes does not compile.

mod answer;
mod configurations;
mod counts;
mod environments;
mod fields;
mod flags;
mod history;
mod keys;
mod members;
mod names;
mod page;
mod projects;
pub(crate) mod schema;
mod segments;
mod session;
mod setup;
mod stream;
mod tenants;
mod tokens;
mod transfer;

use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};

use crate::app::App;
pub use crate::auth::Api;
use crate::auth::{
    Admin, Cost, Editor, OperatorAccess, Permission, ProjectAccess, Route, TenantAccess, Viewer, Visitor, guarded,
};

macro_rules! routes {
    ($($method:ident $path:literal $permission:ty, $cost:ident, $action:expr => $module:ident::$endpoint:ident;)*) => {
        /// The route table.
        pub static ROUTES: &[Route] = &[$(Route {
            method: http::Method::$method,
            path: $path,
            permission: <$permission as Permission>::NAME,
            role: <$permission as Permission>::ROLE,
            cost: Cost::$cost,
            action: $action,
        }),*];

        /// Every route of the table.
        pub fn router(_app: &App) -> Router<App> {
            let mut router = Router::new();
            let mut lines = ROUTES.iter();
            $(if let Some(line) = lines.next() {
                let handler = guarded::<$permission, _, _>($module::$endpoint::handler);
                router = router.route($path, on(MethodFilter::$method, handler).layer(Extension(line)));
            })*
            router
        }

        /// What the handlers say about themselves.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($module::$endpoint::handler),*))]
        pub(crate) struct Documented;
    };
}

type Tenant<R> = TenantAccess<R>;
type Project<R> = ProjectAccess<R>;

routes! {
    GET "/api/v1/setup" Visitor, Read, None => setup::status;
    POST "/api/v1/setup" Visitor, Password, Some("tenant.setup") => setup::complete;

    POST "/api/v1/session" Visitor, Password, None => session::sign_in;
    POST "/api/v1/session/link" Visitor, Write, None => session::link;
    GET "/api/v1/session" Tenant<Viewer>, Read, None => session::read;
    DELETE "/api/v1/session" Tenant<Viewer>, Write, None => session::sign_out;
    POST "/api/v1/session/tenant" Tenant<Viewer>, Write, None => session::tenant;

    GET "/api/v1/tenants" Tenant<Viewer>, Read, None => tenants::list;
    POST "/api/v1/tenants" OperatorAccess, Write, Some("tenant.create") => tenants::create;
    GET "/api/v1/tenants/{tenant}" Tenant<Viewer>, Read, None => tenants::read;
    PATCH "/api/v1/tenants/{tenant}" Tenant<Admin>, Write, Some("tenant.update") => tenants::update;
    GET "/api/v1/members" Tenant<Viewer>, Read, None => members::list;
    GET "/api/v1/tokens" Tenant<Viewer>, Read, None => tokens::list;
    POST "/api/v1/tokens" Tenant<Viewer>, Write, Some("access_token.create") => tokens::create;
    DELETE "/api/v1/tokens/{token}" Tenant<Viewer>, Write, Some("access_token.revoke") => tokens::revoke;

    GET "/api/v1/projects" Tenant<Viewer>, Read, None => projects::list;
    POST "/api/v1/projects" Tenant<Admin>, Write, Some("project.create") => projects::create;
    GET "/api/v1/projects/{project}" Project<Viewer>, Read, None => projects::read;
    PATCH "/api/v1/projects/{project}" Project<Admin>, Write, Some("project.update") => projects::update;

    GET "/api/v1/projects/{project}/environments" Project<Viewer>, Read, None => environments::list;
    POST "/api/v1/projects/{project}/environments" Project<Admin>, Write, Some("environment.create") => environments::create;
    GET "/api/v1/projects/{project}/environments/{environment}" Project<Viewer>, Read, None => environments::read;
    PATCH "/api/v1/projects/{project}/environments/{environment}" Project<Admin>, Write, Some("environment.update") => environments::update;
    DELETE "/api/v1/projects/{project}/environments/{environment}" Project<Admin>, Write, Some("environment.delete") => environments::remove;
    POST "/api/v1/projects/{project}/environments/{environment}/evaluate" Project<Viewer>, Heavy, None => environments::evaluate;
    POST "/api/v1/projects/{project}/environments/{environment}/promotion" Project<Viewer>, Heavy, None => environments::promotion;
    POST "/api/v1/projects/{project}/environments/{environment}/promote" Project<Editor>, Write, Some("environment.promote") => environments::promote;

    GET "/api/v1/projects/{project}/flags" Project<Viewer>, Read, None => flags::list;
    POST "/api/v1/projects/{project}/flags" Project<Editor>, Write, Some("flag.create") => flags::create;
    GET "/api/v1/projects/{project}/flags/{flag}" Project<Viewer>, Read, None => flags::read;
    PATCH "/api/v1/projects/{project}/flags/{flag}" Project<Editor>, Write, Some("flag.update") => flags::update;
    POST "/api/v1/projects/{project}/flags/{flag}/archive" Project<Editor>, Write, Some("flag.archive") => flags::archive;
    POST "/api/v1/projects/{project}/flags/{flag}/restore" Project<Editor>, Write, Some("flag.restore") => flags::restore;
    POST "/api/v1/projects/{project}/flags/{flag}/copy" Project<Editor>, Write, Some("configuration.copy") => flags::copy;
    GET "/api/v1/projects/{project}/flags/{flag}/environments/{environment}" Project<Viewer>, Read, None => configurations::read;
    PUT "/api/v1/projects/{project}/flags/{flag}/environments/{environment}" Project<Editor>, Write, Some("configuration.replace") => configurations::replace;
    PATCH "/api/v1/projects/{project}/flags/{flag}/environments/{environment}" Project<Editor>, Write, Some("configuration.update") => configurations::update;

    GET "/api/v1/projects/{project}/segments" Project<Viewer>, Read, None => segments::list;
    POST "/api/v1/projects/{project}/segments" Project<Editor>, Write, Some("segment.create") => segments::create;
    GET "/api/v1/projects/{project}/segments/{segment}" Project<Viewer>, Read, None => segments::read;
    PATCH "/api/v1/projects/{project}/segments/{segment}" Project<Editor>, Write, Some("segment.update") => segments::update;
    DELETE "/api/v1/projects/{project}/segments/{segment}" Project<Editor>, Write, Some("segment.delete") => segments::remove;
    PATCH "/api/v1/projects/{project}/segments/{segment}/lists" Project<Editor>, Write, Some("segment.edit_lists") => segments::edit_lists;
    GET "/api/v1/projects/{project}/segments/{segment}/lists/{list}" Project<Viewer>, Read, None => segments::list_keys;

    GET "/api/v1/projects/{project}/keys" Project<Viewer>, Read, None => keys::list;
    POST "/api/v1/projects/{project}/keys" Project<Admin>, Write, Some("sdk_key.create") => keys::create;
    DELETE "/api/v1/projects/{project}/keys/{key}" Project<Admin>, Write, Some("sdk_key.revoke") => keys::revoke;

    GET "/api/v1/projects/{project}/history" Project<Viewer>, Heavy, None => history::list;
    GET "/api/v1/projects/{project}/history/{rev}" Project<Viewer>, Heavy, None => history::read;
    POST "/api/v1/projects/{project}/history/{rev}/undo" Project<Editor>, Write, Some("change.undo") => history::undo;
    POST "/api/v1/projects/{project}/revert" Project<Editor>, Write, Some("document.revert") => history::revert;

    GET "/api/v1/projects/{project}/export" Project<Viewer>, Heavy, None => transfer::export;
    POST "/api/v1/projects/{project}/import" Project<Editor>, Write, Some("project.import") => transfer::import;
    POST "/api/v1/projects/{project}/plan" Project<Viewer>, Heavy, None => transfer::plan;
    POST "/api/v1/projects/{project}/apply" Project<Editor>, Write, Some("project.apply") => transfer::apply;
    GET "/api/v1/projects/{project}/counts" Project<Viewer>, Heavy, None => counts::list;
    GET "/api/v1/projects/{project}/stream" Project<Viewer>, Stream, None => stream::open;
}
