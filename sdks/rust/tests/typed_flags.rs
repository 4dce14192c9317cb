//! The typed flags of the demo's project, as `yardarm flags types --lang rust` makes them, compiled and used.

#[rustfmt::skip]
#[path = "typed_flags/flags.rs"]
#[expect(dead_code, unreachable_pub, reason = "a module for applications, of which this test uses a part")]
mod flags;

use flags::Flags;
use yardarm::{Client, Context};

#[test]
fn every_call_names_its_fallback_and_gives_the_flags_type() {
    let test = Client::for_tests();
    test.set("new-checkout", true);
    let flags = Flags::new(test.client());
    let user = Context::new("user-1");
    assert!(flags.new_checkout(&user, false));
    test.remove("new-checkout");
    assert!(!flags.new_checkout(&user, false));
}
