"""Whether a file is a whole GGUF file, from its header alone.

The header lists every tensor with its place, so a file that was cut short is told from a
whole one without loading it. What the weights are worth, only a hash can say.
"""

import struct
from mmap import ACCESS_READ, mmap
from pathlib import Path

from cogitate.errors import SetupError, UnavailableError

MAGIC = b"GGUF"

_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each type of metadata value, by the number that the format gives it."""
_STRING, _ARRAY = 8, 9

_BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    30: (1, 2),
}
"""Weights and bytes of one block of each common type of tensor; others count as empty."""


def check_gguf(path: Path) -> None:
    """Check that `path` is a GGUF file with all its bytes.

    Raises:
        SetupError: it is a folder or another kind of file.
        UnavailableError: it is not there, cannot be read, or is cut short or damaged.
    """
    shown = str(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if file.read(4) != MAGIC:
                raise SetupError(f"{shown!r} is not a GGUF model file")
            with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                need = _needed(data)
    except FileNotFoundError as error:
        raise UnavailableError(f"the model file {shown!r} does not exist") from error
    except IsADirectoryError as error:
        raise SetupError(f"{shown!r} is a folder, not a GGUF model file") from error
    except OSError as error:
        raise UnavailableError(
            f"cannot read the model file {shown!r} ({error.strerror or error})"
        ) from error
    except (struct.error, KeyError, ValueError, OverflowError, IndexError) as error:
        raise UnavailableError(
            f"the model file {shown!r} is damaged: its header cannot be read; get it again"
        ) from error
    if size < need:
        raise UnavailableError(
            f"the model file {shown!r} is cut short: it has {size} bytes of at least {need}; "
            "get it again"
        )


def _needed(data: mmap) -> int:
    """Return how many bytes a file must have, by the header in `data`."""
    version, tensors, pairs = struct.unpack_from("<IQQ", data, 4)
    if version not in (2, 3):
        raise ValueError(f"version {version}")
    at, alignment = 24, 32
    for _ in range(pairs):
        key, at = _string(data, at)
        (kind,) = struct.unpack_from("<I", data, at)
        if key == b"general.alignment":
            (alignment,) = struct.unpack_from("<I", data, at + 4)
        at = _after(data, at + 4, kind)
    end = 0
    for _ in range(tensors):
        _, at = _string(data, at)
        (dimensions,) = struct.unpack_from("<I", data, at)
        shape = struct.unpack_from(f"<{dimensions}Q", data, at + 4)
        kind, offset = struct.unpack_from("<IQ", data, at + 4 + 8 * dimensions)
        at += 4 + 8 * dimensions + 12
        weights, block = 1, _BLOCKS.get(kind, (1, 0))
        for count in shape:
            weights *= count
        end = max(end, offset + weights // block[0] * block[1])
    return at + -at % alignment + end


def _string(data: mmap, at: int) -> tuple[bytes, int]:
    """Return the string at `at` and where it ends."""
    (length,) = struct.unpack_from("<Q", data, at)
    end = at + 8 + length
    if end > len(data):
        raise ValueError("a string beyond the end of the file")
    return data[at + 8 : end], end


def _after(data: mmap, at: int, kind: int) -> int:
    """Return where the metadata value of type `kind` at `at` ends."""
    if kind == _STRING:
        return _string(data, at)[1]
    if kind != _ARRAY:
        return at + _SCALARS[kind]
    inner, count = struct.unpack_from("<IQ", data, at)
    at += 12
    if inner in _SCALARS:
        return at + int(count) * _SCALARS[inner]
    for _ in range(count):
        at = _after(data, at, inner)
    return at
