//! "Nobody can give away more than they hold", held against every place that could be asked for.

use proptest::prelude::*;
use serde_json::{Value, json};
use yardarm_model::authority::{
    Authority, BuiltIn, Grant, Level, Permission, Place, Selection, allows, allows_somewhere, covers, read_grants,
};

/// One permission of each level twice, so that lists differ.
const PERMISSIONS: [Permission; 6] = [
    Permission::MemberRead,
    Permission::RoleManage,
    Permission::FlagUpdate,
    Permission::EnvironmentManage,
    Permission::ConfigurationUpdate,
    Permission::SdkKeyManage,
];
const PROJECTS: [&str; 2] = ["shop", "blog"];
const ENVIRONMENTS: [&str; 2] = ["staging", "production"];
/// In no list: stands for all that is made later.
const LATER: &str = "later";

fn selection<T: Clone + Ord + std::fmt::Debug + 'static>(from: Vec<T>) -> impl Strategy<Value = Selection<T>> {
    let most = from.len();
    prop_oneof![
        1 => Just(Selection::All),
        3 => proptest::sample::subsequence(from, 0..=most).prop_map(Selection::these),
    ]
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let texts = |names: [&str; 2]| selection(names.map(str::to_owned).to_vec());
    let grant = (selection(PERMISSIONS.to_vec()), texts(PROJECTS), texts(ENVIRONMENTS))
        .prop_map(|(permissions, projects, environments)| Grant { permissions, projects, environments });
    proptest::collection::vec(grant, 0..4)
}

/// Every place, those that do not exist yet and those that are "all of it" included.
fn places() -> Vec<Place<'static>> {
    let mut places = vec![Place::TENANT];
    for project in [PROJECTS[0], PROJECTS[1], LATER] {
        places.push(Place::project(project));
        places.extend(
            [ENVIRONMENTS[0], ENVIRONMENTS[1], LATER].map(|environment| Place::environment(project, environment)),
        );
    }
    places
}

fn allowed(grants: &[Grant]) -> Vec<(Permission, Place<'static>)> {
    let all = Permission::ALL.iter().flat_map(|permission| places().into_iter().map(|place| (*permission, place)));
    all.filter(|(permission, place)| allows(grants, *permission, *place)).collect()
}

fn later_permissions_too(grants: &[Grant]) -> bool {
    grants.iter().any(|grant| {
        grant.permissions == Selection::All && !grant.projects.is_nothing() && !grant.environments.is_nothing()
    })
}

proptest! {
    #[test]
    fn what_is_covered_is_allowed(mine in grants(), theirs in grants()) {
        let more: Vec<_> = allowed(&theirs).into_iter()
            .filter(|(permission, place)| !allows(&mine, *permission, *place)).collect();
        if covers(&mine, &theirs) {
            prop_assert!(more.is_empty(), "{more:?}");
        } else if !later_permissions_too(&theirs) {
            // And no more is refused than must be.
            prop_assert!(!more.is_empty(), "{mine:?} hold all of {theirs:?}");
        }
    }

    #[test]
    fn covering_is_an_order(a in grants(), b in grants(), c in grants()) {
        prop_assert!(covers(&a, &a));
        prop_assert!(covers(&a, &[]));
        prop_assert!(covers(&BuiltIn::Owner.grants(), &a));
        let both: Vec<Grant> = a.iter().chain(&b).cloned().collect();
        prop_assert!(covers(&both, &a) && covers(&both, &b));
        if covers(&a, &b) && covers(&b, &c) {
            prop_assert!(covers(&a, &c));
        }
    }

    #[test]
    fn a_token_only_takes_away(mine in grants(), limits in grants()) {
        let token = Authority { grants: mine.clone(), limits: Some(limits.clone()) };
        for permission in Permission::ALL {
            for place in places() {
                let both = allows(&mine, *permission, place) && allows(&limits, *permission, place);
                prop_assert_eq!(token.allows(*permission, place), both);
            }
        }
        let nothing = Authority { grants: mine, limits: Some(Vec::new()) };
        prop_assert!(Permission::ALL.iter().all(|permission| !nothing.allows_somewhere(*permission, None)));
    }

    #[test]
    fn somewhere_is_where_a_place_is(grants in grants()) {
        for permission in PERMISSIONS {
            let anywhere = places().into_iter().any(|place| allows(&grants, permission, place));
            prop_assert_eq!(allows_somewhere(&grants, permission, None), anywhere);
            let here = [Place::project("shop")].into_iter()
                .chain([ENVIRONMENTS[0], ENVIRONMENTS[1], LATER].map(|key| Place::environment("shop", key)))
                .any(|place| allows(&grants, permission, place));
            prop_assert_eq!(allows_somewhere(&grants, permission, Some("shop")), here);
        }
    }

    #[test]
    fn grants_are_written_and_read_back(grants in grants()) {
        let text = serde_json::to_string(&grants).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Vec<Grant>>(&text).unwrap(), &grants);
        let strict = read_grants(&serde_json::from_str(&text).unwrap(), "/grants");
        let counts_nowhere = grants.iter().any(|grant| match &grant.permissions {
            Selection::All => false,
            Selection::These(permissions) => permissions.iter().any(|permission| match permission.level() {
                Level::Tenant => grant.projects != Selection::All || grant.environments != Selection::All,
                Level::Project => grant.environments != Selection::All,
                Level::Environment => false,
            }),
        });
        let empty = grants.is_empty() || grants.iter().any(|grant| {
            grant.permissions.is_nothing() || grant.projects.is_nothing() || grant.environments.is_nothing()
        });
        prop_assert_eq!(strict.is_ok(), !empty && !counts_nowhere);
    }
}

#[test]
fn built_in_roles_hold_those_before_them() {
    for pair in BuiltIn::ALL.windows(2) {
        assert!(covers(&pair[1].grants(), &pair[0].grants()), "{pair:?}");
        assert!(!covers(&pair[0].grants(), &pair[1].grants()), "{pair:?}");
    }
    for permission in Permission::ALL {
        assert!(allows(&permission.least().grants(), *permission, Place::TENANT), "{permission:?}");
    }
}

#[test]
fn what_a_body_gets_wrong_is_told_at_its_place() {
    let problems = |body: Value| -> Vec<(String, &'static str)> {
        let told = read_grants(&body, "/grants").err().unwrap_or_default();
        told.into_iter().map(|problem| (problem.pointer, problem.code)).collect()
    };
    let grant = |permissions: Value, projects: Value, environments: Value| json!([{ "permissions": permissions, "projects": projects, "environments": environments }]);
    let cases = [
        (grant(json!("*"), json!("*"), json!("*")), vec![]),
        (grant(json!(["configuration.update"]), json!(["shop"]), json!(["staging"])), vec![]),
        (json!("*"), vec![("/grants", "type")]),
        (json!([]), vec![("/grants", "empty_scope")]),
        (grant(json!([]), json!("*"), json!("*")), vec![("/grants/0/permissions", "empty_scope")]),
        (grant(json!("*"), json!([]), json!("*")), vec![("/grants/0/projects", "empty_scope")]),
        (grant(json!("**"), json!("*"), json!("*")), vec![("/grants/0/permissions", "type")]),
        (grant(json!(["*"]), json!("*"), json!("*")), vec![("/grants/0/permissions", "permission_unknown")]),
        (grant(json!(["flag.creat"]), json!("*"), json!("*")), vec![("/grants/0/permissions", "permission_unknown")]),
        (grant(json!("*"), json!(["../x"]), json!("*")), vec![("/grants/0/projects", "key_invalid")]),
        (grant(json!("*"), json!(["*"]), json!("*")), vec![("/grants/0/projects", "key_invalid")]),
        (
            grant(json!(["flag.update"]), json!("*"), json!(["staging"])),
            vec![("/grants/0/permissions", "place_too_narrow")],
        ),
        (
            grant(json!(["member.read"]), json!(["shop"]), json!("*")),
            vec![("/grants/0/permissions", "place_too_narrow")],
        ),
        (
            json!([{ "permissions": "*" }]),
            vec![("/grants/0/projects", "missing"), ("/grants/0/environments", "missing")],
        ),
        (
            json!([{ "permissions": "*", "projects": "*", "environments": "*", "project": "shop" }]),
            vec![("/grants/0/project", "unknown_field")],
        ),
        (
            json!(vec![json!({ "permissions": "*", "projects": "*", "environments": "*" }); 21]),
            vec![("/grants", "too_many")],
        ),
    ];
    for (body, expected) in cases {
        let expected: Vec<(String, &str)> =
            expected.into_iter().map(|(pointer, code)| (pointer.to_owned(), code)).collect();
        assert_eq!(problems(body.clone()), expected, "{body}");
    }
}
