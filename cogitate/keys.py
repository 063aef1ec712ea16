"""Keys: where they come from, and how they are kept out of everything that is written.

A key comes from an environment variable, or from the file that `COGITATE_KEY_FILE` names and
that nobody else may read. `redacted` takes the values of all key variables, those of the key
file and texts of the known forms of keys out of a text. What it does not know: secrets that
have neither a variable of their own nor a known form.
"""

import functools
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from cogitate.errors import SetupError

KEY_FILE = "COGITATE_KEY_FILE"
HIDDEN = "[redacted]"
"""Stands where a key stood."""
SHORTEST = 8
"""Characters of the shortest value that counts as a key: shorter ones are in ordinary words."""
LARGEST_FILE = 65_536

_KEY_NAME = re.compile(
    r"(?i)(API_?KEY|ACCESS_?KEY(_ID)?|PRIVATE_?KEY|SECRET(_?KEY)?|TOKEN|PASSWORD|PASSWD|PASSPHRASE"
    r"|CREDENTIALS?)$"
)
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=\"|\Z))"
    r"|\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|xox[abprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|hf_\w{20,}|npm_\w{20,}"
    r"|tvly-[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,})"
    r"|(?<=Bearer )[\w.~+/-]{16,}=*"
    r"|(?<=://)[^\s/:@\"'\\]{1,64}:[^\s/@\"'\\]{3,}(?=@)"
)


def key_of(*names: str) -> str:
    """Return the key in the first of these environment variables that is set, else the file's.

    Raises:
        SetupError: the key file cannot be read, or others may read it.
    """
    for name in names:
        if os.environ.get(name):
            return os.environ[name]
    kept = _from_file()
    return next((kept[name] for name in names if name in kept), kept.get("", ""))


def check_key_file() -> Path | None:
    """Return the key file, None when none is named.

    Raises:
        SetupError: it cannot be read, or others may read it.
    """
    named = os.environ.get(KEY_FILE, "").strip()
    if not named:
        return None
    path = Path(named).expanduser()
    try:
        found = path.stat()
    except OSError as error:
        raise SetupError(f"{KEY_FILE}: cannot read {named!r} ({error.strerror})") from error
    if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_FILE:
        raise SetupError(f"{KEY_FILE}: {named!r} is not a file of keys")
    if os.name == "posix" and found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise SetupError(
            f"{KEY_FILE}: others may read {named!r} (its mode is {mode:04o}); "
            f"run: chmod 600 {named}"
        )
    return path


def redacted(text: str) -> str:
    """Return `text` without keys: `[redacted]` stands in the place of each."""
    return _FORMS.sub(HIDDEN, without_known(text))


def without_known(text: str) -> str:
    """Return `text` without the values of key variables and of the key file."""
    for value in _values():
        if value in text:
            text = text.replace(value, HIDDEN)
    return text


def _values() -> list[str]:
    """Return what must not be written, the longest first, in each form it may be written in."""
    found: set[str] = set()
    for value in _plain_values():
        if len(value) >= SHORTEST and not value.isdigit():
            escaped = json.dumps(value)[1:-1]
            found |= {value, escaped, json.dumps(value, ensure_ascii=False)[1:-1]}
            found |= {quote(value, safe=""), quote(value)}
    return sorted(found, key=len, reverse=True)


def _plain_values() -> Iterator[str]:
    for name, value in os.environ.items():
        if value and _KEY_NAME.search(name):
            yield value.strip()
    try:
        yield from _from_file().values()
    except SetupError:  # said where the key is asked for
        return


def _from_file() -> dict[str, str]:
    """Return the keys of the key file by variable; a line without a name has the name ""."""
    path = check_key_file()
    if path is None:
        return {}
    return _read(str(path), path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _read(path: str, changed: int) -> dict[str, str]:
    kept: dict[str, str] = {}
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{KEY_FILE}: cannot read {path!r} ({error})") from error
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        named = _LINE.fullmatch(text)
        name, value = (named[1], named[2]) if named else ("", text)
        kept.setdefault(name, value.strip().strip("\"'"))
    return kept


__all__ = ["HIDDEN", "KEY_FILE", "check_key_file", "key_of", "redacted", "without_known"]
