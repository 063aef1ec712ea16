"""Puts a page together: one HTML file that needs nothing else and reaches nowhere.

The data may hold anything that a model wrote. It stands in the file as JSON in which no character
can end the element that holds it, and the page's policy runs only the two texts whose hashes it
names: a script in the data is never more than text. What this module does not know: towns and
role-plays.
"""

import hashlib
import json
import re
from base64 import b64encode
from html import escape
from importlib.resources import files

from cogitate.cli.pages.contract import Page

SCRIPTS = (
    "words.js",
    "base.js",
    "player.js",
    "index.js",
    "map.js",
    "memories.js",
    "metrics.js",
    "town.js",
    "roleplay.js",
    "start.js",
)
"""In the order in which they are put together."""
_DANGEROUS = re.compile("[<>&\u2028\u2029\x7f\ud800-\udfff]")
_NAMED = re.compile(r"@([A-Z]+)@")


def page_html(page: Page) -> str:
    """Return the HTML file that shows `page`."""
    style = _text("page.css")
    script = '"use strict";\n' + "\n".join(_text(name) for name in SCRIPTS)
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )
    parts = {
        "LANGUAGE": "zh-Hans" if page["language"] == "zh" else "en",
        "POLICY": escape(policy, quote=True),
        "TITLE": escape(_without_surrogates(page["title"])),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": as_data(page),
    }
    return _NAMED.sub(lambda found: parts[found[1]], _text("page.html"))


def as_data(value: object) -> str:
    """Return JSON that may stand in an HTML element: nothing in it is markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _DANGEROUS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _text(name: str) -> str:
    return (files("cogitate.cli.pages") / "static" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
