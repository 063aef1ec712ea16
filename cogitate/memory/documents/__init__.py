"""Documents for the long-term memory: files are read, cleaned, cut and kept in step."""

from cogitate.memory.documents.document import Document, Part, Skipped
from cogitate.memory.documents.ingest import index, indexing, remove
from cogitate.memory.documents.loaders import load
from cogitate.memory.documents.outcome import Options, Outcome, Report
from cogitate.memory.documents.split import Chunk, Sizes, split

__all__ = [
    "Chunk",
    "Document",
    "Options",
    "Outcome",
    "Part",
    "Report",
    "Sizes",
    "Skipped",
    "index",
    "indexing",
    "load",
    "remove",
    "split",
]
