"""The cache file: the last ruleset on disk, so that an application starts with the server away. `spec/sdk.md` S8."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ._native import Snapshot
from ._status import log


class CacheFile:
    """Where and for which key. `limit`: the most bytes that are read back."""

    def __init__(self, path: str | os.PathLike[str], sdk_key: str, limit: int) -> None:
        self._path = Path(path)
        self._fingerprint = sha256(sdk_key.encode()).hexdigest()[:16]
        self._limit = limit

    def read(self) -> Snapshot | None:
        """The newest file that verifies."""
        for path in (self._path, self._previous):
            try:
                return self._read(path)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                log.warning("the cache file %s is ignored: %s", path, error)
        return None

    def _read(self, path: Path) -> Snapshot:
        with path.open("rb") as file:
            text = file.read(self._limit + 1)
        if len(text) > self._limit:
            raise ValueError(f"it is larger than {self._limit} bytes")
        header, _, body = text.partition(b"\n")
        if header != self._header(body):
            raise ValueError("the header does not match: damaged, or written with another SDK key")
        return Snapshot.load(body, keep=True)

    def write(self, snapshot: Snapshot) -> None:
        """Replaces the file; a ruleset without flags never replaces one with some."""
        body = snapshot.to_json()
        if not len(snapshot) or body is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Only a file gives way: a directory or a device of that name is somebody else's.
        if self._path.exists() and not self._path.is_file():
            raise FileExistsError(f"{self._path} is not a file")
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            # It holds the targeting rules: nobody else's to read.
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._header(body) + b"\n")
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                self._path.replace(self._previous)
            temporary.replace(self._path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        # Directories cannot be opened for syncing everywhere; the file itself is safe by now.
        with suppress(OSError):
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    @property
    def _previous(self) -> Path:
        return self._path.with_name(f"{self._path.name}.previous")

    def _header(self, body: bytes) -> bytes:
        return f"yardarm-cache 1 {sha256(body).hexdigest()} {self._fingerprint}".encode()
