"""What a small model needs to be told of tables, and what code mends in its queries.

Keys that two tables share, months that are text, and worked examples for the kinds of
questions that it writes wrongly by itself: joins, differences and shares.
"""

import difflib
import re
from collections.abc import Sequence
from decimal import Decimal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from cogitate.planners.grounding import numbers_in
from cogitate.values import Table
from cogitate.words import content_words, stem

_MONTH = re.compile(r"\d{4}[-/.]\d\d?$")
_DIFFERENCE = re.compile(
    r"\b(higher|lower|more|less|fewer|longer|shorter|cheaper|dearer)\b.*\bthan\b|\bdifference\b|"
    r"\bcompared (to|with)\b|比.+[多少高低大小贵便]|相差|差[了多几]|差额|变化",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\bper ?cent|\bshare of\b|\bproportion|\bfraction of\b|\brate of\b|%|百分|占比|比例|几成|率",
    re.IGNORECASE,
)
_TWO_WORDS = re.compile(
    r"\b(AS|BY) [^\W\d]\w* ((?:total|avg|average|sum|count|num|max|min|percent)\w*)", re.IGNORECASE
)
_LIKE_YEAR = re.compile(r"(\"[^\"]+\"|[^\W\d]\w*) LIKE '(\d{4})(?:-(\d\d))?[-%]*%?'", re.IGNORECASE)
_PRODUCT = re.compile(
    r"\bSUM\(\s*((?:\w+\.)?(\"[^\"]+\"|\w+))\s*\*\s*((?:\w+\.)?(\"[^\"]+\"|\w+))\s*\)", re.I
)
_PIECES = re.compile(r"(^|_)(units?|quantity|qty|pieces|items|count|sold)(_|$)|[数销]量|件数", re.I)
_MONEY = re.compile(
    r"(^|_)(sales|revenue|turnover|takings|(sub)?total)(_|$)|销售额|营业额|金额|总[额价]", re.I
)
_EACH = re.compile(r"(^|_)(unit|each|per|avg|average)(_|$)|(?<!total_)price|单价|均价", re.I)
"""Names of columns: of how many there are, of money for all of them, and of money for one."""
DATES = ("DATE", "TIMESTAMP")
FREE = 31
NEAR = 0.6
"""Likeness from which a text of a query is taken for a name of the goal."""
_ROUND = {Decimal(n) for n in (100, 60, 365, 1000)}
_WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")+\"|[^\W\d]\w*")
_FROM = re.compile(r"\bFROM\s+(\"[^\"]+\"|\w+)", re.IGNORECASE)


def shared_keys(one: Table, other: Table) -> list[str]:
    """Return the columns of both tables that look like keys: ids first, then names.

    A column that is called as one of the tables is (`shop` of `shops`) names its rows, too.
    """
    names = {c["name"] for c in other["columns"]}
    both = [c["name"] for c in one["columns"] if c["name"] in names and c["type"] != "DOUBLE"]
    keys = [n for n in both if re.search(r"(?i)(^|_)(id|no|code|key|sku)$|编号|编码|号$|代码", n)]
    called = {word for table in (one, other) for word in content_words(table["name"])}
    return keys or [n for n in both if re.search(r"(?i)name|名", n) or stem(n.lower()) in called]


def hints(tables: Sequence[Table]) -> str:
    """Return lines for the prompt: how tables join, and columns that are months as text."""
    lines = []
    for at, one in enumerate(tables):
        for other in tables[at + 1 :]:
            keys = shared_keys(one, other)
            if keys:
                lines.append(f"{one['name']} JOIN {other['name']} USING ({quote(keys[0])})")
        for column in one["columns"]:
            months = [_MONTH.match(value) for value in column["examples"]]
            if column["type"] == "VARCHAR" and months and all(months):
                name, year = quote(column["name"]), column["examples"][0][:4]
                lines.append(f"{name} is text: the year {year} is {name} LIKE '{year}%'")
    return "\n".join(lines)


def worked_sql(goal: str, tables: Sequence[Table]) -> list[BaseMessage]:
    """Return worked examples of the kind that `goal` is of."""
    turns: list[BaseMessage] = []
    if _DIFFERENCE.search(goal):
        turns += _example(
            "staff(name VARCHAR e.g. 'Ana', city VARCHAR e.g. 'Rome', pay DOUBLE e.g. 900.0)",
            "How much more is paid in all in Rome than in Oslo?",
            "SELECT SUM(pay) FILTER (WHERE city = 'Rome') - SUM(pay) FILTER (WHERE city = 'Oslo') "
            "AS more FROM staff",
        )
    if _SHARE.search(goal):
        turns += _example(
            "trips(day DATE e.g. 2024-05-02, seats BIGINT e.g. 40, empty BIGINT e.g. 6)",
            "What percentage of all seats stayed empty?",
            "SELECT ROUND(100.0 * SUM(empty) / SUM(seats), 2) AS percent FROM trips",
        )
    if not turns and any(shared_keys(a, b) for i, a in enumerate(tables) for b in tables[i + 1 :]):
        turns += _example(
            "trips(trip_id BIGINT e.g. 7, guide_id BIGINT e.g. 2, seats BIGINT e.g. 40)\n"
            "guides(guide_id BIGINT e.g. 2, name VARCHAR e.g. 'Ana', city VARCHAR e.g. 'Rome')\n"
            "trips JOIN guides USING (guide_id)",
            "Which guide made the most trips?",
            "SELECT name, COUNT(*) AS trips FROM trips JOIN guides USING (guide_id) "
            "GROUP BY name ORDER BY trips DESC LIMIT 1",
        )
    return turns


def _example(tables: str, question: str, sql: str) -> list[BaseMessage]:
    asked = HumanMessage(f"Tables:\n{tables}\nQuestion: {question}")
    return [asked, AIMessage(f"```sql\n{sql}\n```")]


def mended(sql: str, tables: Sequence[Table]) -> str:
    """Return a query without four mistakes of small models.

    A name in two words after AS or BY, money that is multiplied by the pieces that it was paid
    for, LIKE on a date, and a table that is not joined.
    """
    sql = _PRODUCT.sub(_once, _TWO_WORDS.sub(r"\1 \2", sql))
    dates = {c["name"].lower() for t in tables for c in t["columns"] if c["type"] in DATES}

    def in_year(found: re.Match[str]) -> str:
        if found[1].strip('"').lower() not in dates:
            return found[0]
        month = f" AND month({found[1]}) = {int(found[3])}" if found[3] else ""
        return f"year({found[1]}) = {found[2]}{month}"

    return joined(_LIKE_YEAR.sub(in_year, sql), tables)


def _once(product: re.Match[str]) -> str:
    """Return the sum of the money where a product has the pieces and the money for all of them."""
    sides = ((product[1], product[2].strip('"')), (product[3], product[4].strip('"')))
    pieces = [side for side in sides if _PIECES.search(side[1])]
    rest = [side for side in sides if side not in pieces]
    money = [whole for whole, name in rest if _MONEY.search(name) and not _EACH.search(name)]
    return f"SUM({money[0]})" if money and pieces else product[0]


def as_said(sql: str, goal: str) -> str:
    """Return a query whose texts are written as the goal writes them: Porto, not Portugal."""
    said = {w for w in re.findall(r"[A-Z][\w'’-]{2,}", goal) if w.lower() not in sql.lower()}
    for literal in re.findall(r"'([^'%\n]{3,40})'", sql):
        if said and literal.lower() not in goal.lower() and literal[:1].isascii():
            near = difflib.get_close_matches(literal, said, n=1, cutoff=NEAR)
            sql = sql.replace(f"'{literal}'", f"'{near[0]}'") if near else sql
    return sql


def foreign_figures(sql: str, goal: str) -> list[str]:
    """Return the figures of a query that the goal does not name; days and months are free."""
    known = {n.value for n in numbers_in(goal)} | {Decimal(d) for d in re.findall(r"\d+", goal)}
    found = [Decimal(d) for d in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", sql)]
    return [str(n) for n in found if n not in known and n not in _ROUND and n > FREE]


def joined(sql: str, tables: Sequence[Table]) -> str:
    """Return a query over one table with the table joined whose columns it uses as well."""
    froms, first = _FROM.findall(sql), _FROM.search(sql)
    if first is None or len(froms) != 1 or re.search(r"\bjoin\b", sql, re.IGNORECASE):
        return sql
    name = froms[0].strip('"').lower()
    base = next((table for table in tables if table["name"].lower() == name), None)
    if base is None:
        return sql
    used = {w.strip('"').lower() for w in _WORD.findall(sql) if not w.startswith("'")}
    used -= {alias.lower() for alias in re.findall(r"(?i)\bas\s+\"?(\w+)", sql)}
    own = {c["name"].lower() for c in base["columns"]}
    for other in tables:
        foreign = {c["name"].lower() for c in other["columns"]} - own
        keys = shared_keys(base, other)
        if other is not base and keys and used & foreign:
            join = f"FROM {froms[0]} JOIN {quote(other['name'])} USING ({quote(keys[0])})"
            return sql.replace(first[0], join, 1)
    return sql


def quote(name: str) -> str:
    """Return a name as SQL wants it: in double quotes unless it is a plain word."""
    return name if re.fullmatch(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*", name) else f'"{name}"'
