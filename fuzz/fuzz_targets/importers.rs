//! Line 1: a format (and an SDK of it). The rest: a file of that system, JSON, YAML or whatever.
//!
//! A file is refused with a reason or imported; what is imported fits into a project and answers. The same file as a case
//! file is counted without a panic.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use yardarm_fuzz::{contexts, may_be_said_of_accepted, mutate};
use yardarm_migrate::verify::Ground;
use yardarm_migrate::{Format, Options, Source, import, verify};

/// A name that the format's `verify` takes for a case file.
fn case_file(format: Format) -> &'static str {
    match format {
        Format::ConfigCat | Format::Split => "cases.csv",
        _ => "cases.json",
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((first, text)) = text.split_once('\n') else { return };
    let mut words = first.split(' ');
    let Some(format) = words.next().and_then(Format::parse) else { return };
    let options = Options { sdk: words.next().map(str::to_owned), ..Options::default() };
    let file = Source { name: "file".to_owned(), text: text.to_owned() };
    if let Ok(imported) = import(format, std::slice::from_ref(&file), &options) {
        let _ = imported.report.to_string();
        let ground = Ground::new(&imported, "production").expect("an import leaves out what a project would refuse");
        for flag in ground.state().flags.keys().take(40) {
            assert!(may_be_said_of_accepted(ground.compile_error(flag)), "{flag}: {:?}", ground.compile_error(flag));
            for context in contexts() {
                ground.ask(flag, &context, 1_767_225_600_000);
            }
        }
    }
    let _ = verify(format, &[Source { name: case_file(format).to_owned(), ..file }]);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });
