"""Where the index of a collection lies: a FAISS file and its sidecar, beside the memory.

Both are copies of what the memory holds, and may be deleted at any time. What this module does
not know: what is in them.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def index_file(memory: Path, scope: str) -> Path:
    """Return the FAISS file of the collection `scope`; its sidecar ends in `.json`."""
    short = hashlib.blake2b(scope.encode(), digest_size=6).hexdigest()
    return memory.with_name(f"{memory.name}.{short}.faiss")


def sidecar_of(file: Path) -> Path:
    """Return where the sidecar of an index file is."""
    return file.with_name(f"{file.name}.json")


def remove_indexes(memory: Path, scopes: Iterable[str]) -> None:
    """Delete the index files of these collections, where there are any."""
    for scope in set(scopes):
        file = index_file(memory, scope)
        sidecar_of(file).unlink(missing_ok=True)
        file.unlink(missing_ok=True)
