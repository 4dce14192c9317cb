#!/usr/bin/env python3
"""Seeds of the fuzz targets: seeds.py FOLDER writes FOLDER/TARGET/NAME and FOLDER/words.dict.

From spec/vectors come one small ruleset a flag (with a case's context) and every condition and computation; from
fuzz/seeds the files that are there; the words are the keys and texts of all of them and of the ruleset's schema.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
SPEC = HERE.parent / "spec"


def line(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def expressions(value):
    """Conditions, computations, serves and buckets anywhere in a flag."""
    if isinstance(value, list):
        for element in value:
            yield from expressions(element)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name in ("if", "compute", "serve") and isinstance(member, dict):
                yield member
            if name == "buckets" and isinstance(member, dict):
                yield from member.values()
            if name != "if":
                yield from expressions(member)


def of_vectors():
    """(target, text) of the specification's cases."""
    for path in sorted((SPEC / "vectors").glob("*.json")):
        loaded = json.loads(path.read_text())
        for topic in loaded if isinstance(loaded, list) else [loaded]:
            ruleset, cases = topic["ruleset"], topic["cases"]
            if len(line(ruleset)) < 8_000:
                yield "ruleset", f"{line(ruleset)}\n{line({**ruleset, 'flags': {}})}\n{line(cases[0]['context'])}"
            for key, flag in ruleset["flags"].items():
                asked = [line(case["context"]) for case in cases if case["flag"] == key][:3]
                small = {**ruleset, "flags": {key: flag}}
                removed = {"from": ruleset["version"], "to": {"epoch": "v", "rev": 2}, "flags": {key: None}}
                yield "ruleset", "\n".join([line(small), line(removed), *asked])
                for expression in expressions(flag):
                    yield "expressions", "\n".join([line(expression), *asked])


def of_files():
    """(target, text) of the files beside this one."""
    for path in sorted((HERE / "seeds").glob("*/*")):
        yield path.parent.name, path.read_text()


def words_of(value, found):
    if isinstance(value, str):
        found.add(value)
    elif isinstance(value, list):
        for element in value:
            words_of(element, found)
    elif isinstance(value, dict):
        for name, member in value.items():
            found.add(name)
            words_of(member, found)


def main(folder):
    words = set()
    words_of(json.loads((SPEC / "ruleset.schema.json").read_text()).get("$defs"), words)
    seen = set()
    for number, (target, text) in enumerate([*of_vectors(), *of_files()]):
        if (target, text) in seen:
            continue
        seen.add((target, text))
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / f"{number:05}").write_text(text)
        for part in text.split("\n"):
            try:
                words_of(json.loads(part), words)
            except ValueError:
                continue
    usable = sorted(word for word in words if 1 < len(word) <= 32 and word.isascii() and word.isprintable())
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in usable)
    (folder / "words.dict").write_text("".join(f'"{word}"\n' for word in quoted))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
