"""Finds the files of folders, as they are met, and says which it leaves out and why.

Hidden files, caches, folders of other programs and links that lead out are left out. What it
does not know: what is in a file.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cogitate.errors import SetupError
from cogitate.memory.documents.document import Skipped

LEFT_OUT = frozenset(
    "__pycache__ node_modules bower_components site-packages venv env target build dist "
    "__macosx $recycle.bin lost+found".split()
)
"""Folders that hold what programs made, and no documents."""
_LEFT_OUT_FILES = frozenset({"thumbs.db", "desktop.ini"})
_LEFT_OUT_ENDINGS = ("~", ".swp", ".tmp", ".pyc", ".lock", ".part", ".crdownload")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file that may be read. Its path is absolute; links in it are kept."""

    path: str
    size: int
    modified: int
    """Nanoseconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """A place of which nothing can be said now; what was indexed from there stays."""

    path: str
    reason: str


def absolute(path: str | Path) -> Path:
    """Return `path` from the root of the disk, its links kept."""
    return Path(os.path.abspath(Path(path).expanduser()))


def roots_of(paths: Iterable[str | Path]) -> list[Path]:
    """Return the folders and files to be walked, absolute, none inside of another.

    Raises:
        SetupError: one of them does not exist or may not be read.
    """
    roots: list[Path] = []
    for path in paths:
        root = absolute(path)
        try:
            _look_into(root)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise SetupError(
                f"{str(path)!r} does not exist; give a file or a folder that does "
                "(`cogitate index --remove PATH` takes out what was indexed from one that is gone)"
            ) from error
        except OSError as error:
            raise SetupError(
                f"{str(path)!r} cannot be read ({error.strerror}); "
                "change its rights, or give another place"
            ) from error
        roots.append(root)
    return [
        root
        for root in dict.fromkeys(roots)
        if not any(root != other and root.is_relative_to(other) for other in roots)
    ]


def _look_into(root: Path) -> None:
    """Open a folder or file, and nothing that could wait for ever."""
    mode = os.stat(root).st_mode
    if stat.S_ISDIR(mode):
        os.scandir(root).close()
    elif stat.S_ISREG(mode):
        root.open("rb").close()


def walk(root: Path) -> Iterator[Found | Skipped | Unseen]:
    """Yield what lies below `root`, folder by folder in the order of names."""
    if not os.path.isdir(root):
        yield found_at(str(root))
        return
    real = root.resolve()
    todo = [str(root)]
    while todo:
        folder = todo.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Unseen(path=folder, reason=f"cannot be listed ({error.strerror})")
            continue
        below = []
        for entry in entries:
            reason = _left_out(entry, real)
            if reason:
                yield Skipped(path=entry.path, reason=reason)
            elif entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
            else:
                yield found_at(entry.path)
        todo += reversed(below)


def found_at(path: str) -> Found | Skipped | Unseen:
    """Return the file at `path` as it is now."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return Skipped(path=path, reason="it went away while the folder was read")
    except OSError as error:
        return Unseen(path=path, reason=f"cannot be read ({error.strerror})")
    return Found(path=path, size=status.st_size, modified=status.st_mtime_ns)


def _left_out(entry: os.DirEntry[str], root: Path) -> str:
    name = entry.name.casefold()
    if name.startswith("."):
        return "hidden"
    if entry.is_symlink():
        return _link(Path(entry.path), root)
    if entry.is_dir(follow_symlinks=False):
        is_environment = os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))
        made = name in LEFT_OUT or is_environment or name.endswith(".egg-info")
        return "a folder of caches or of another program" if made else ""
    made = name in _LEFT_OUT_FILES or name.endswith(_LEFT_OUT_ENDINGS) or name.startswith("~$")
    return "a temporary file of another program" if made else ""


def _link(path: Path, root: Path) -> str:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if not target.is_relative_to(root):
        return "a link that leads out of the folder"
    if target.is_dir():
        return "a link to a folder, which is read where it lies"
    hidden = any(part.startswith(".") for part in target.relative_to(root).parts)
    return "a link to a hidden file" if hidden else ""
