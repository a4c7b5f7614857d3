"""A home in one file and back: everything but caches, without keys unless told, each file with its hash.

What was learned stays traceable on another machine: state.db and the history in .git come along.
"""

import contextlib
import gzip
import hashlib
import io
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import yaml

from hone.clock import Clock, iso
from hone.config.mask import MASK, masked
from hone.database import Database
from hone.errors import HomeError, UsageError
from hone.files import home_error, locked, read_text
from hone.safety.secrets import Redactor

_MANIFEST = "MANIFEST.json"
_LEFT_OUT = re.compile(r"\.cache|state\.db-(wal|shm|journal)|.*\.lock|\..*\.tmp")
_OF_THIS_MACHINE = frozenset({"checkpoints", "logs"})  # copies of projects' files, what servers print
_WITH_KEYS = frozenset({"config.yaml", "cli-config.yaml"})
_ONLY_KEYS = frozenset({".env"})
_NO_KEY = "left-out-of-the-backup"  # a plain word in every style of YAML
_NO_LOG = b"\x01\x01"  # in SQLite's header: a file without a write-ahead log, which memory cannot have
_MAX_MEMBER = 4_000_000_000  # bytes


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: the SHA-256 of each file by its path below the home."""

    v: int
    created: str
    secrets: bool
    files: dict[str, str]


def back_up(home: Path, file: Path, clock: Clock, *, secrets: bool = False) -> Manifest:
    """Write `home` to `file`, mode 0600, and read it back to see that it is whole.

    Raises UsageError if `file` exists or lies in the home, HomeError if something cannot be read or written.
    """
    if not (home / "state.db").exists() and not home.is_dir():
        raise UsageError(f"{home} does not exist: there is nothing to back up")
    if file.exists():
        raise UsageError(f"{file} exists: give another name")
    if file.resolve().is_relative_to(home.resolve()):
        raise UsageError(f"{file} lies in the home that is to be backed up: write it elsewhere")
    with _finished_or_gone(file) as temporary, _unchanged(home):
        manifest = _write(home, temporary, iso(clock.now()), secrets=secrets)
        _verify(temporary)
    return manifest


def restore(home: Path, file: Path) -> Manifest:
    """Make `home` of a backup. Raises UsageError if it is not empty or `file` is no sound backup; nothing is changed then."""
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise UsageError(f"{home} is not empty: move it aside, or set HONE_HOME to a new directory")
    manifest = _verify(file)
    home = home.resolve()  # a link to an empty directory stays one
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        unpacked = Path(tempfile.mkdtemp(prefix=f".{home.name}.", dir=home.parent))
        try:
            _unpack(file, unpacked)
            if home.is_dir():
                home.rmdir()
            unpacked.rename(home)
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
    except OSError as error:
        raise home_error(home, error) from error
    return manifest


@contextlib.contextmanager
def _finished_or_gone(file: Path) -> Iterator[Path]:
    """A file that takes the place of `file` at the end, or is removed. Raises UsageError where none can be written."""
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".tmp", dir=file.parent)
        temporary = Path(name)
        os.close(handle)
        yield temporary
        temporary.rename(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror}): give another place") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _unchanged(home: Path) -> Iterator[None]:
    """Nobody changes skills, memory or their history meanwhile; in a home that is read-only nobody could."""
    if not os.access(home, os.W_OK):
        yield
        return
    with locked(home / ".cache/changes.lock"), locked(home / ".cache/commit.lock"):
        yield


def _write(home: Path, file: Path, created: str, *, secrets: bool) -> Manifest:
    hashes: dict[str, str] = {}
    with gzip.open(file, "wb", compresslevel=6) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, path in _files(home):
            data = _content(path, name, secrets=secrets)
            if data is not None:
                hashes[name] = hashlib.sha256(data).hexdigest()
                _add(tar, name, data, 0o700 if path.stat().st_mode & 0o100 else 0o600)
        manifest = Manifest(1, created, secrets, hashes)
        _add(tar, _MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)), 0o600)
    return manifest


def _files(home: Path) -> Iterator[tuple[str, Path]]:
    """Every file below the home by its name there; through links, each directory once."""
    seen: set[str] = set()
    for directory, folders, files in os.walk(home, followlinks=True):
        if (real := os.path.realpath(directory)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(
            name
            for name in folders
            if not (_LEFT_OUT.fullmatch(name) or (Path(directory) == home and name in _OF_THIS_MACHINE))
        )
        for name in sorted(files):
            path = Path(directory, name)
            if path.is_file() and not (_LEFT_OUT.fullmatch(name) and ".git" not in path.parts):
                yield path.relative_to(home).as_posix(), path


def _content(path: Path, name: str, *, secrets: bool) -> bytes | None:
    """The bytes to keep of a file; None: it holds nothing but keys, or is gone."""
    if name == "state.db":
        return _snapshot(path)
    if not secrets and path.name in _ONLY_KEYS:
        return None
    if not secrets and name in _WITH_KEYS:
        return _without_keys(read_text(path) or "")
    try:
        return path.read_bytes()
    except FileNotFoundError:  # it went since the directory was listed
        return None
    except OSError as error:
        raise home_error(path, error) from error


def _snapshot(path: Path) -> bytes:
    """A consistent copy of a database that may be in use; where nothing can be written, as it lies there."""
    mode = "rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "ro&immutable=1"
    try:
        with (
            contextlib.closing(
                sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
            ) as source,
            contextlib.closing(sqlite3.connect(":memory:")) as copy,
        ):
            source.backup(copy)
            data = bytearray(copy.serialize())
    except sqlite3.Error as error:
        raise HomeError(f"{path} cannot be read ({error}): hone doctor says more") from error
    data[18:20] = _NO_LOG
    return bytes(data)


def _without_keys(text: str) -> bytes | None:
    """The settings with a word in place of each key that stands in them; None if no settings would be left of it."""
    try:
        values = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it builds nothing but str, list and dict
        pairs = sorted(set(_secrets(values, masked(values))), key=lambda pair: len(pair[0]), reverse=True)
        for secret, hidden in pairs:
            text = text.replace(secret, hidden.replace(MASK, _NO_KEY))
        for _, secret in Redactor([]).found(text):
            text = text.replace(secret, _NO_KEY)
        yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - as above
    except yaml.YAMLError:
        return None
    return text.encode()


def _secrets(value: Any, hidden: Any) -> Iterator[tuple[str, str]]:
    """The texts of `value` that are not the same in `hidden`, with what they are there."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(item, hidden[key])
    elif isinstance(value, list):
        for item, other in zip(value, hidden, strict=True):
            yield from _secrets(item, other)
    elif value != hidden and value:
        yield str(value), str(hidden)


def _add(tar: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), mode
    tar.addfile(member, io.BytesIO(data))


def _members(file: Path) -> Iterator[tuple[str, int, bytes]]:
    """Name, mode and content of each file in a backup. Raises UsageError for anything else than such files."""
    if not file.exists():
        raise UsageError(f"{file} does not exist")
    if not file.is_file():
        raise UsageError(f"{file} is no backup of hone: give the file that hone backup has written")
    try:
        with tarfile.open(file, "r:gz") as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if (
                    not member.isreg()
                    or path.is_absolute()
                    or ".." in path.parts
                    or member.size > _MAX_MEMBER
                ):
                    raise UsageError(f"{file} is no backup of hone: it holds {member.name!r}")
                content = tar.extractfile(member)
                assert content is not None
                yield member.name, member.mode, content.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UsageError(f"{file} is no sound backup of hone: {error}") from error


def _verify(file: Path) -> Manifest:
    """Read a backup back: every file of its manifest is there with its hash, and nothing else; the database is sound."""
    found: dict[str, str] = {}
    manifest: Manifest | None = None
    for name, _, data in _members(file):
        if name == _MANIFEST:
            try:
                manifest = msgspec.json.decode(data, type=Manifest)
            except msgspec.DecodeError as error:
                raise UsageError(f"{file} is no sound backup of hone: {error}") from error
        else:
            found[name] = hashlib.sha256(data).hexdigest()
        if name == "state.db":
            _check_database(file, data)
    if manifest is None:
        raise UsageError(f"{file} is no backup of hone, or not a whole one: it has no list of its files")
    if manifest.files != found:
        raise UsageError(f"{file} is no whole backup of hone: make another one")
    return manifest


def _check_database(file: Path, data: bytes) -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(data)
        try:
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            said = str(error)
    if said != "ok":
        raise UsageError(f"{file}: the database in it is damaged ({said})")


def _unpack(file: Path, directory: Path) -> None:
    for name, mode, data in _members(file):
        if name != _MANIFEST:
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_bytes(data)
            path.chmod(mode & 0o700 | 0o600)
    if (directory / "state.db").exists():
        Database.open(directory / "state.db").close()  # WAL again, and the newest tables
