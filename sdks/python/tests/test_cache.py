"""The cache file, where there is no room for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripted import ruleset

from yardarm._cache import CacheFile
from yardarm._native import Snapshot


def test_what_is_no_file_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "flags"
    path.mkdir()
    cache = CacheFile(path, "k", 1_000_000)
    snapshot = Snapshot.load(json.dumps(ruleset("a:1", f="one")).encode(), keep=True)
    with pytest.raises(FileExistsError):
        cache.write(snapshot)
    assert path.is_dir()
    # And where the file before would go.
    path.rename(tmp_path / "flags.previous")
    path.write_text("older")
    with pytest.raises(OSError, match="flags"):
        cache.write(snapshot)
    assert path.read_text() == "older"
    assert {entry.name for entry in tmp_path.iterdir()} == {"flags", "flags.previous"}


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "null"
    path.symlink_to("/dev/null")
    with pytest.raises(FileExistsError):
        CacheFile(path, "k", 1_000_000).write(Snapshot.load(json.dumps(ruleset("a:1", f="one")).encode(), keep=True))
    assert path.is_symlink()
