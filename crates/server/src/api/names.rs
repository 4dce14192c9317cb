//! Names in paths.

use serde::Deserialize;
use utoipa::IntoParams;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, Deserialize, IntoParams)]
        #[into_params(parameter_in = Path)]
        pub(crate) struct $name { $($(#[$field_doc])* pub(crate) $field: $type),* })*
    };
}

names! {
    /// An environment.
    OfEnvironment {
        /// Environment key.
        environment: String
    }
    /// A flag.
    OfFlag {
        /// Flag key.
        flag: String
    }
    /// A flag in an environment.
    OfConfiguration {
        /// Flag key.
        flag: String,
        /// Environment key.
        environment: String
    }
    /// A segment.
    OfSegment {
        /// Segment key.
        segment: String
    }
    /// A list of a segment.
    OfList {
        /// Segment key.
        segment: String,
        /// `included` or `excluded`.
        list: String
    }
    /// A policy.
    OfPolicy {
        /// Policy key.
        policy: String
    }
    /// An SDK key.
    OfKey {
        /// Its id: `key_…`.
        key: String
    }
    /// A change request.
    OfChangeRequest {
        /// Its id: `chr_…`.
        change_request: String
    }
    /// An access token.
    OfToken {
        /// Its id: `tok_…`.
        token: String
    }
    /// An SSO connection.
    OfConnection {
        /// Its id: `sso_…`.
        connection: String
    }
    /// A session.
    OfSession {
        /// Its id: `ses_…`.
        session: String
    }
    /// A passkey.
    OfPasskey {
        /// Its id: `pky_…`.
        passkey: String
    }
    /// A person of the tenant.
    OfMember {
        /// Their id: `usr_…`.
        member: String
    }
    /// A role.
    OfRole {
        /// Role key.
        role: String
    }
    /// A group.
    OfGroup {
        /// Group key.
        group: String
    }
    /// A service account.
    OfServiceAccount {
        /// Its id: `svc_…`.
        service_account: String
    }
    /// An invitation.
    OfInvitation {
        /// Its id: `inv_…`.
        invitation: String
    }
    /// A webhook.
    OfWebhook {
        /// Its id: `whk_…`.
        webhook: String
    }
    /// A delivery of a webhook.
    OfDelivery {
        /// Id of the webhook: `whk_…`.
        webhook: String,
        /// Id of the delivery: `msg_…`.
        delivery: String
    }
    /// A revision.
    OfRevision {
        /// Revision of the project.
        rev: u64
    }
    /// Somebody whom a directory can see.
    OfScimUser {
        /// Their id: `usr_…`.
        scim_user: String
    }
    /// A group of a directory.
    OfScimGroup {
        /// Its id.
        scim_group: String
    }
    /// A kind of SCIM resources.
    OfResourceType {
        /// `User` or `Group`.
        resource_type: String
    }
    /// A SCIM schema.
    OfSchema {
        /// Its URN.
        schema: String
    }
}
