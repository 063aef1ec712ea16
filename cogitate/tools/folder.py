"""The person's folder, to be read and never written: which files it holds, and their text.

What is not listed cannot be read either: hidden files, caches, virtual environments and links
that lead out of the folder. What it does not know: tables (database.py) and runs (files.py).
"""

import difflib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from cogitate.errors import SetupError, ToolFailure
from cogitate.values import FileInfo

MOST_FILES = 2_000
MOST_LEVELS = 6
MOST_BYTES = 2_000_000
"""Most bytes of a file that `read_text` reads."""
NO_FOLDER = "no folder was given; pass --folder DIR, or Agent(folder=...)"
SAMPLE_BYTES = 8_192
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})
TABLE_ENDINGS = frozenset({".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".xlsx"})

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x80-\x84\x86-\x9f]")
_OBJECT_LIST = re.compile(r"\s*\[\s*\{")
_TWO_OBJECT_LINES = re.compile(r"\s*\{[^\n]*\}\s*\n\s*\{")


@dataclass(frozen=True)
class Folder:
    """A folder that is only read.

    Raises:
        SetupError: `root` does not exist or is no folder.
    """

    root: Path

    def __post_init__(self) -> None:
        root = Path(self.root).expanduser()
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            raise SetupError(f"{str(self.root)!r} {what}; give a folder that you may read")
        object.__setattr__(self, "root", root.resolve())

    def resolve(self, name: str) -> Path:
        """Return the real path of the file or folder that is called `name` in here.

        Raises:
            ToolFailure: there is none, it is hidden, or it lies outside of the folder.
        """
        wanted = PurePosixPath(name.strip() or ".")
        if wanted.is_absolute() or re.match(r"[A-Za-z]:[\\/]|~", name.strip()):
            raise ToolFailure(
                f"{name!r} is an absolute path; use a path relative to the folder"
                f"{self._closest(wanted.name)}"
            )
        if ".." in wanted.parts:
            raise ToolFailure(
                f"{name!r} leads out of the folder; '..' is not allowed{self._closest(wanted.name)}"
            )
        if any(_is_skipped(part) for part in wanted.parts):
            raise ToolFailure(f"{name!r} is hidden or a cache; such files are not read")
        for spelling in dict.fromkeys([name.strip(), *_spellings(str(wanted))]):
            found = self._existing(spelling, name)
            if found is not None:
                return found
        for info in self.files():
            if _same(info["path"]) == _same(str(wanted)):
                return self.root / info["path"]
        raise ToolFailure(f"there is no file {name!r} in the folder{self._closest(str(wanted))}")

    def files(self) -> list[FileInfo]:
        """Return the files in here and below, sorted by path, at most 2,000 and 6 levels deep."""
        found: list[FileInfo] = []
        self._walk(self.root, 1, {self.root}, found)
        return sorted(found, key=lambda info: info["path"])

    def _existing(self, spelling: str, name: str) -> Path | None:
        try:
            path = (self.root / spelling).resolve()
            if not path.is_relative_to(self.root):
                raise ToolFailure(
                    f"{name!r} is a link that leads out of the folder; it is not read"
                )
            return path if path.exists() else None
        except (OSError, ValueError, RuntimeError):  # a loop of links, too long a name, a NUL
            return None

    def _closest(self, name: str) -> str:
        paths = [info["path"] for info in self.files()]
        if not paths:
            return "; the folder holds no files"
        return f"; there are: {', '.join(repr(path) for path in closest(name, paths))}"

    def _walk(self, folder: Path, level: int, seen: set[Path], found: list[FileInfo]) -> None:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:  # a folder that may not be read has nothing to list
            return
        below: list[Path] = []
        for entry in entries:
            if len(found) >= MOST_FILES:
                return
            path = Path(entry.path)
            if _is_skipped(entry.name) or (entry.is_symlink() and not self._stays(path)):
                continue
            if _is_folder(entry):
                below.append(path)
            elif _is_file(entry):
                found.append(_describe(path, path.relative_to(self.root).as_posix()))
        for path in below:
            real = path.resolve()
            if level < MOST_LEVELS and real not in seen and not (path / "pyvenv.cfg").exists():
                self._walk(path, level + 1, seen | {real}, found)

    def _stays(self, path: Path) -> bool:
        try:
            return path.resolve(strict=True).is_relative_to(self.root)
        except (OSError, RuntimeError):  # a broken link or a loop
            return False


def closest(name: str, among: list[str], most: int = 8) -> list[str]:
    """Return at most `most` of `among`, those that look most like `name` first."""
    wanted = _same(name)

    def likeness(other: str) -> float:
        text = _same(other)
        tail = text.rsplit("/", 1)[-1]
        return max(
            difflib.SequenceMatcher(None, wanted, text).ratio(),
            difflib.SequenceMatcher(None, wanted.rsplit("/", 1)[-1], tail).ratio(),
        )

    return sorted(among[:MOST_FILES], key=lambda other: (-likeness(other), other))[:most]


def read_text(path: Path) -> str:
    """Return the text of `path`, at most its first 2 MB, its line ends made the same.

    Read as UTF-8 (with or without a mark), UTF-16 (with its mark), GB18030, or Latin-1.

    Raises:
        ToolFailure: it cannot be read, or it is not text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ToolFailure(f"cannot read {path.name!r}: {error.strerror}") from error
    text = decode(data[:MOST_BYTES], cut=len(data) > MOST_BYTES)
    if text is None:
        raise ToolFailure(
            f"{path.name!r} is not a text file; query_tables reads .xlsx and .parquet files"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes, *, cut: bool = False) -> str | None:
    """Return `data` as text, or None when it is not text.

    Args:
        data: bytes from the start of a file.
        cut: whether the file goes on, so that the last character may be incomplete.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16", cut)
    if b"\x00" in data:
        return None
    text = _decoded(data, "utf-8-sig", cut)
    if text is None and _looks_chinese(data):
        text = _decoded(data, "gb18030", cut)
    if text is None:
        text = data.decode("cp1252" if re.search(rb"[\x80-\x9f]", data) else "latin-1", "replace")
    return None if _CONTROLS.search(text[:SAMPLE_BYTES]) or "\ufffd" in text else text


def _decoded(data: bytes, encoding: str, cut: bool) -> str | None:
    for short in range(4 if cut else 1):
        try:
            return data[: len(data) - short].decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _looks_chinese(data: bytes) -> bool:
    # Latin-1 words such as "élève" also decode as GB18030, to nonsense: there, high bytes
    # stand alone between ASCII letters, where Chinese text has them in pairs.
    high = len(re.findall(rb"[\x80-\xff]", data))
    return 2 * len(re.findall(rb"[\x81-\xfe][\xa1-\xfe]", data)) >= high / 2


def _is_skipped(name: str) -> bool:
    return name in SKIPPED or (name.startswith(".") and name != ".")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _describe(path: Path, relative: str) -> FileInfo:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
    except OSError:
        return FileInfo(path=relative, kind="other", size=0)
    return FileInfo(path=relative, kind=_kind(path.suffix.lower(), sample, size), size=size)


def _kind(ending: str, sample: bytes, size: int) -> Literal["table", "text", "other"]:
    if ending in TABLE_ENDINGS:
        return "table"
    text = decode(sample, cut=size > len(sample))
    if text is None:
        return "other"
    rows = _OBJECT_LIST.match(text) or _TWO_OBJECT_LINES.match(text)
    return "table" if ending == ".json" and rows else "text"


def _same(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _spellings(name: str) -> list[str]:
    """Return the ways that a file system may spell `name`."""
    posix = name.replace("\\", "/")
    forms = [unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)]
    # A path with backslashes that is no file of that name is a path of another system.
    return forms if posix == name or ".." in posix.split("/") else [*forms, posix]
