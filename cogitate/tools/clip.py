"""Cutting a long text down to what a model should read, and keeping all of it in a file."""

import re
from pathlib import Path

from cogitate.runs.context import current


def readable(text: str) -> str:
    """Return `text` without the half characters that no file and no model can take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def clip(text: str, limit: int, stem: str) -> str:
    """Return at most about `limit` characters of `text` and the name of the file with all of it.

    Args:
        text: what a tool gave.
        limit: characters that are shown; a text that is not longer is returned as it is.
        stem: start of the file's name. The file lies in the run's workspace.
    """
    text = readable(text)
    if len(text) <= limit:
        return text
    left = len(text) - limit
    head = text[:limit]
    try:
        path = _path_for(text, current().workspace, stem)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"{head}\n[cut: {left:,} characters more, which could not be kept: {error.strerror}]"
    return f"{head}\n[cut: {left:,} characters more; the whole text is in the file {path.name!r}]"


def _path_for(text: str, folder: Path, stem: str) -> Path:
    """Return a free path; the same text has the same, so that a run which goes on finds it."""
    clean = re.sub(r"\W+", "_", stem).strip("_")[:60] or "text"
    number = 1
    while (path := folder / f"{clean}-{number}.txt").exists():
        if path.read_text("utf-8", "replace") == text:
            break
        number += 1
    return path
