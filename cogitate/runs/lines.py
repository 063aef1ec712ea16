"""A line of a file of events: JSON whose last field is a checksum over what stands before it.

    {"kind": "Noted", "text": "...", "at": 1.0, "crc": "0a1b2c3d"}

A byte that a disk or a copy changed may leave good JSON behind, with another answer in it. Such
a line does not fit its checksum and is no event. A line without one is of an earlier version.
"""

import re
from zlib import crc32

_SEALED = re.compile(rb'(.*), "crc": "([0-9a-f]{8})"\}\s*', re.DOTALL)


def sealed(text: str) -> bytes:
    """Return the line for `text`, a JSON object with at least one field."""
    body = text.encode("utf-8", "replace").rstrip().removesuffix(b"}")
    return body + b', "crc": "%08x"}\n' % crc32(body)


def opened(line: bytes) -> str:
    """Return the JSON object that a line holds.

    Raises:
        ValueError: the line does not fit its checksum.
    """
    if found := _SEALED.fullmatch(line):
        body, crc = found.groups()
        if b"%08x" % crc32(body) != crc:
            raise ValueError("the line does not fit its checksum")
        line = body + b"}"
    return line.decode("utf-8", "replace")
