"""One loader a format, and `load`, which picks it."""

from cogitate.memory.documents.loaders.load import MOST_BYTES, load

__all__ = ["MOST_BYTES", "load"]
