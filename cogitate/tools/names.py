"""Names of tables and columns as SQL takes them."""

import re
import unicodedata

_PLAIN_NAME = re.compile(r"[^\W\d]\w*").fullmatch
# Words that SQL reserves (DuckDB's "reserved" and "type_function"): no names without quotes.
RESERVED = frozenset(
    "all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by "
    "case cast check collate collation column columns concurrently constraint create cross default "
    "deferrable desc describe distinct do else end except false fetch for foreign freeze from full "
    "generated glob group having ilike in initially inner intersect into is isnull join lambda "
    "lateral leading left like limit map natural not notnull null offset on only or order outer "
    "overlaps pivot pivot_longer pivot_wider placing positional primary qualify references "
    "returning right select semi show similar some struct summarize symmetric table tablesample "
    "then to trailing true try_cast tuple union unique unpack unpivot using variadic verbose when "
    "where window with".split()
)


def sql_name(label: str) -> str:
    """Return a SQL name made from a file's name; letters of any script are kept."""
    text = unicodedata.normalize("NFKC", label).lower()
    name = re.sub(r"_+", "_", re.sub(r"\W", "_", text)).strip("_")[:60] or "table"
    if name[0].isdigit():
        return f"t_{name}"
    return f"{name}_table" if name in RESERVED else name


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(name: str) -> str:
    """Return `name` as it must be written in SQL: quoted only where it has to be."""
    return name if _PLAIN_NAME(name) and name.lower() not in RESERVED else quoted(name)
