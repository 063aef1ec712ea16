"""The form of a query: SQL words, functions, literals, and only the names that exist.

A small model writes the column that it expects ("volunteer") instead of the one that is there
(志愿者). The grammar leaves out every name that no table has; it knows nothing of syntax.
"""

import re
from collections.abc import Iterable

KEYWORDS = (
    "SELECT FROM WHERE GROUP BY ORDER ASC DESC LIMIT AS AND OR NOT IN BETWEEN LIKE ILIKE IS NULL "
    "JOIN LEFT INNER ON HAVING DISTINCT UNION ALL CAST DATE INTERVAL "
    "DOUBLE INTEGER YEAR MONTH DAY COUNT SUM AVG MIN MAX MEDIAN ROUND ABS LOWER UPPER LENGTH "
    "DAYOFWEEK DAYNAME MONTHNAME QUARTER STRFTIME DATEDIFF DATE_DIFF COALESCE NULLIF CONCAT "
    "EXTRACT STDDEV OVER PARTITION USING FILTER"
).split()

ALIAS = (
    r"[a-z][0-9]?|percent|more|less|difference|"
    r"(total|avg|average|sum|count|num|number|max|min|most|share|days|n)"
    r"(_[a-z]{2,12}){0,2}"
)
"""Names that a query may give itself."""

_MARK = r"[ \n,()=<>!+*/.%-]"


def sql_grammar(names: Iterable[str]) -> str:
    """Return the Lark grammar of a query after SELECT, up to the closing fence.

    Args:
        names: tables and columns, as SQL writes them.
    """
    plain = {name for name in names if not name.startswith('"')}
    listed = sorted({*names, *(f'"{name}"' for name in plain)}, key=lambda n: (-len(n), n))
    words = "|".join([f"(?i:{'|'.join(KEYWORDS)})", *map(re.escape, listed), ALIAS])
    literal = r"'[^'\n]{0,60}'|[0-9]{1,12}(\.[0-9]{1,6})?"
    unit = f"({words}|{literal})"
    # One lexeme with the closing fence: as a second one it would never be reached, because a
    # line break always lengthens the first.
    query = f"{_MARK}{{1,3}}({unit}{_MARK}{{1,4}}){{0,90}}{unit}?[) ]{{0,3}};?\\n```"
    return f"start: /{query.replace('/', chr(92) + '/')}/"
