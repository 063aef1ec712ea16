"""Makes real files for the tests, with the programs that people make them with."""

import io
from collections.abc import Sequence
from pathlib import Path

import docx
import pypdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table

CHINESE_FONT = "STSong-Light"
LINES_APART = 16


def write_pdf(
    path: Path,
    pages: Sequence[Sequence[str]],
    *,
    title: str = "",
    chinese: bool = False,
    bookmarks: Sequence[tuple[int, str]] = (),
) -> Path:
    """Write pages of lines. `bookmarks` are (page from 1, text)."""
    font = CHINESE_FONT if chinese else "Helvetica"
    if chinese:
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    if title:
        canvas.setTitle(title)
    for number, lines in enumerate(pages, 1):
        canvas.setFont(font, 11)
        for at, line in enumerate(lines):
            canvas.drawString(60, 780 - LINES_APART * at, line)
        for name in [text for page, text in bookmarks if page == number]:
            canvas.bookmarkPage(name)
            canvas.addOutlineEntry(name, name, level=0)
        canvas.showPage()
    canvas.save()
    return path


def write_table_pdf(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    SimpleDocTemplate(str(path)).build([Table([list(row) for row in rows])])
    return path


def write_scan(path: Path, *, pages: int, with_text: Sequence[str] = ()) -> Path:
    """Write pages that are pictures; the first pages say `with_text` instead, one line each."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    picture = Image.new("L", (40, 60), 200)
    canvas = Canvas(str(path), pagesize=A4)
    for number in range(pages):
        if number < len(with_text):
            canvas.drawString(60, 780, with_text[number])
        else:
            canvas.drawImage(ImageReader(picture), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return path


def lock(path: Path, target: Path, *, user: str, owner: str, algorithm: str = "AES-256") -> Path:
    writer = pypdf.PdfWriter(clone_from=str(path))
    writer.encrypt(user_password=user, owner_password=owner, algorithm=algorithm)
    held = io.BytesIO()
    writer.write(held)
    target.write_bytes(held.getvalue())
    return target


def write_docx(path: Path, blocks: Sequence[tuple[str, str] | list[list[str]]]) -> Path:
    """Write paragraphs as (style, text) and tables as lists of rows."""
    file = docx.Document()
    for block in blocks:
        if isinstance(block, tuple):
            file.add_paragraph(block[1], style=block[0] or None)
            continue
        table = file.add_table(rows=len(block), cols=len(block[0]))
        for row, cells in zip(table.rows, block, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    file.save(str(path))
    return path
