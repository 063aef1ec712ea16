"""Reads one file: which format it is in, and the loader of that format.

Every file becomes a `Document` or a `Skipped` with its reason. What it does not know: folders
(walk.py), chunks (split.py).
"""

import hashlib
from pathlib import Path, PurePath

from cogitate.memory.documents.document import CannotRead, Document, Format, Part, Skipped
from cogitate.memory.documents.loaders.encoding import decode
from cogitate.memory.documents.loaders.html import declared_encoding, html_parts
from cogitate.memory.documents.loaders.pdf import pdf_parts
from cogitate.memory.documents.loaders.source import ENDINGS, NAMES, source_parts
from cogitate.memory.documents.loaders.table import table_parts
from cogitate.memory.documents.loaders.text import markdown_parts, plain_parts, rst_parts
from cogitate.memory.documents.loaders.word import word_parts

MOST_BYTES = 50_000_000
_ENDINGS: dict[str, Format] = {
    ".pdf": "pdf", ".docx": "word", ".docm": "word",
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".rst": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "table", ".tsv": "table",
}  # fmt: skip
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKED = {
    ".xlsx": "a workbook", ".pptx": "slides", ".odt": "an OpenDocument text",
    ".ods": "an OpenDocument table", ".odp": "OpenDocument slides", ".epub": "an e-book",
}  # fmt: skip


def load(path: str | Path, *, most_bytes: int = MOST_BYTES) -> Document | Skipped:
    """Return what the file holds, or why it was not read. Nothing larger than the limit is read.

    Raises:
        UnavailableError: its format needs the extra `docs`, which is not installed.
    """
    file = Path(path)
    try:
        data = _bytes(file, most_bytes)
        return _loaded(file, data)
    except CannotRead as error:
        return Skipped(path=str(path), reason=str(error))
    except OSError as error:
        return Skipped(path=str(path), reason=_why(error))


def _bytes(file: Path, most: int) -> bytes:
    if file.is_dir():
        raise CannotRead("a folder, not a file")
    if not file.is_file():
        # Opening a pipe or a device could wait for ever.
        raise CannotRead("not a regular file" if file.exists() else "it does not exist")
    with file.open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        size = max(file.stat().st_size, len(data))
        raise CannotRead(
            f"too large: {size / 1e6:,.1f} MB, and at most {most / 1e6:,.1f} MB are read; "
            "split it, or raise the limit (`most_bytes` of Options, in Python)"
        )
    if not data.strip():
        raise CannotRead("it is empty")
    return data


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no right to read it"
    return f"cannot be read ({error.strerror or error})"


def _loaded(file: Path, data: bytes) -> Document:
    kind = _format(file, data)
    encoding = ""
    remarks: tuple[str, ...] = ()
    if kind == "pdf":
        title, parts, remarks = pdf_parts(data)
    elif kind == "word":
        title, parts = word_parts(data)
    else:
        declared = declared_encoding(data) if kind == "html" else ""
        decoded = decode(data, declared=declared)
        if decoded is None:
            raise CannotRead("a binary file, not text")
        text, encoding = decoded
        title, parts = _text_parts(kind, text, file)
    kept = tuple(part for part in parts if part.text)
    if not any(part.text.strip() for part in kept):
        raise CannotRead("it holds no text")
    return Document(
        path=str(file),
        format=kind,
        title=" ".join(title.split())[:200] or file.stem,
        parts=kept,
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=encoding,
        remarks=remarks,
    )


def _format(file: PurePath, data: bytes) -> Format:
    """Return the format, by the content where that is plain and else by the name."""
    ending = file.suffix.lower()
    if data.startswith(b"%PDF-") or (ending == ".pdf" and b"%PDF-" in data[:1024]):
        return "pdf"
    if data.startswith(_OLD_OFFICE):
        raise CannotRead("an old or a locked Office file; save it as .docx or PDF, unlocked")
    if data.startswith(b"PK\x03\x04"):
        if ending in (".docx", ".docm"):
            return "word"
        what = _PACKED.get(ending, "an archive")
        raise CannotRead(f"{what}, which is not read; save its text as PDF, .docx or text")
    if ending in (".pdf", ".docx", ".docm"):
        raise CannotRead(f"not a {ending} file, whatever its name says; check where it came from")
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    if ending in ENDINGS or file.name.lower() in NAMES:
        return "source"
    head = data[:1024].lstrip().lower()
    return "html" if head.startswith((b"<!doctype html", b"<html")) else "text"


def _text_parts(kind: Format, text: str, file: Path) -> tuple[str, list[Part]]:
    if kind == "html":
        return html_parts(text)
    if kind == "markdown":
        return rst_parts(text) if file.suffix.lower() == ".rst" else markdown_parts(text)
    if kind == "table":
        return file.stem, table_parts(text)
    if kind == "source":
        return file.name, source_parts(text, file.name)
    return file.stem, plain_parts(text)
