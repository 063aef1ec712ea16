"""What lies in a workspace, seen without following links and without trusting names."""

import contextlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The files of a workspace at one moment."""

    files: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """(inode, size, time of change) by path relative to the workspace."""
    size: int = 0
    """Bytes on the disk, hidden files included."""
    entries: int = 0
    """Files and folders; counting stops a little above the limit that was given."""
    top: frozenset[str] = frozenset()
    """Names of what lies directly in the workspace."""

    def changed_since(self, before: "Snapshot") -> tuple[str, ...]:
        """Return the files that are new or different, in order of name."""
        return tuple(sorted(p for p, mark in self.files.items() if before.files.get(p) != mark))


def take_snapshot(workspace: Path, most: int) -> Snapshot:
    """Return what lies in `workspace`, looking at `most` entries and a few more at the most.

    Files that cannot be named in a text (hidden ones, names that are not valid text or hold
    control characters) count, but are not listed.
    """
    files: dict[str, tuple[int, int, int]] = {}
    size = entries = 0
    todo = [str(workspace)]
    while todo and entries <= most:
        try:
            found = list(os.scandir(todo.pop()))
        except OSError:  # deleted meanwhile, or a path too long to be opened
            continue
        for entry in found[: most + 1]:
            entries += 1
            try:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                    continue
                state = entry.stat(follow_symlinks=False)
                regular = entry.is_file(follow_symlinks=False)
            except OSError:
                continue
            size += state.st_blocks * 512
            name = os.path.relpath(entry.path, workspace)
            if regular and _nameable(name):
                files[name] = (state.st_ino, state.st_size, state.st_mtime_ns)
    top = frozenset(os.listdir(workspace))
    return Snapshot(files=files, size=size, entries=entries, top=top)


def _nameable(name: str) -> bool:
    hidden = any(part.startswith(".") for part in name.split(os.sep))
    return name.isprintable() and not hidden


def undo(workspace: Path, before: Snapshot, names: tuple[str, ...]) -> None:
    """Delete `names` and all that was not at the top of `workspace` at the time of `before`."""
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(workspace / name)
    for entry in list(os.scandir(workspace)):
        if entry.name in before.top:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)
