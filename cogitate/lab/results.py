"""Where results are kept: a folder for each evaluation below `evals` in the data folder.

    evals/<id>/eval.json      what was asked, with hashes of the data and of the code
    evals/<id>/results.jsonl  one attempt a line, written as it ends
    evals/<id>/report.json    the sums, once all attempts are there
    evals/<id>/failed.jsonl   the cases that were failed: a suite to be run again

The id is made of what was asked, so that the same command goes on where it was stopped. A line
that was torn when the process died is taken off, and its attempt is made again. Attempts that
another evaluation made of the same case under the same conditions are taken over, so that a
loop or more cases can be added without trying all again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import cogitate
from cogitate.errors import SetupError
from cogitate.home import home, writable_folder

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock: two writers are not kept apart
    fcntl = None  # type: ignore[assignment]

HEADER, RESULTS, REPORT, FAILED = "eval.json", "results.jsonl", "report.json", "failed.jsonl"
Record = dict[str, Any]
Key = tuple[str, str, str, int]
"""Model, loop, case and repeat."""
CONDITIONS = ("seed", "temperature", "limits", "corpus", "sandbox", "version", "code")
"""What must be the same in another evaluation for its attempts to be taken over."""


def key_of(record: Mapping[str, Any]) -> Key:
    """Return what makes an attempt the one it is."""
    return record["model"], record["loop"], record["case"], record["repeat"]


def hash_of(data: object) -> str:
    """Return a short hash of plain data."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def code_hash() -> str:
    """Return a short hash of the package's code, prompts included, without the command line."""
    package = Path(cogitate.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] != "cli":
            digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


class Results:
    """One evaluation's folder, open to add attempts to it."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        """Open the folder for what `header` asks, made if need be.

        Raises:
            SetupError: another process works on it, or it cannot be written.
        """
        self.id = f"{header['suite']}-{hash_of(header)}"
        self.path = writable_folder("evals", self.id)
        self._file: BinaryIO = (self.path / RESULTS).open("a+b", buffering=0)
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self._file.close()
                raise SetupError(
                    f"another process is working on the evaluation {self.id!r}; wait for it"
                ) from error
        _write(self.path / HEADER, {"id": self.id, **header})
        self._mend()

    def _mend(self) -> None:
        """Take off a line that was torn."""
        self._file.seek(0)
        whole = self._file.read()
        if not whole.endswith(b"\n"):
            self._file.truncate(whole.rfind(b"\n") + 1)

    def read(self) -> list[Record]:
        """Return the attempts so far, in the order in which they ended."""
        return read_records(self.path)

    def add(self, record: Record) -> None:
        """Write one attempt, now."""
        line = json.dumps(record, ensure_ascii=False, default=str) + "\n"
        rest = memoryview(line.encode("utf-8", "replace"))
        while rest:
            rest = rest[self._file.write(rest) :]

    def borrow(self, wanted: Mapping[Key, str]) -> None:
        """Take over attempts that other evaluations made under the same conditions.

        Args:
            wanted: the attempts to be made, with the hash of each one's case.
        """
        mine = read_header(self.path)
        have = {key_of(record) for record in self.read()}
        for path, other in all_results():
            if path == self.path or any(other.get(n) != mine[n] for n in CONDITIONS):
                continue
            for record in read_records(path):
                key = key_of(record)
                if key not in have and wanted.get(key) == record["data"]:
                    have.add(key)
                    self.add(record)

    def clear(self) -> None:
        """Forget all attempts, and what was concluded from them."""
        self._file.truncate(0)
        for name in (REPORT, FAILED):
            (self.path / name).unlink(missing_ok=True)

    def finish(self, report: Mapping[str, Any], failed: Sequence[Mapping[str, Any]]) -> None:
        """Write the report and the cases that were failed."""
        _write(self.path / REPORT, report)
        lines = [json.dumps(one, ensure_ascii=False) for one in failed]
        (self.path / FAILED).write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def close(self) -> None:
        """Let go of the folder."""
        self._file.close()

    def __enter__(self) -> "Results":
        """Return the folder itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def _write(path: Path, data: Mapping[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1, default=str)
    fresh = path.with_suffix(".new")  # a torn header would be in the way of all evaluations
    fresh.write_text(text + "\n", "utf-8")
    fresh.replace(path)


def read_records(path: Path) -> list[Record]:
    """Return the attempts in an evaluation's folder; a torn last line is left out."""
    try:
        text = (path / RESULTS).read_text("utf-8", errors="replace")
    except OSError as error:
        raise SetupError(f"cannot read the results in {str(path)!r}: {error.strerror}") from error
    whole, _, _ = text.rpartition("\n")
    return [json.loads(line) for line in whole.split("\n") if line]


def find_results(name: str) -> Path:
    """Return the folder of the evaluation that `name` means: an id, the start of one, `last`.

    Raises:
        SetupError: none or several are meant.
    """
    folder = home() / "evals"
    found = sorted(
        (path for path in folder.glob("*") if (path / HEADER).is_file()),
        key=lambda path: (path / RESULTS).stat().st_mtime_ns,
    )
    if name == "last" and found:
        return found[-1]
    meant = [path for path in found if path.name == name] or [
        path for path in found if name and path.name.startswith(name)
    ]
    if len(meant) == 1:
        return meant[0]
    ids = ", ".join(path.name for path in (meant or found[::-1])[:5]) or "none yet"
    what = "may mean several evaluations" if meant else "is no evaluation"
    raise SetupError(f"{name!r} {what}; there are: {ids}")


def all_results() -> Iterator[tuple[Path, Record]]:
    """Yield the folder and the header of each evaluation, the newest first."""
    folder = home() / "evals"
    paths = [path for path in folder.glob("*") if (path / HEADER).is_file()]
    for path in sorted(paths, key=lambda p: -(p / RESULTS).stat().st_mtime_ns):
        yield path, read_header(path)


def read_header(path: Path) -> Record:
    """Return what an evaluation was asked.

    Raises:
        SetupError: what it was asked cannot be read.
    """
    try:
        header: Record = json.loads((path / HEADER).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{str(path / HEADER)!r} cannot be read ({error}); remove that folder"
        ) from error
    return header


@contextmanager
def opened(header: Mapping[str, Any], *, fresh: bool = False) -> Iterator[Results]:
    """Give the folder for what `header` asks; `fresh` forgets what was found before."""
    with Results(header) as results:
        if fresh:
            results.clear()
        yield results
