"""How a text of `corpus.py` is written as Markdown, text, HTML, Word and PDF."""

import html
import io
import random
import textwrap
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bench.corpus_text import Text

CHINESE_FONT = "STSong-Light"
LONG_AGO = datetime(2024, 1, 1)


def _wrapped(text: str, language: str, width: int = 88) -> list[str]:
    if language == "zh":
        return [text[at : at + width // 2] for at in range(0, len(text), width // 2)]
    return textwrap.wrap(text, width)


def _write_md(path: Path, made: Text, rng: random.Random) -> dict[str, int]:
    wrap = rng.random() < 0.5
    lines = [f"# {made.title}", ""]
    for section, paragraphs in made.sections:
        lines += [f"## {section}", ""] if section else []
        for text in paragraphs:
            lines += [*(_wrapped(text, made.language) if wrap else [text]), ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return {}


def _write_txt(path: Path, made: Text, rng: random.Random) -> dict[str, int]:
    lines = [made.title, ""]
    for section, paragraphs in made.sections:
        lines += [section, ""] if section else []
        for text in paragraphs:
            lines += [*_wrapped(text, made.language, 76), ""]
    old = made.language == "zh" and rng.random() < 0.4
    path.write_bytes("\n".join(lines).encode("gb18030" if old else "utf-8"))
    return {}


def _write_html(path: Path, made: Text, rng: random.Random) -> dict[str, int]:
    english = made.language == "en"
    menu = ("Home", "News", "Contact", "Search") if english else ("首页", "新闻", "联系", "搜索")
    legal = "All rights reserved. Cookies" if english else "版权所有 隐私政策"
    body = [f"<h1>{html.escape(made.title)}</h1>"]
    for section, paragraphs in made.sections:
        body += [f"<h2>{html.escape(section)}</h2>"] if section else []
        for text in paragraphs:
            lines = _wrapped(html.escape(text, quote=False), "en", 100) if english else [text]
            body += [f"<p>{lines[0]}", *lines[1:]]
            body[-1] += "</p>"
    links = " ".join(f'<a href="/{number}">{name}</a>' for number, name in enumerate(menu))
    page = [
        "<!DOCTYPE html>",
        f'<html lang="{made.language}"><head><meta charset="utf-8">',
        f"<title>{html.escape(made.title)}</title>",
        f"<script>var visit = {rng.randint(1000, 9999)};</script></head>",
        f"<body><nav>{links}</nav>",
        "<main>",
        *body,
        "</main>",
        f"<footer><p>{legal} {rng.randint(2001, 2025)}</p></footer></body></html>",
    ]
    path.write_text("\n".join(page), encoding="utf-8")
    return {}


def _write_docx(path: Path, made: Text, rng: random.Random) -> dict[str, int]:
    import docx

    file = docx.Document()
    properties = file.core_properties
    properties.title, properties.created, properties.modified = made.title, LONG_AGO, LONG_AGO
    file.add_paragraph(made.title, style="Title")
    for section, paragraphs in made.sections:
        if section:
            file.add_heading(section, level=1)
        for text in paragraphs:
            file.add_paragraph(text)
    held = io.BytesIO()
    file.save(held)
    with zipfile.ZipFile(held) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            # A fixed date, so that the same seed gives the same bytes.
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            target.writestr(info, source.read(name), zipfile.ZIP_DEFLATED)
    return {}


def _write_pdf(path: Path, made: Text, rng: random.Random) -> dict[str, int]:
    """Write a PDF of several pages and return the page of each section."""
    from reportlab.lib.pagesizes import A5
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    chinese = made.language == "zh"
    font = CHINESE_FONT if chinese else "Helvetica"
    if chinese:
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
    canvas = Canvas(str(path), pagesize=A5, invariant=True)
    canvas.setTitle(made.title)
    where: dict[str, int] = {}
    page, at = 1, 0
    for section, paragraphs in made.sections:
        lines = [section, *(line for text in paragraphs for line in
                            [*_wrapped(text, made.language, 64), ""])]  # fmt: skip
        if at and at + len(lines) > 30:
            canvas.showPage()
            page, at = page + 1, 0
        if at == 0:
            canvas.setFont(font, 9)
            canvas.drawString(40, 560, made.title)
            canvas.drawString(200, 20, f"- {page} -")
            canvas.setFont(font, 11)
        where[section] = page
        for line in lines:
            canvas.drawString(40, 530 - 15 * at, line)
            at += 1
    canvas.showPage()
    canvas.save()
    return where


WRITERS: dict[str, Callable[[Path, Text, random.Random], dict[str, int]]] = {
    "md": _write_md,
    "txt": _write_txt,
    "html": _write_html,
    "docx": _write_docx,
    "pdf": _write_pdf,
}
