//! The key that seals secrets in the database: given by the operator, or made once beside the data.

use std::path::Path;

use yardarm_server::sealer::SecretKey;

use crate::api::secret_file;
use crate::failure::Failure;
use crate::{node, profile};

const VARIABLE: &str = "YARDARM_SECRET_KEY";
const FILE: &str = "secret.key";

/// The key of `YARDARM_SECRET_KEY` or the file that `YARDARM_SECRET_KEY_FILE` names, else of `secret.key` in the data
/// folder, which is made when it is missing. Older keys follow after commas.
pub(crate) fn of(data_dir: &Path) -> Result<Vec<SecretKey>, Failure> {
    #[expect(clippy::disallowed_methods, reason = "a secret on the command line would be seen by everybody: no option")]
    let given = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let from_file = secret_file("YARDARM_SECRET_KEY_FILE")?;
    match (given, from_file) {
        (Some(text), None) => read(&text, VARIABLE),
        (None, Some(text)) => read(&text, "YARDARM_SECRET_KEY_FILE"),
        (None, None) => kept_in(data_dir),
        (Some(_), Some(_)) => Err(Failure::usage(format!("{VARIABLE} and {VARIABLE}_FILE are both set"))),
    }
}

fn kept_in(data_dir: &Path) -> Result<Vec<SecretKey>, Failure> {
    let path = data_dir.join(FILE);
    let name = path.display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => read(&text, &name),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SecretKey::new(node::random());
            profile::write_private(&path, &format!("{}\n", key.to_text()))
                .map_err(|error| Failure::failed(format!("{name}: {error}")))?;
            tracing::info!(file = name, "made the key that seals secrets: keep a copy, but not with the backups");
            Ok(vec![key])
        }
        Err(error) => Err(Failure::failed(format!("{name}: {error}"))),
    }
}

/// `NEW,OLD,…`. A mistake names the source, never the text.
fn read(text: &str, source: &str) -> Result<Vec<SecretKey>, Failure> {
    text.split(',')
        .map(|part| SecretKey::parse(part).map_err(|error| Failure::usage(format!("{source}: {error}"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_once_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let first = kept_in(folder.path()).unwrap();
        assert_eq!(kept_in(folder.path()).unwrap(), first);
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(folder.path().join(FILE), "changeme").unwrap();
        let failure = kept_in(folder.path()).err().unwrap();
        assert!(failure.message.contains("openssl rand"), "{}", failure.message);
        assert!(!failure.message.contains("changeme"));
    }

    #[test]
    fn old_keys_follow_the_new_one() {
        let (new, old) = (SecretKey::new(node::random()), SecretKey::new(node::random()));
        let text = format!("{},{}", new.to_text(), old.to_text());
        assert_eq!(read(&text, VARIABLE).unwrap(), [new, old]);
    }
}
