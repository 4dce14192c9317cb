//! The contract of `Store`: every promise on SQLite always, and on Postgres when `TEST_DATABASE_URL` names a server on
//! which the suite may make databases (`postgres://postgres@localhost/postgres`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail, and its settings are its own"
)]

#[path = "contract/bench.rs"]
mod bench;
#[path = "contract/concurrency.rs"]
mod concurrency;
#[path = "contract/counts.rs"]
mod counts;
#[path = "contract/evidence.rs"]
mod evidence;
#[path = "contract/history.rs"]
mod history;
#[path = "contract/isolation.rs"]
mod isolation;
#[path = "contract/log.rs"]
mod log;
#[path = "contract/people.rs"]
mod people;
#[path = "contract/quota.rs"]
mod quota;
#[path = "contract/sign_in.rs"]
mod sign_in;
#[path = "contract/webhooks.rs"]
mod webhooks;

/// Runs each promise on both databases.
macro_rules! contract {
    ($($topic:ident::$promise:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let bench = crate::bench::Bench::sqlite().await;
                    crate::$topic::$promise(bench.store.clone()).await;
                }
            )+
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let Some(bench) = crate::bench::Bench::postgres().await else { return };
                    crate::$topic::$promise(bench.store.clone()).await;
                    bench.finish().await;
                }
            )+
        }
    };
}

contract![
    log::a_commit_is_read_back_everywhere,
    log::revisions_count_from_one_and_the_chain_verifies,
    log::a_stale_commit_is_refused_and_writes_nothing,
    log::a_commit_is_all_or_nothing,
    log::a_change_in_two_logs_is_one_transaction,
    log::a_commit_to_no_scope_is_refused,
    log::a_commit_of_nothing_is_refused,
    log::text_with_nul_is_refused_before_the_database,
    log::a_large_commit_fits,
    log::scopes_are_listed_with_their_versions,
    log::keys_of_scopes_are_unique_in_their_tenant,
    history::filters_and_pages,
    history::documents_as_they_were,
    history::look_ups_with_nul_find_nothing,
    isolation::a_log_is_found_under_its_tenant_only,
    isolation::a_commit_reaches_one_tenant_only,
    people::the_first_owner,
    people::addresses_are_unique_in_any_case,
    people::accounts_of_a_tenant_are_its_alone,
    people::service_accounts_are_nobody_who_could_sign_in,
    people::sessions_end,
    people::leaving_a_tenant_ends_sessions_and_tokens,
    people::a_new_password_ends_sessions,
    people::access_tokens,
    people::a_link_works_once,
    people::tenants_are_renamed,
    sign_in::sessions_are_listed_and_ended,
    sign_in::a_tenant_is_found_by_its_key,
    sign_in::a_one_time_code_counts_once,
    sign_in::a_recovery_code_counts_once,
    sign_in::tries_at_a_second_factor_are_counted,
    sign_in::passkeys,
    sign_in::a_ticket_is_used_once,
    sign_in::identities_end_with_their_connection,
    webhooks::a_webhook_is_of_one_tenant,
    webhooks::a_cursor_moves_once_and_queues_once,
    webhooks::a_due_delivery_is_given_to_one_caller,
    webhooks::deliveries_are_listed_and_forgotten,
    counts::counts_add_up_once_for_each_batch,
    counts::batches_are_added_together,
    counts::counts_are_filtered,
    counts::old_batch_ids_are_forgotten,
    evidence::several_logs_are_searched_newest_first,
    evidence::a_redaction_takes_texts_and_keeps_the_chain,
    evidence::pruning_keeps_what_lived_and_the_chain_after_it,
    evidence::heads_follow_the_logs,
    evidence::signing_keys_are_kept,
    evidence::refusals_add_up_and_are_bounded,
    evidence::a_change_of_several_logs_has_salts_of_its_own_in_each,
    concurrency::thirty_two_writers_leave_a_gapless_log,
    concurrency::of_two_deciders_on_one_state_one_wins,
    concurrency::of_many_who_use_a_link_one_wins,
    concurrency::readers_see_whole_commits,
    concurrency::changes_in_two_logs_never_wait_crosswise,
    concurrency::counts_from_many_nodes_add_up,
    concurrency::hints_follow_commits_where_there_are_any,
    concurrency::it_answers,
    quota::a_quota_is_of_the_whole_tenant,
    quota::what_has_ended_takes_no_place,
    quota::a_tenant_may_have_numbers_of_its_own,
    quota::of_many_who_want_the_last_place_one_gets_it,
];

/// A method of `Store` without a promise here is a method without a test.
#[test]
fn every_method_occurs() {
    fn methods_of<'a>(source: &'a str, of: &str) -> impl Iterator<Item = &'a str> {
        let body = &source[source.find(of).expect("the trait is there")..];
        let body = &body[..body.find("\n}\n").expect("it ends")];
        body.split("fn ").skip(1).map(|rest| rest.split('(').next().expect("split gives at least one part").trim())
    }
    let methods: Vec<String> = methods_of(include_str!("../src/lib.rs"), "pub trait Store")
        .chain(methods_of(include_str!("../src/webhooks.rs"), "pub trait WebhookStore"))
        .map(|method| format!("store.{method}("))
        .chain(
            methods_of(include_str!("../src/sign_in.rs"), "pub trait SignInStore")
                .map(|method| format!("store.sign_in().{method}(")),
        )
        .collect();
    assert!(methods.len() > 25, "{methods:?}");
    let suite = concat!(
        include_str!("contract/concurrency.rs"),
        include_str!("contract/counts.rs"),
        include_str!("contract/evidence.rs"),
        include_str!("contract/history.rs"),
        include_str!("contract/log.rs"),
        include_str!("contract/people.rs"),
        include_str!("contract/sign_in.rs"),
        include_str!("contract/webhooks.rs"),
        include_str!("contract/quota.rs"),
    );
    let missing: Vec<_> = methods.iter().filter(|method| !suite.contains(method.as_str())).collect();
    assert!(missing.is_empty(), "no promise calls {missing:?}");
}
