//! Everything that can be allowed, in one list.

use super::role::BuiltIn;

/// What a permission is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The whole tenant: counts in grants for every project and environment.
    Tenant,
    /// A project: counts in grants for that project and every environment.
    Project,
    /// One environment of a project.
    Environment,
}

impl Level {
    /// `tenant`, `project`, `environment`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Project => "project",
            Self::Environment => "environment",
        }
    }
}

macro_rules! permissions {
    ($($variant:ident $name:literal $level:ident $least:ident $sentence:literal;)*) => {
        /// One thing that can be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = $sentence] $variant,)*
        }

        impl Permission {
            /// All of them, in the order they are shown.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// `flag.create`: the name in roles, in the OpenAPI document and in refusals.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it is about.
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level),* }
            }

            /// The least built-in role that holds it.
            pub const fn least(self) -> BuiltIn {
                match self { $(Self::$variant => BuiltIn::$least),* }
            }

            /// What it allows, in one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence),* }
            }
        }
    };
}

permissions! {
    TenantUpdate "tenant.update" Tenant Admin "Give the tenant another name.";
    MemberRead "member.read" Tenant Viewer "See people, invitations, groups, roles and service accounts.";
    MemberManage "member.manage" Tenant Admin "Invite people, change what they hold and remove them.";
    GroupManage "group.manage" Tenant Admin "Make, change and delete groups, and say who is in them.";
    RoleManage "role.manage" Tenant Owner "Make, change and delete custom roles.";
    ServiceAccountManage "service_account.manage" Tenant Admin "Make, change and delete service accounts, and make tokens for them.";
    TokenManage "token.manage" Tenant Owner "See and revoke the access tokens of other people.";
    SsoManage "sso.manage" Tenant Owner "Connect identity providers and say how people must sign in.";
    ScimManage "scim.manage" Tenant Owner "Let a directory make and remove people and groups.";
    AuditRead "audit.read" Tenant Admin "Search and export the audit log of the tenant and of all its projects.";
    AuditManage "audit.manage" Tenant Owner "Say how long the audit log is kept and where it is shipped, and redact it.";
    SecurityLogRead "security_log.read" Tenant Admin "Read the log of failed and refused attempts.";
    WebhookManage "webhook.manage" Tenant Admin "Make, change and delete webhooks, and deliver again.";
    QuotaManage "quota.manage" Tenant Owner "Change quotas and limits.";
    ProjectCreate "project.create" Tenant Admin "Make projects.";
    ProjectRead "project.read" Project Viewer "See everything in a project but the secrets of its keys.";
    ProjectUpdate "project.update" Project Admin "Change a project's name and description.";
    ProjectImport "project.import" Project Editor "Import flags and segments; what they change needs its own permission, too.";
    EnvironmentManage "environment.manage" Project Admin "Make, change and delete environments.";
    FlagCreate "flag.create" Project Editor "Make flags.";
    FlagUpdate "flag.update" Project Editor "Change what a flag is: its name, variants and tags.";
    FlagArchive "flag.archive" Project Editor "Archive flags and bring them back.";
    SegmentCreate "segment.create" Project Editor "Make segments.";
    SegmentUpdate "segment.update" Project Editor "Change segments and their lists.";
    SegmentDelete "segment.delete" Project Editor "Delete segments.";
    PolicyManage "policy.manage" Project Admin "Change policies, required approvals and freeze windows.";
    ConfigurationUpdate "configuration.update" Environment Editor "Change what a flag serves in an environment.";
    ChangeUndo "change.undo" Environment Editor "Undo changes and put documents back; what that changes needs its own permission, too.";
    ChangeRequestCreate "change_request.create" Environment Editor "Ask for a change.";
    ChangeRequestApprove "change_request.approve" Environment Editor "Approve what somebody else asked for.";
    ChangeRequestBypass "change_request.bypass" Environment Admin "Change something in an emergency without the approvals it needs.";
    ScheduleManage "schedule.manage" Environment Editor "Schedule changes and call them off.";
    SdkKeyManage "sdk_key.manage" Environment Admin "Make, rotate and revoke SDK keys.";
}

impl Permission {
    /// The opposite of [`Permission::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text)
    }
}

impl serde::Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Permission {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no permission")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(*permission));
            assert!(permission.sentence().ends_with('.'));
        }
        assert_eq!(Permission::parse("*"), None);
        assert_eq!(Permission::parse(""), None);
    }
}
