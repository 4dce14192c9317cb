//! Files that say how a project should be: one file, several, or folders of them, read as one document.
//!
//! The lists of all files (`environments`, `segments`, `flags`, `policies`) are put behind each other in the order of the paths. What
//! the server says about a place in the whole is told as a file and a line.

mod files;
mod yaml;

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::failure::{Exit, Failure};
use files::Text;

/// Members of a file that are lists, put together from all files.
const LISTS: [&str; 4] = ["environments", "segments", "flags", "policies"];

/// What the files say, as one document.
pub(crate) struct Declared {
    /// `{format, project?, environments?, segments?, flags?, policies?}`.
    pub(crate) document: Value,
    parts: Vec<Part>,
}

/// A file, and which items of the whole are its own.
struct Part {
    text: Text,
    /// Of each list: the first item and how many.
    items: [(usize, usize); LISTS.len()],
    /// Its other members.
    others: Vec<String>,
}

/// Reads files and folders (`-`: stdin).
pub(crate) fn read(paths: &[PathBuf]) -> Result<Declared, Failure> {
    let mut declared = Declared { document: json!({}), parts: Vec::new() };
    for text in files::read(paths)? {
        declared.add(text)?;
    }
    if declared.document["format"].is_null() {
        declared.document["format"] = json!(yardarm_model::export::FORMAT);
    }
    Ok(declared)
}

fn refused(name: &str, line: usize, message: &str) -> Failure {
    Failure::new(Exit::Invalid, format!("{name}:{line}: {message}"))
}

/// JSON is read as JSON, so that its numbers and its faults are JSON's.
fn parse(text: &Text) -> Result<Value, Failure> {
    let Text { name, content, is_json } = text;
    if *is_json {
        return yardarm_model::parse(content.as_bytes()).map_err(|refusal| {
            let why = refusal.problems.first().map(|problem| problem.message.as_str()).unwrap_or_default();
            Failure::new(Exit::Invalid, format!("{name}: not JSON: {why}"))
        });
    }
    yaml::read(content).map_err(|fault| refused(name, fault.line, &fault.message))
}

impl Declared {
    fn add(&mut self, text: Text) -> Result<(), Failure> {
        let members = match parse(&text)? {
            Value::Object(members) => members,
            // A file of comments.
            Value::Null => Map::new(),
            _ => {
                return Err(refused(
                    &text.name,
                    1,
                    "must be an object: format, project, environments, segments, flags, policies",
                ));
            }
        };
        let mut part = Part { text, items: [(0, 0); LISTS.len()], others: Vec::new() };
        for (name, value) in members {
            match LISTS.iter().position(|list| *list == name) {
                Some(list) => self.extend(&mut part, list, value)?,
                None => self.once(&mut part, name, value)?,
            }
        }
        self.parts.push(part);
        Ok(())
    }

    fn extend(&mut self, part: &mut Part, list: usize, value: Value) -> Result<(), Failure> {
        let name = LISTS[list];
        let Value::Array(items) = value else {
            let line = part.line(&format!("/{name}"));
            return Err(refused(&part.text.name, line, &format!("{name} must be a list")));
        };
        let whole = &mut self.document[name];
        if whole.is_null() {
            *whole = json!([]);
        }
        let whole = whole.as_array_mut().ok_or_else(|| Failure::failed(format!("{name} is not a list")))?;
        part.items[list] = (whole.len(), items.len());
        whole.extend(items);
        Ok(())
    }

    /// What all files that say it must say alike.
    fn once(&mut self, part: &mut Part, name: String, value: Value) -> Result<(), Failure> {
        match self.document.get(&name) {
            Some(said) if *said != value => {
                let before = self.parts.iter().find(|other| other.others.contains(&name));
                let before = before.map(|other| other.text.name.as_str()).unwrap_or_default();
                let line = part.line(&format!("/{name}"));
                return Err(refused(&part.text.name, line, &format!("{name} is another one in {before}")));
            }
            _ => self.document[&name] = value,
        }
        part.others.push(name);
        Ok(())
    }

    /// The project that the files are for, if they say so.
    pub(crate) fn project(&self) -> Option<&str> {
        self.document["project"]["key"].as_str()
    }

    /// Puts `file:line` to what the server says about places in the whole.
    pub(crate) fn locate(&self, mut failure: Failure) -> Failure {
        let places: Vec<Option<(String, usize)>> =
            failure.problems.iter().map(|(pointer, _)| self.place(pointer)).collect();
        for ((pointer, _), place) in failure.problems.iter_mut().zip(&places) {
            if let Some((file, line)) = place {
                *pointer = format!("{file}:{line} {pointer}");
            }
        }
        let errors = failure.document.as_mut().and_then(|document| document["errors"].as_array_mut());
        for (error, place) in errors.into_iter().flatten().zip(places) {
            if let Some((file, line)) = place {
                error["file"] = json!(file);
                error["line"] = json!(line);
            }
        }
        failure
    }

    /// The file and the line of a place in the whole.
    fn place(&self, pointer: &str) -> Option<(String, usize)> {
        let mut steps = pointer.strip_prefix('/')?.splitn(3, '/');
        let (name, index, rest) = (steps.next()?, steps.next(), steps.next());
        let Some(list) = LISTS.iter().position(|list| *list == name) else {
            let part = self.parts.iter().find(|part| part.others.iter().any(|other| other == name))?;
            return Some((part.text.name.clone(), part.line(pointer)));
        };
        let index: usize = index?.parse().ok()?;
        let part = self.parts.iter().find(|part| {
            let (first, count) = part.items[list];
            (first..first + count).contains(&index)
        })?;
        let rest = rest.map(|rest| format!("/{rest}")).unwrap_or_default();
        Some((part.text.name.clone(), part.line(&format!("/{name}/{}{rest}", index - part.items[list].0))))
    }
}

impl Part {
    /// The line of a place, or of what it would be in.
    fn line(&self, pointer: &str) -> usize {
        let ends = pointer.match_indices('/').map(|(at, _)| at).chain([pointer.len()]);
        let prefixes: Vec<&str> = ends.map(|end| &pointer[..end]).collect();
        let lines = yaml::lines(&self.text.content, prefixes.iter().copied());
        prefixes.iter().rev().find_map(|prefix| lines.get(*prefix).copied()).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn of(folder: &tempfile::TempDir) -> Result<Declared, Failure> {
        read(&[folder.path().to_owned()])
    }

    #[test]
    fn a_folder_is_one_document_in_the_order_of_its_paths() {
        let folder = folder(&[
            ("project.yaml", "format: 1\nproject: {key: shop}\n"),
            ("flags/b.yml", "flags:\n  - key: c\n"),
            ("flags/a.json", "{\"flags\": [\n  {\"key\": \"a\"},\n  {\"key\": \"b\", \"naem\": 1}]}"),
            ("README.md", "not this"),
            (".hidden/x.yaml", "nor: this"),
            ("nothing.yaml", "# yet\n"),
        ]);
        let declared = of(&folder).unwrap_or_else(|failure| panic!("{}", failure.message));
        assert_eq!(
            declared.document,
            json!({"format": 1, "project": {"key": "shop"}, "flags": [{"key": "a"}, {"key": "b", "naem": 1}, {"key": "c"}]})
        );
        assert_eq!(declared.project(), Some("shop"));
        let place = |pointer: &str| {
            declared.place(pointer).map(|(file, line)| (file.rsplit('/').next().unwrap().to_owned(), line))
        };
        let at = |file: &str, line| Some((file.to_owned(), line));
        assert_eq!(place("/flags/1/naem"), at("a.json", 3));
        assert_eq!(place("/flags/2/environments/production"), at("b.yml", 2), "a missing place is where it would be");
        assert_eq!(place("/project/key"), at("project.yaml", 2));
        assert_eq!((place("/flags/7"), place("")), (None, None));
    }

    #[test]
    fn what_does_not_fit_together_is_refused_with_its_place() {
        for (files, words) in [
            (
                &[("a.yaml", "project: {key: a}\n"), ("b.yaml", "\nproject: {key: b}\n")][..],
                "b.yaml:2: project is another one in",
            ),
            (&[("a.yaml", "flags: {a: 1}\n")], "a.yaml:1: flags must be a list"),
            (&[("a.yaml", "- 1\n")], "a.yaml:1: must be an object"),
            (&[("a.json", "{\"a\": 1, \"a\": 2}")], "\"a\" is named twice"),
            (&[("a.json", "{\"a\": 1,}")], "not JSON"),
            (&[("a.txt", "a: 1")], "no .yaml, .yml or .json"),
        ] {
            let failure = of(&folder(files)).err().unwrap();
            assert!(failure.message.contains(words), "{}", failure.message);
        }
        let folder = folder(&[("a.yaml", "")]);
        let path = folder.path().join("a.yaml");
        for (bytes, words) in [(&b"a: 1\nb: \xff\n"[..], "a.yaml:2: not UTF-8"), (b"\xff\xfea\0:\0", "UTF-16")] {
            std::fs::write(&path, bytes).unwrap();
            let failure = read(std::slice::from_ref(&path)).err().unwrap();
            assert!(failure.message.contains(words), "{}", failure.message);
        }
        std::fs::write(&path, b"\xef\xbb\xbfformat: 1\r\nflags: []\r\n").unwrap();
        assert_eq!(read(&[path]).map(|declared| declared.document).ok(), Some(json!({"format": 1, "flags": []})));
    }
}
