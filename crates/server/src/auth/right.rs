//! Permissions as types, so that what a handler needs is written in its signature.

use yardarm_model::authority::Permission;

/// What an access value was made with.
pub(crate) trait Right: Send + Sync + 'static {
    /// Held; `None`: to be a member was enough.
    const PERMISSION: Option<Permission>;
    /// Shown name.
    const NAME: &'static str;
}

/// Rights that may ask for changes.
pub(crate) trait Writes: Right {}

/// Being in the tenant is enough: for what is one's own.
#[derive(Debug)]
pub(crate) struct Member;

impl Right for Member {
    const PERMISSION: Option<Permission> = None;
    const NAME: &'static str = "member";
}

macro_rules! rights {
    ($(read $reads:ident;)* $(write $writes:ident;)*) => {
        $(impl Right for can::$reads {
            const PERMISSION: Option<Permission> = Some(Permission::$reads);
            const NAME: &'static str = Permission::$reads.as_str();
        })*
        $(impl Right for can::$writes {
            const PERMISSION: Option<Permission> = Some(Permission::$writes);
            const NAME: &'static str = Permission::$writes.as_str();
        }
        impl Writes for can::$writes {})*

        /// One type for each [`Permission`], of the same name.
        pub(crate) mod can {
            $(#[derive(Debug)] pub(crate) struct $reads;)*
            $(#[derive(Debug)] pub(crate) struct $writes;)*
        }

        /// Names all of them, used by a route or not.
        const _: &[&str] = &[$(<can::$reads as Right>::NAME,)* $(<can::$writes as Right>::NAME,)*];

        #[cfg(test)]
        const LISTED: &[Permission] = &[$(Permission::$reads,)* $(Permission::$writes,)*];
    };
}

rights! {
    read MemberRead;
    read AuditRead;
    read SecurityLogRead;
    read ProjectRead;

    write TenantUpdate;
    write MemberManage;
    write GroupManage;
    write RoleManage;
    write ServiceAccountManage;
    write TokenManage;
    write SsoManage;
    write ScimManage;
    write AuditManage;
    write WebhookManage;
    write QuotaManage;
    write ProjectCreate;
    write ProjectUpdate;
    write ProjectImport;
    write EnvironmentManage;
    write FlagCreate;
    write FlagUpdate;
    write FlagArchive;
    write SegmentCreate;
    write SegmentUpdate;
    write SegmentDelete;
    write PolicyManage;
    write ConfigurationUpdate;
    write ChangeUndo;
    write ChangeRequestCreate;
    write ChangeRequestApprove;
    write ChangeRequestBypass;
    write ScheduleManage;
    write SdkKeyManage;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_permission_is_a_right() {
        let listed: BTreeSet<_> = LISTED.iter().collect();
        assert_eq!(listed, Permission::ALL.iter().collect());
    }
}
