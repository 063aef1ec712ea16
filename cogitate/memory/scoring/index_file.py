"""A FAISS index in a file, with a sidecar that says what it is an index of.

FAISS's own format has no checksum: a changed byte would be read without an error, or bring the
process down. So the sidecar holds the SHA-256 of the file, and nothing is read that differs.
What this module does not know: stores, and when an index is out of date.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cogitate.memory.scoring.kinds import DocumentIndex, IndexKind, IndexPlan
from cogitate.memory.scoring.segments import Places, Vectors, load_faiss
from cogitate.memory.storage.beside import sidecar_of

FORMAT = 1
BLOCK = 1 << 20


class Damaged(Exception):
    """Raised when an index cannot be read; says why. It is to be built anew."""


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """What an index file holds."""

    kind: IndexKind
    rows: int
    dimension: int
    embedder: str
    row: int
    """The last row of the memory when it was built; with `change`, a `Mark`."""
    change: int
    """The number of the last change of the memory when it was built."""
    recall: float
    seconds: float
    """How long it took to build."""
    sha256: str = ""
    format: int = FORMAT


def write_index(file: Path, index: DocumentIndex, rows: Places, told: Sidecar) -> Sidecar:
    """Write an index over the vectors of these rows; return its sidecar, complete.

    A process that is killed meanwhile leaves the old files, or ones that `read_index` refuses.
    """
    faiss = load_faiss()
    wrapped = faiss.IndexIDMap(faiss.IndexFlatIP(told.dimension))  # takes an empty one only
    wrapped.index, wrapped.own_fields = index.faiss_index, False
    faiss.copy_array_to_vector(rows.astype(np.int64), wrapped.id_map)
    wrapped.ntotal = len(rows)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        faiss.write_index(wrapped, str(new))
        whole = Sidecar(**{**asdict(told), "sha256": _sha256(new)})
        os.replace(new, file)
    finally:
        new.unlink(missing_ok=True)
    beside = sidecar_of(file)
    draft = beside.with_name(f"{beside.name}.{os.getpid()}")
    draft.write_text(json.dumps(asdict(whole), indent=1), encoding="utf-8")
    os.replace(draft, beside)
    return whole


def read_sidecar(file: Path) -> Sidecar | None:
    """Return what an index file holds; None when there is none.

    Raises:
        Damaged: the sidecar cannot be read.
    """
    try:
        told = Sidecar(**json.loads(sidecar_of(file).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise Damaged(f"its sidecar cannot be read: {error}") from error
    if told.format != FORMAT:
        raise Damaged(f"it has format {told.format!r} and this cogitate knows {FORMAT}")
    return told


def read_index(
    file: Path, told: Sidecar, reader: Callable[[Places], Callable[[Places], Vectors]]
) -> tuple[DocumentIndex, Places]:
    """Return an index from its file, and the row of each vector.

    Args:
        file: the FAISS file.
        told: its sidecar.
        reader: makes of the rows what gives the vectors at some places.

    Raises:
        Damaged: the file is gone, or differs from what its sidecar says.
    """
    faiss = load_faiss()
    try:
        if _sha256(file) != told.sha256:
            raise Damaged("its bytes are not those that were written")
        wrapped = faiss.read_index(str(file))
        rows: Places = faiss.vector_to_array(wrapped.id_map)
        inner = faiss.downcast_index(wrapped.index)
        plan = IndexPlan(len(rows), told.dimension, wanted=told.kind)
    except (OSError, RuntimeError, AttributeError) as error:
        raise Damaged(f"it cannot be read: {error}") from error
    if len(rows) != told.rows or inner.d != told.dimension:
        raise Damaged(f"it holds {len(rows):,} rows of {inner.d} numbers, not {told.rows:,}")
    index = DocumentIndex(plan, inner, reader(rows), owner=wrapped)
    index.recall = told.recall
    return index, rows


def _sha256(file: Path) -> str:
    found = hashlib.sha256()
    with open(file, "rb") as opened:
        while block := opened.read(BLOCK):
            found.update(block)
    return found.hexdigest()
