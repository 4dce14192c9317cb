//! `yardarm flags types`: the modules of the demo's flags are kept beside the SDKs, whose tests compile and use them; here
//! they are compared. `YARDARM_UPDATE=1` writes them anew.

use std::path::Path;
use std::process::Command;

use crate::yardarm::Demo;

fn kept(path: &str, module: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("YARDARM_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, module).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == module, "{} is not current: YARDARM_UPDATE=1 cargo test -p yardarm-cli types", path.display());
}

#[test]
fn modules_of_the_demo_are_those_that_the_sdks_test() {
    let demo = Demo::start();
    let module = |lang: &str, file: &str| {
        demo.run(&["flags", "types", "--lang", lang, "--output", file]).text();
        std::fs::read_to_string(demo.folder.path().join(file)).unwrap()
    };
    let (rust, typescript, python) =
        (module("rust", "flags.rs"), module("ts", "flags.ts"), module("python", "flags.py"));
    let keys = demo.json(&["flags", "list", "--limit", "500"]);
    for flag in keys["items"].as_array().unwrap() {
        let key = flag["key"].to_string();
        for module in [&rust, &typescript, &python] {
            assert!(module.contains(&key), "{key}");
        }
    }
    kept("sdks/rust/tests/typed_flags/flags.rs", &rust);
    kept("sdks/typescript/server/test/typed/flags.ts", &typescript);

    // Python says what is wrong with the text as soon as it reads it; its SDK's own tests use such a module.
    let compiled = Command::new("python3")
        .args(["-W", "error", "-m", "py_compile", "flags.py"])
        .current_dir(demo.folder.path())
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let used = "
import sys
from flags import Flags
class Client:
    def boolean(self, flag, context, default): return flag == 'new-checkout' and context == {'targetingKey': 'u'} or default
    def string(self, flag, context, default): return 'none of them'
    def number(self, flag, context, default): return 7.5
    def json(self, flag, context, default): return {}
flags, context = Flags(Client()), {'targetingKey': 'u'}
assert flags.new_checkout(context, False) is True
asked = [name for name in vars(Flags) if not name.startswith('_')]
for name in asked:
    getattr(flags, name)(context, 'mine')
print(len(asked))
";
    let output = Command::new("python3").args(["-c", used]).current_dir(demo.folder.path()).output().unwrap();
    let asked = String::from_utf8_lossy(&output.stdout).trim().parse::<usize>();
    assert!(asked.is_ok_and(|asked| asked > 30), "{}", String::from_utf8_lossy(&output.stderr));
}
