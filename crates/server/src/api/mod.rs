//! The management API: one file for each endpoint, one table for all of them.
//!
//! Adding an endpoint: a file with `handler` and its `#[utoipa::path]`, whose first argument is an access value of
//! [`crate::auth`]; a line in the table below (`tests/api_roles.rs` tries it with every role, from another
//! tenant and without a credential); a body, as a line of data, in `tests/isolation/examples.rs`, and what its path names in
//! `tests/isolation/world.rs`; a call in `tests/audit/every_mutation.rs` if it changes something; `UPDATE_EXPECT=1 cargo test -p yardarm-server` to write `spec/openapi.json` anew. A handler that is not in the table is not reachable, and a line
//! whose permission is not the one that the handler takes does not compile.

mod account;
mod answer;
mod audit;
pub(crate) mod change_requests;
mod configurations;
mod counts;
mod environments;
mod fields;
mod flags;
mod grants;
mod groups;
pub(crate) mod history;
mod invitations;
mod keys;
mod members;
mod names;
mod page;
mod permissions;
mod policies;
mod projects;
mod quotas;
mod roles;
pub(crate) mod schema;
mod scim;
mod security_log;
mod segments;
mod service_accounts;
mod session;
mod setup;
mod sso;
mod stream;
mod tenants;
mod tokens;
mod transfer;
mod webhooks;

use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};
use scim::{discovery as scim_discovery, groups as scim_groups, users as scim_users};

use crate::app::App;
pub use crate::auth::Api;
use crate::auth::{Access, Cost, Member, OperatorAccess, ProjectAccess, Route, TenantAccess, Visitor, can, guarded};

macro_rules! routes {
    ($($method:ident $path:literal $access:ty, $cost:ident, $action:expr => $module:ident::$endpoint:ident;)*) => {
        /// The route table.
        pub static ROUTES: &[Route] = &[$(Route {
            method: http::Method::$method,
            path: $path,
            needs: <$access as Access>::NAME,
            permission: <$access as Access>::PERMISSION,
            cost: Cost::$cost,
            action: $action,
        }),*];

        /// Every route of the table.
        pub fn router(_app: &App) -> Router<App> {
            let mut router = Router::new();
            let mut lines = ROUTES.iter();
            $(if let Some(line) = lines.next() {
                let handler = guarded::<$access, _, _>($module::$endpoint::handler);
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

/// The class of a route, by its template.
pub(crate) fn cost_of(method: &http::Method, path: &str) -> Option<Cost> {
    ROUTES.iter().find(|route| route.method == *method && route.path == path).map(|route| route.cost)
}

type Tenant<R> = TenantAccess<R>;
type Project<R> = ProjectAccess<R>;

routes! {
    GET "/api/v1/setup" Visitor, Read, None => setup::status;
    POST "/api/v1/setup" Visitor, Password, Some("tenant.setup") => setup::complete;

    POST "/api/v1/session" Visitor, Password, None => session::sign_in;
    POST "/api/v1/session/link" Visitor, Write, None => session::link;
    GET "/api/v1/session" Tenant<Member>, Read, None => session::read;
    DELETE "/api/v1/session" Tenant<Member>, Write, None => session::sign_out;
    POST "/api/v1/session/tenant" Tenant<Member>, Write, None => session::tenant;
    POST "/api/v1/session/second-factor" Visitor, Password, None => session::second_factor;
    POST "/api/v1/session/second-factor/passkey/challenge" Visitor, Read, None => session::ask_second_passkey;
    POST "/api/v1/session/second-factor/passkey" Visitor, Password, None => session::second_passkey;
    POST "/api/v1/session/passkey/challenge" Visitor, Read, None => session::ask_passkey;
    POST "/api/v1/session/passkey" Visitor, Password, None => session::passkey;
    GET "/api/v1/session/sso" Visitor, Read, None => session::sso_choices;
    POST "/api/v1/session/sso" Visitor, Password, None => session::sso_leave;
    GET "/api/v1/session/sso/{connection}/callback" Visitor, Password, None => session::sso_callback;

    GET "/api/v1/account/security" Tenant<Member>, Read, None => account::security;
    PUT "/api/v1/account/password" Tenant<Member>, Password, Some("password.update") => account::password;
    POST "/api/v1/account/totp/enrolment" Tenant<Member>, Read, None => account::enrol_totp;
    PUT "/api/v1/account/totp" Tenant<Member>, Write, Some("totp.enable") => account::enable_totp;
    DELETE "/api/v1/account/totp" Tenant<Member>, Write, Some("totp.disable") => account::disable_totp;
    GET "/api/v1/account/passkeys" Tenant<Member>, Read, None => account::list_passkeys;
    POST "/api/v1/account/passkeys/enrolment" Tenant<Member>, Read, None => account::enrol_passkey;
    POST "/api/v1/account/passkeys" Tenant<Member>, Write, Some("passkey.add") => account::add_passkey;
    PATCH "/api/v1/account/passkeys/{passkey}" Tenant<Member>, Write, Some("passkey.rename") => account::rename_passkey;
    DELETE "/api/v1/account/passkeys/{passkey}" Tenant<Member>, Write, Some("passkey.remove") => account::remove_passkey;
    POST "/api/v1/account/recovery-codes" Tenant<Member>, Write, Some("recovery_codes.renew") => account::recovery_codes;
    GET "/api/v1/account/sessions" Tenant<Member>, Read, None => account::sessions;
    DELETE "/api/v1/account/sessions" Tenant<Member>, Write, Some("session.end_others") => account::end_other_sessions;
    DELETE "/api/v1/account/sessions/{session}" Tenant<Member>, Write, Some("session.end") => account::end_session;

    GET "/api/v1/tenants" Tenant<Member>, Read, None => tenants::list;
    POST "/api/v1/tenants" OperatorAccess, Write, Some("tenant.create") => tenants::create;
    GET "/api/v1/tenants/{tenant}" Tenant<Member>, Read, None => tenants::read;
    PATCH "/api/v1/tenants/{tenant}" Tenant<can::TenantUpdate>, Write, Some("tenant.update") => tenants::update;
    GET "/api/v1/quotas" Tenant<Member>, Heavy, None => quotas::list;
    PUT "/api/v1/quotas" OperatorAccess, Write, Some("quota.replace") => quotas::replace;

    GET "/api/v1/members" Tenant<can::MemberRead>, Read, None => members::list;
    GET "/api/v1/members/{member}" Tenant<can::MemberRead>, Read, None => members::read;
    PATCH "/api/v1/members/{member}" Tenant<can::MemberManage>, Write, Some("member.update") => members::update;
    DELETE "/api/v1/members/{member}" Tenant<can::MemberManage>, Write, Some("member.remove") => members::remove;
    GET "/api/v1/invitations" Tenant<can::MemberRead>, Read, None => invitations::list;
    POST "/api/v1/invitations" Tenant<can::MemberManage>, Write, Some("invitation.create") => invitations::create;
    POST "/api/v1/invitations/look" Visitor, Password, None => invitations::look;
    POST "/api/v1/invitations/accept" Visitor, Password, Some("invitation.accept") => invitations::accept;
    POST "/api/v1/invitations/join" Tenant<Member>, Write, Some("invitation.accept") => invitations::join;
    POST "/api/v1/invitations/{invitation}/again" Tenant<can::MemberManage>, Write, Some("invitation.repeat") => invitations::again;
    DELETE "/api/v1/invitations/{invitation}" Tenant<can::MemberManage>, Write, Some("invitation.revoke") => invitations::remove;
    GET "/api/v1/permissions" Tenant<Member>, Read, None => permissions::list;
    GET "/api/v1/roles" Tenant<can::MemberRead>, Read, None => roles::list;
    POST "/api/v1/roles" Tenant<can::RoleManage>, Write, Some("role.create") => roles::create;
    GET "/api/v1/roles/{role}" Tenant<can::MemberRead>, Read, None => roles::read;
    PATCH "/api/v1/roles/{role}" Tenant<can::RoleManage>, Write, Some("role.update") => roles::update;
    DELETE "/api/v1/roles/{role}" Tenant<can::RoleManage>, Write, Some("role.delete") => roles::remove;
    GET "/api/v1/groups" Tenant<can::MemberRead>, Read, None => groups::list;
    POST "/api/v1/groups" Tenant<can::GroupManage>, Write, Some("group.create") => groups::create;
    GET "/api/v1/groups/{group}" Tenant<can::MemberRead>, Read, None => groups::read;
    PATCH "/api/v1/groups/{group}" Tenant<can::GroupManage>, Write, Some("group.update") => groups::update;
    DELETE "/api/v1/groups/{group}" Tenant<can::GroupManage>, Write, Some("group.delete") => groups::remove;
    PATCH "/api/v1/groups/{group}/members" Tenant<can::GroupManage>, Write, Some("group.edit_members") => groups::edit_members;
    GET "/api/v1/service-accounts" Tenant<can::MemberRead>, Read, None => service_accounts::list;
    POST "/api/v1/service-accounts" Tenant<can::ServiceAccountManage>, Write, Some("service_account.create") => service_accounts::create;
    GET "/api/v1/service-accounts/{service_account}" Tenant<can::MemberRead>, Read, None => service_accounts::read;
    PATCH "/api/v1/service-accounts/{service_account}" Tenant<can::ServiceAccountManage>, Write, Some("service_account.update") => service_accounts::update;
    DELETE "/api/v1/service-accounts/{service_account}" Tenant<can::ServiceAccountManage>, Write, Some("service_account.delete") => service_accounts::remove;
    GET "/api/v1/tokens" Tenant<Member>, Read, None => tokens::list;
    POST "/api/v1/tokens" Tenant<Member>, Write, Some("access_token.create") => tokens::create;
    DELETE "/api/v1/tokens/{token}" Tenant<Member>, Write, Some("access_token.revoke") => tokens::revoke;
    GET "/api/v1/webhooks" Tenant<can::WebhookManage>, Read, None => webhooks::list;
    POST "/api/v1/webhooks" Tenant<can::WebhookManage>, Write, Some("webhook.create") => webhooks::create;
    GET "/api/v1/webhooks/{webhook}" Tenant<can::WebhookManage>, Read, None => webhooks::read;
    PATCH "/api/v1/webhooks/{webhook}" Tenant<can::WebhookManage>, Write, Some("webhook.update") => webhooks::update;
    DELETE "/api/v1/webhooks/{webhook}" Tenant<can::WebhookManage>, Write, Some("webhook.delete") => webhooks::remove;
    POST "/api/v1/webhooks/{webhook}/secret" Tenant<can::WebhookManage>, Write, Some("webhook.rotate_secret") => webhooks::rotate;
    POST "/api/v1/webhooks/{webhook}/test" Tenant<can::WebhookManage>, Heavy, Some("webhook.test") => webhooks::test;
    GET "/api/v1/webhooks/{webhook}/deliveries" Tenant<can::WebhookManage>, Read, None => webhooks::deliveries;
    POST "/api/v1/webhooks/{webhook}/deliveries/{delivery}/replay" Tenant<can::WebhookManage>, Write, Some("webhook.replay") => webhooks::replay_one;
    POST "/api/v1/webhooks/{webhook}/replay" Tenant<can::WebhookManage>, Heavy, Some("webhook.replay") => webhooks::replay;

    GET "/api/v1/sso-connections" Tenant<can::SsoManage>, Read, None => sso::list;
    POST "/api/v1/sso-connections" Tenant<can::SsoManage>, Write, Some("sso_connection.create") => sso::create;
    GET "/api/v1/sso-connections/{connection}" Tenant<can::SsoManage>, Read, None => sso::read;
    PATCH "/api/v1/sso-connections/{connection}" Tenant<can::SsoManage>, Write, Some("sso_connection.update") => sso::update;
    DELETE "/api/v1/sso-connections/{connection}" Tenant<can::SsoManage>, Write, Some("sso_connection.delete") => sso::remove;

    GET "/scim/v2/ServiceProviderConfig" Tenant<can::ScimManage>, Read, None => scim_discovery::config;
    GET "/scim/v2/ResourceTypes" Tenant<can::ScimManage>, Read, None => scim_discovery::resource_types;
    GET "/scim/v2/ResourceTypes/{resource_type}" Tenant<can::ScimManage>, Read, None => scim_discovery::resource_type;
    GET "/scim/v2/Schemas" Tenant<can::ScimManage>, Read, None => scim_discovery::schemas;
    GET "/scim/v2/Schemas/{schema}" Tenant<can::ScimManage>, Read, None => scim_discovery::schema;
    POST "/scim/v2/.search" Tenant<can::ScimManage>, Heavy, None => scim_discovery::search;
    GET "/scim/v2/Users" Tenant<can::ScimManage>, Heavy, None => scim_users::list;
    POST "/scim/v2/Users" Tenant<can::ScimManage>, Write, Some("directory_user.create") => scim_users::create;
    POST "/scim/v2/Users/.search" Tenant<can::ScimManage>, Heavy, None => scim_users::search;
    GET "/scim/v2/Users/{scim_user}" Tenant<can::ScimManage>, Read, None => scim_users::read;
    PUT "/scim/v2/Users/{scim_user}" Tenant<can::ScimManage>, Write, Some("directory_user.replace") => scim_users::replace;
    PATCH "/scim/v2/Users/{scim_user}" Tenant<can::ScimManage>, Write, Some("directory_user.update") => scim_users::update;
    DELETE "/scim/v2/Users/{scim_user}" Tenant<can::ScimManage>, Write, Some("directory_user.delete") => scim_users::remove;
    GET "/scim/v2/Groups" Tenant<can::ScimManage>, Heavy, None => scim_groups::list;
    POST "/scim/v2/Groups" Tenant<can::ScimManage>, Write, Some("directory_group.create") => scim_groups::create;
    POST "/scim/v2/Groups/.search" Tenant<can::ScimManage>, Heavy, None => scim_groups::search;
    GET "/scim/v2/Groups/{scim_group}" Tenant<can::ScimManage>, Read, None => scim_groups::read;
    PUT "/scim/v2/Groups/{scim_group}" Tenant<can::ScimManage>, Write, Some("directory_group.replace") => scim_groups::replace;
    PATCH "/scim/v2/Groups/{scim_group}" Tenant<can::ScimManage>, Write, Some("directory_group.update") => scim_groups::update;
    DELETE "/scim/v2/Groups/{scim_group}" Tenant<can::ScimManage>, Write, Some("directory_group.delete") => scim_groups::remove;

    GET "/api/v1/projects" Tenant<Member>, Read, None => projects::list;
    POST "/api/v1/projects" Tenant<can::ProjectCreate>, Write, Some("project.create") => projects::create;
    GET "/api/v1/projects/{project}" Project<can::ProjectRead>, Read, None => projects::read;
    PATCH "/api/v1/projects/{project}" Project<can::ProjectUpdate>, Write, Some("project.update") => projects::update;

    GET "/api/v1/projects/{project}/environments" Project<can::ProjectRead>, Read, None => environments::list;
    POST "/api/v1/projects/{project}/environments" Project<can::EnvironmentManage>, Write, Some("environment.create") => environments::create;
    GET "/api/v1/projects/{project}/environments/{environment}" Project<can::ProjectRead>, Read, None => environments::read;
    PATCH "/api/v1/projects/{project}/environments/{environment}" Project<can::EnvironmentManage>, Write, Some("environment.update") => environments::update;
    DELETE "/api/v1/projects/{project}/environments/{environment}" Project<can::EnvironmentManage>, Write, Some("environment.delete") => environments::remove;
    POST "/api/v1/projects/{project}/environments/{environment}/evaluate" Project<can::ProjectRead>, Heavy, None => environments::evaluate;
    POST "/api/v1/projects/{project}/environments/{environment}/promotion" Project<can::ProjectRead>, Heavy, None => environments::promotion;
    POST "/api/v1/projects/{project}/environments/{environment}/promote" Project<can::ConfigurationUpdate>, Write, Some("environment.promote") => environments::promote;

    GET "/api/v1/projects/{project}/flags" Project<can::ProjectRead>, Read, None => flags::list;
    POST "/api/v1/projects/{project}/flags" Project<can::FlagCreate>, Write, Some("flag.create") => flags::create;
    GET "/api/v1/projects/{project}/flags/{flag}" Project<can::ProjectRead>, Read, None => flags::read;
    PATCH "/api/v1/projects/{project}/flags/{flag}" Project<can::FlagUpdate>, Write, Some("flag.update") => flags::update;
    POST "/api/v1/projects/{project}/flags/{flag}/archive" Project<can::FlagArchive>, Write, Some("flag.archive") => flags::archive;
    POST "/api/v1/projects/{project}/flags/{flag}/restore" Project<can::FlagArchive>, Write, Some("flag.restore") => flags::restore;
    POST "/api/v1/projects/{project}/flags/{flag}/copy" Project<can::ConfigurationUpdate>, Write, Some("configuration.copy") => flags::copy;
    GET "/api/v1/projects/{project}/flags/{flag}/environments/{environment}" Project<can::ProjectRead>, Read, None => configurations::read;
    PUT "/api/v1/projects/{project}/flags/{flag}/environments/{environment}" Project<can::ConfigurationUpdate>, Write, Some("configuration.replace") => configurations::replace;
    PATCH "/api/v1/projects/{project}/flags/{flag}/environments/{environment}" Project<can::ConfigurationUpdate>, Flip, Some("configuration.update") => configurations::update;

    GET "/api/v1/projects/{project}/segments" Project<can::ProjectRead>, Read, None => segments::list;
    POST "/api/v1/projects/{project}/segments" Project<can::SegmentCreate>, Write, Some("segment.create") => segments::create;
    GET "/api/v1/projects/{project}/segments/{segment}" Project<can::ProjectRead>, Read, None => segments::read;
    PATCH "/api/v1/projects/{project}/segments/{segment}" Project<can::SegmentUpdate>, Write, Some("segment.update") => segments::update;
    DELETE "/api/v1/projects/{project}/segments/{segment}" Project<can::SegmentDelete>, Write, Some("segment.delete") => segments::remove;
    PATCH "/api/v1/projects/{project}/segments/{segment}/lists" Project<can::SegmentUpdate>, Write, Some("segment.edit_lists") => segments::edit_lists;
    GET "/api/v1/projects/{project}/segments/{segment}/lists/{list}" Project<can::ProjectRead>, Read, None => segments::list_keys;

    GET "/api/v1/projects/{project}/policies" Project<can::ProjectRead>, Read, None => policies::list;
    POST "/api/v1/projects/{project}/policies" Project<can::PolicyManage>, Write, Some("policy.create") => policies::create;
    POST "/api/v1/projects/{project}/policies/check" Project<can::ProjectRead>, Heavy, None => policies::check;
    GET "/api/v1/projects/{project}/policies/{policy}" Project<can::ProjectRead>, Read, None => policies::read;
    PATCH "/api/v1/projects/{project}/policies/{policy}" Project<can::PolicyManage>, Write, Some("policy.update") => policies::update;
    DELETE "/api/v1/projects/{project}/policies/{policy}" Project<can::PolicyManage>, Write, Some("policy.delete") => policies::remove;

    GET "/api/v1/projects/{project}/keys" Project<can::ProjectRead>, Read, None => keys::list;
    POST "/api/v1/projects/{project}/keys" Project<can::SdkKeyManage>, Write, Some("sdk_key.create") => keys::create;
    PATCH "/api/v1/projects/{project}/keys/{key}" Project<can::SdkKeyManage>, Write, Some("sdk_key.update") => keys::update;
    POST "/api/v1/projects/{project}/keys/{key}/rotate" Project<can::SdkKeyManage>, Write, Some("sdk_key.rotate") => keys::rotate;
    DELETE "/api/v1/projects/{project}/keys/{key}" Project<can::SdkKeyManage>, Write, Some("sdk_key.revoke") => keys::revoke;

    GET "/api/v1/projects/{project}/change-requests" Project<can::ProjectRead>, Heavy, None => change_requests::list;
    GET "/api/v1/projects/{project}/change-requests/{change_request}" Project<can::ProjectRead>, Heavy, None => change_requests::read;
    PATCH "/api/v1/projects/{project}/change-requests/{change_request}" Project<can::ChangeRequestCreate>, Write, Some("change_request.update") => change_requests::update;
    POST "/api/v1/projects/{project}/change-requests/{change_request}/submit" Project<can::ChangeRequestCreate>, Write, Some("change_request.submit") => change_requests::submit;
    POST "/api/v1/projects/{project}/change-requests/{change_request}/approve" Project<can::ChangeRequestApprove>, Write, Some("change_request.approve") => change_requests::approve;
    POST "/api/v1/projects/{project}/change-requests/{change_request}/reject" Project<can::ChangeRequestApprove>, Write, Some("change_request.reject") => change_requests::reject;
    POST "/api/v1/projects/{project}/change-requests/{change_request}/withdraw" Project<can::ChangeRequestCreate>, Write, Some("change_request.withdraw") => change_requests::withdraw;
    POST "/api/v1/projects/{project}/change-requests/{change_request}/rebase" Project<can::ChangeRequestCreate>, Write, Some("change_request.rebase") => change_requests::rebase;
    PUT "/api/v1/projects/{project}/change-requests/{change_request}/schedule" Project<can::ScheduleManage>, Write, Some("change_request.schedule") => change_requests::schedule;
    DELETE "/api/v1/projects/{project}/change-requests/{change_request}/schedule" Project<can::ScheduleManage>, Write, Some("change_request.unschedule") => change_requests::unschedule;
    POST "/api/v1/projects/{project}/change-requests/{change_request}/apply" Project<can::ChangeRequestCreate>, Write, Some("change_request.apply") => change_requests::apply;
    POST "/api/v1/projects/{project}/change-requests/{change_request}/comments" Project<can::ChangeRequestCreate>, Write, Some("change_request.comment") => change_requests::comment;

    GET "/api/v1/projects/{project}/history" Project<can::ProjectRead>, Heavy, None => history::list;
    GET "/api/v1/projects/{project}/history/{rev}" Project<can::ProjectRead>, Heavy, None => history::read;
    POST "/api/v1/projects/{project}/history/{rev}/undo" Project<can::ChangeUndo>, Write, Some("change.undo") => history::undo;
    POST "/api/v1/projects/{project}/revert" Project<can::ChangeUndo>, Write, Some("document.revert") => history::revert;

    GET "/api/v1/projects/{project}/export" Project<can::ProjectRead>, Heavy, None => transfer::export;
    POST "/api/v1/projects/{project}/import" Project<can::ProjectImport>, Write, Some("project.import") => transfer::import;
    POST "/api/v1/projects/{project}/plan" Project<can::ProjectRead>, Heavy, None => transfer::plan;
    POST "/api/v1/projects/{project}/apply" Project<can::ProjectImport>, Write, Some("project.apply") => transfer::apply;
    GET "/api/v1/projects/{project}/counts" Project<can::ProjectRead>, Heavy, None => counts::list;
    GET "/api/v1/projects/{project}/stream" Project<can::ProjectRead>, Stream, None => stream::open;

    GET "/api/v1/audit" Tenant<can::AuditRead>, Heavy, None => audit::list;
    GET "/api/v1/audit/export" Tenant<can::AuditRead>, Heavy, None => audit::export;
    GET "/api/v1/audit/keys" Tenant<Member>, Read, None => audit::keys;
    GET "/api/v1/audit/heads" Tenant<can::AuditRead>, Heavy, None => audit::heads;
    GET "/api/v1/audit/retention" Tenant<can::AuditRead>, Read, None => audit::retention;
    POST "/api/v1/audit/retention" Tenant<can::AuditManage>, Write, Some("audit.set_retention") => audit::set_retention;
    POST "/api/v1/audit/redactions" Tenant<can::AuditManage>, Write, Some("audit.redact") => audit::redact;
    GET "/api/v1/security-log" Tenant<can::SecurityLogRead>, Heavy, None => security_log::list;
}
