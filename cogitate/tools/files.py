"""The file tools: list, read and search the person's folder, and write into the run's workspace.

The person's folder is never written to; what a run writes lies in its workspace.
"""

import os
import tempfile
from pathlib import Path, PurePosixPath

from cogitate.errors import ToolFailure
from cogitate.runs.context import current
from cogitate.tools.base import tool
from cogitate.tools.folder import MOST_BYTES, NO_FOLDER, Folder, closest, read_text
from cogitate.tools.grid import clip
from cogitate.tools.lines import around, search
from cogitate.tools.meaning import nearest
from cogitate.values import Hit
from cogitate.words import content_words

MOST_LISTED = 100
MOST_LINES = 400
LONGEST_LINE = 500
MOST_SHOWN = 8_000
"""Most characters that `read_file` shows at once."""
LONGEST_HIT = 200
MOST_HITS = 12
MOST_WRITTEN = 5_000_000


def _folder() -> Folder:
    folder = current().folder
    if folder is None:
        raise ToolFailure(NO_FOLDER)
    return Folder(folder)


@tool(effect="read")
def list_files() -> str:
    """List the files of the folder, with their kind (table, text or other) and size."""
    files = _folder().files()
    if not files:
        return "the folder holds no files"
    lines = [f"{i['path']}  {i['kind']}  {_size(i['size'])}" for i in files[:MOST_LISTED]]
    if len(files) > MOST_LISTED:
        lines.append(f"(first {MOST_LISTED} of {len(files)} files)")
    return "\n".join(lines)


@tool(effect="read")
def read_file(path: str, start: int = 1, lines: int = 80) -> str:
    """Read lines of a text file of the folder, each with its number.

    Args:
        path: the file, as list_files names it.
        start: number of the first line to read.
        lines: how many lines to read.
    """
    file = _readable(path)
    if file.is_dir():
        raise ToolFailure(f"{path!r} is a folder; list_files shows what is in it")
    if not file.is_file():
        raise ToolFailure(f"{path!r} is not a regular file")
    text = read_text(file).split("\n")
    if text[-1] == "":
        text.pop()
    if not text:
        return f"{path} is empty"
    first = max(1, start)
    if first > len(text):
        raise ToolFailure(f"{path!r} has {len(text)} lines; start={start} is beyond its end")
    shown: list[str] = []
    size = 0
    for number in range(first, min(len(text), first - 1 + max(1, min(lines, MOST_LINES))) + 1):
        line = f"{number}: {clip(text[number - 1], LONGEST_LINE)}"
        size += len(line) + 1
        if size > MOST_SHOWN and shown:
            break
        shown.append(line)
    return "\n".join([*shown, _where(path, first, first + len(shown) - 1, len(text), file)])


@tool(effect="idempotent", result="content_and_artifact")
def write_file(path: str, text: str) -> tuple[str, dict[str, list[str]]]:
    """Write a text file for the person, as a result of this run; replaces one of that name.

    Args:
        path: the file's name, for example report.md.
        text: all of its text.
    """
    context = current()
    target = _writable(path, context.workspace)
    if len(text) > MOST_WRITTEN:
        raise ToolFailure(f"{len(text):,} characters are too many; at most {MOST_WRITTEN:,}")
    _replace(target, text)
    name = str(target.relative_to(context.workspace.resolve()))
    return f"wrote {len(text):,} characters to {target}", {"files": [name]}


@tool(effect="read", result="content_and_artifact")
def search_files(
    words: str, path: str = "", meaning: bool = False
) -> tuple[str, dict[str, list[Hit]]]:
    """Find the lines of the folder's text files and tables that match words or a phrase best.

    Args:
        words: a phrase or the words to look for, or a question when `meaning` is true.
        path: a file or a folder to search in; empty for everything.
        meaning: also find text that says it in other words or in another language.
    """
    folder = _folder()
    if not words.strip():
        raise ToolFailure("no words were given; say what to look for")
    look = nearest if meaning else search
    found = look(folder, words, under=path, limit=MOST_HITS)
    stopped = [f"({found.stopped})"] if found.stopped else []
    if found.hits:
        shown = [
            f"{hit['path']}:{hit['line']}: {clip(hit['text'], LONGEST_HIT)}" for hit in found.hits
        ]
        for hit in found.hits:
            hit["around"] = around(folder, hit)
        return "\n".join([*shown, *stopped]), {"hits": found.hits}
    names = closest(words, [info["path"] for info in folder.files()], 20)
    there = f"files there are: {', '.join(names)}" if names else "the folder holds no files"
    what = " or ".join(repr(word) for word in content_words(words)[:8]) or repr(words)
    where = f" of {path!r}" if path.strip() else ""
    raise ToolFailure("\n".join([f"no line{where} contains {what}; {there}", *stopped]))


def _readable(name: str) -> Path:
    """Return the file `name` of the person's folder, or else of the run's workspace."""
    context = current()
    workspace = Folder(context.workspace)
    if Path(name).is_absolute():
        try:
            return workspace.resolve(str(Path(name).resolve().relative_to(workspace.root)))
        except (ValueError, OSError, RuntimeError):  # not in the workspace: refused below
            pass
    if context.folder is None:
        return workspace.resolve(name)
    try:
        return Folder(context.folder).resolve(name)
    except ToolFailure:
        try:
            return workspace.resolve(name)
        except ToolFailure:
            pass
        raise


def _writable(name: str, workspace: Path) -> Path:
    root = workspace.resolve()
    wanted = PurePosixPath(name.strip())
    if wanted.is_absolute():
        try:
            wanted = wanted.relative_to(root.as_posix())
        except ValueError as error:
            raise ToolFailure(
                f"{name!r} is an absolute path; give a name such as 'report.md'"
            ) from error
    if ".." in wanted.parts or not wanted.name or "\x00" in name:
        raise ToolFailure(f"{name!r} is no name of a file in the workspace; try 'report.md'")
    target = root / wanted
    try:
        inside = target.parent.resolve().is_relative_to(root)
        is_folder = target.is_dir()
    except (OSError, RuntimeError) as error:  # too long a name, a loop of links
        raise ToolFailure(f"{name[:80]!r} cannot be the name of a file ({error})") from error
    if not inside:
        raise ToolFailure(f"{name!r} leads out of the workspace; try {wanted.name!r}")
    if is_folder:
        raise ToolFailure(f"{name!r} is a folder; give the name of a file")
    return target


def _replace(target: Path, text: str) -> None:
    """Write `text` to `target` as a whole or not at all; a link there is replaced."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
    except OSError as error:
        raise ToolFailure(f"cannot write {target.name!r}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="", errors="replace") as file:
            file.write(text)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(target)
    except OSError as error:
        Path(scratch).unlink(missing_ok=True)
        raise ToolFailure(f"cannot write {target.name!r}: {error.strerror}") from error


def _where(path: str, first: int, last: int, count: int, file: Path) -> str:
    text = f"(lines {first} to {last} of {count} of {path}"
    if last < count:
        text += f"; read on with start={last + 1}"
    elif file.stat().st_size > MOST_BYTES:
        text += "; only its first 2 MB are read"
    return f"{text})"


def _size(size: int) -> str:
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1_000:.1f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
