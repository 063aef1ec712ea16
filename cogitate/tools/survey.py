"""What the person's folder holds that may bear on a goal, found by code before any model call."""

from pathlib import Path

from cogitate.tools.folder import Folder
from cogitate.tools.lines import search
from cogitate.tools.tables import describe_tables, tables_of
from cogitate.values import Survey, Table
from cogitate.words import content_words

MOST_FILES = 200
MOST_TABLES = 12
MOST_COLUMNS = 30
MOST_HITS = 12
MOST_READ = 10_000_000
"""Most characters of text that a survey searches."""

__all__ = ["describe_tables", "survey"]


def survey(folder: Path, goal: str) -> Survey:
    """Return the files, the tables and the best lines of `folder` for `goal`.

    Of more than 12 tables, those whose names share the most words with the goal are kept.

    Raises:
        SetupError: `folder` does not exist or is no folder.
    """
    place = Folder(folder)
    files = place.files()
    tables = tables_of(place, goal) if any(info["kind"] == "table" for info in files) else []
    if len(tables) > MOST_TABLES:
        wanted = set(content_words(goal))
        tables = sorted(tables, key=lambda table: -_shared(table, wanted))[:MOST_TABLES]
    found = search(place, goal, limit=MOST_HITS, most=MOST_READ)
    return Survey(
        files=files[:MOST_FILES],
        tables=[{**table, "columns": table["columns"][:MOST_COLUMNS]} for table in tables],
        hits=found.hits,
    )


def _shared(table: Table, wanted: set[str]) -> int:
    """Return how many words of the goal the table names; its own name counts double."""
    columns = " ".join(f"{c['name']} {' '.join(c['examples'])}" for c in table["columns"])
    own = set(content_words(f"{table['name']} {table['file']}"))
    return 2 * len(wanted & own) + len(wanted & set(content_words(columns)))
