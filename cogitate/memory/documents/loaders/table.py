"""CSV and its kin: each row as one line of `column: value` pairs, so that a row explains itself.

What it does not know: sums and filters; `query_tables` of the agent's tools asks tables with SQL.
"""

import csv
import io
from collections import Counter

from cogitate.memory.documents.clean import tidy
from cogitate.memory.documents.document import CannotRead, Part

DELIMITERS = ",\t;|"
SAMPLE_ROWS = 20


def table_parts(text: str) -> list[Part]:
    """Return the rows as one part, with the lines of the file that each row stands on.

    Raises:
        CannotRead: a cell is never closed, or there are no rows.
    """
    text = tidy(text)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter_of(text))
    header: list[str] = []
    out: list[str] = []
    numbers: list[tuple[int, int]] = []
    line = 0
    try:
        for row in rows:
            first, line = line + 1, rows.line_num
            cells = [" ".join(cell.split()) for cell in row]
            if not any(cells):
                continue
            if not header:
                header = _names(cells)
                out.append("columns: " + ", ".join(header) + "\n")
            else:
                out.append(_row(header, cells) + "\n")
            numbers.append((first, line))
    except csv.Error as error:
        raise CannotRead(f"line {line + 1} is no row ({error}); save it again as CSV") from error
    if not out:
        raise CannotRead("it holds no rows")
    return [Part(text="".join(out), form="lines", numbers=tuple(numbers))]


def delimiter_of(text: str) -> str:
    """Return the character that parts the cells of the first rows most evenly."""
    sample = [line for line in text[:20_000].split("\n") if line.strip()][:SAMPLE_ROWS]

    def evenness(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in sample)
        common, rows = max(((n, r) for n, r in counts.items() if n), default=(0, 0), key=_rows)
        return rows, common

    return max(DELIMITERS, key=evenness)


def _rows(pair: tuple[int, int]) -> tuple[int, int]:
    return pair[1], pair[0]


def _names(cells: list[str]) -> list[str]:
    return [cell or f"column {number}" for number, cell in enumerate(cells, 1)]


def _row(header: list[str], cells: list[str]) -> str:
    names = [*header, *(f"column {n}" for n in range(len(header) + 1, len(cells) + 1))]
    pairs = [f"{name}: {cell}" for name, cell in zip(names, cells, strict=False) if cell]
    return "; ".join(pairs)
