"""A model file in its place: whole, checked, and fetched if need be.

The file appears in its place by one rename, after its SHA-256 was right, so a process
killed at any moment leaves nothing, parts to go on from, or the good file. Two processes
never download the same file at once.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cogitate.errors import UnavailableError
from cogitate.home import writable_folder
from cogitate.llm.catalogue import ModelEntry, model_path
from cogitate.llm.sources import (
    CHUNK,
    SOURCES,
    Progress,
    Report,
    Source,
    beside,
    write_whole,
)

__all__ = ["Progress", "Report", "Source", "fetch", "is_here"]


def is_here(entry: ModelEntry) -> bool:
    """Return whether a file lies in the place of `entry`, right or wrong."""
    return model_path(entry).is_file()


def fetch(
    entry: ModelEntry,
    *,
    report: Report | None = None,
    offline: bool = False,
    sources: Sequence[Source] | None = None,
    force: bool = False,
) -> Path:
    """Return the path of the model's file, which is whole and checked.

    Args:
        entry: the model.
        report: called with the progress, now and then, also from other threads.
        offline: never download.
        sources: where to look, in order; the registry and the hub when not given.
        force: download even if a file is in its place, and put the good one there.

    Raises:
        UnavailableError: it is not here and could not be had, or what is here is not it.
        SetupError: the folder cannot be written to.
    """
    tell: Report = report or (lambda progress: None)
    target = model_path(entry)
    if os.path.exists(target) and not force:
        return _checked(entry, target, tell)
    if offline:
        raise UnavailableError(
            f"model {entry.name!r} is not here, and offline it is not fetched; "
            f"run: cogitate models pull {entry.name}"
        )
    writable_folder("models")
    with _alone(entry, target, tell):
        if os.path.exists(target) and not force:  # another process fetched it while we waited
            return _checked(entry, target, tell)
        return _download(entry, target, tell, SOURCES if sources is None else sources)


def _download(entry: ModelEntry, target: Path, tell: Report, sources: Sequence[Source]) -> Path:
    """Put the file in its place from the first source that has the right bytes."""
    failures = []
    for source in sources:
        try:
            found = source.get(entry, target, tell)
            _check_bytes(entry, found, tell)
        except UnavailableError as error:
            failures.append(f"{source.name}: {error}")
        except OSError as error:
            failures.append(f"{source.name}: {error.strerror or error}")
        else:
            _put_in_place(entry, found, target)
            return target
    reasons = "\n".join(f"  - {failure}" for failure in failures) or "  - no source was given"
    raise UnavailableError(
        f"model {entry.name!r} could not be fetched:\n{reasons}\n"
        f"put the file at {str(target)!r} by hand, or use a model that runs elsewhere: "
        "--model http://HOST:PORT/v1#MODEL"
    )


def _check_bytes(entry: ModelEntry, found: Path, tell: Report) -> None:
    """Check what a source left; what is wrong goes away, so that the next try starts afresh."""
    size, found_hash = found.stat().st_size, _sha256(entry, found, tell)
    if found_hash == entry.sha256:
        return
    found.unlink()
    beside(found, ".json").unlink(missing_ok=True)
    raise UnavailableError(
        f"what it gave is not the model ({size} bytes, sha256 {found_hash}; "
        f"it should be {entry.size} bytes, sha256 {entry.sha256})"
    )


def _put_in_place(entry: ModelEntry, found: Path, target: Path) -> None:
    """Move the checked file into its place in one step, and clean up beside it."""
    with found.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(found, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    _remember(entry, target)
    for ending in (".part", ".part.json"):
        beside(target, ending).unlink(missing_ok=True)
    shutil.rmtree(beside(target, ".hub"), ignore_errors=True)


def _checked(entry: ModelEntry, target: Path, tell: Report) -> Path:
    """Return `target` if it is the model; the hash is computed once and then remembered."""
    way_out = f"to replace it, run: cogitate models pull {entry.name} --force"
    try:
        size = target.stat().st_size
        if size != entry.size:
            raise UnavailableError(
                f"the model file {str(target)!r} is not {entry.name!r}: it has {size} bytes "
                f"and should have {entry.size}; {way_out}"
            )
        if _remembered(target) == _mark(entry, target):
            return target
        found = _sha256(entry, target, tell)
    except OSError as error:
        raise UnavailableError(
            f"cannot read the model file {str(target)!r} ({error.strerror})"
        ) from error
    if found != entry.sha256:
        raise UnavailableError(
            f"the model file {str(target)!r} is not {entry.name!r}: its sha256 is {found} "
            f"and should be {entry.sha256}; {way_out}"
        )
    _remember(entry, target)
    return target


def _mark(entry: ModelEntry, target: Path) -> dict[str, object]:
    """Return what identifies a file that was checked, without reading it."""
    stat = target.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": entry.sha256}


def _remember(entry: ModelEntry, target: Path) -> None:
    """Write down that `target` was checked."""
    with suppress(OSError):  # in a folder that is read-only it is checked at every start
        write_whole(beside(target, ".ok"), _mark(entry, target))


def _remembered(target: Path) -> object:
    """Return the mark that was written when the file was last checked, or None."""
    try:
        return json.loads(beside(target, ".ok").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _sha256(entry: ModelEntry, path: Path, tell: Report) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(8 * CHUNK):
            digest.update(chunk)
            done += len(chunk)
            tell(Progress(done_bytes=done, total_bytes=entry.size, source="checking"))
    return digest.hexdigest()


@contextmanager
def _alone(entry: ModelEntry, target: Path, tell: Report) -> Iterator[None]:
    """Hold the lock of `target`; the system drops it when the process dies."""
    with beside(target, ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting = "waiting for another process that fetches it"
            tell(Progress(done_bytes=0, total_bytes=entry.size, source=waiting))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
