"""What a page is given: plain data, the same whatever wrote it. `static/*.js` read it.

Times are indices into `times`, people and memories and places are indices into their lists, so
that the file stays small and the page searches instead of comparing texts. -1 is nobody, nowhere,
or before the first time. Words that the page has in its own languages are keys, such as
`tokens_read`; everything else is shown as it is.
"""

from typing import Any, Literal, NotRequired, TypedDict

Language = Literal["en", "zh"]
Fact = tuple[str, str | int | float]
"""A key of the page's words, or a label, and its value."""


class Place(TypedDict):
    """A box of the map. Parents come before what is in them."""

    name: str
    level: int
    """0 the town, 1 a sector, 2 an arena, 3 an object."""
    parent: int
    hours: NotRequired[str]


class Interview(TypedDict):
    """What somebody was asked outside of the day, and under which mask."""

    mask: str
    question: str
    answer: str


class TownPerson(TypedDict):
    """Somebody in the town."""

    name: str
    about: str
    interviews: NotRequired[list[Interview]]


class Talk(TypedDict):
    """A conversation."""

    t: int
    place: int
    who: list[int]
    lines: list[tuple[int, str]]
    note: NotRequired[str]
    """What those who talk want of it."""


class TownMemory(TypedDict):
    """One memory of one person."""

    who: int
    t: int
    kind: str
    text: str
    importance: float | None
    evidence: NotRequired[list[int]]


class Recall(TypedDict):
    """What was recalled at a time: memory, recency, importance, relevance."""

    who: int
    t: int
    purpose: str
    query: str
    hits: list[tuple[int, float, float, float]]


class PlanItem(TypedDict):
    """One activity of a day, from HH:MM to HH:MM."""

    start: str
    end: str
    what: str
    place: NotRequired[str]
    promised: NotRequired[bool]
    """Whether it was agreed on with somebody."""


class DayPlan(TypedDict):
    """A person's day as it was planned, or planned anew, at a time."""

    who: int
    t: int
    items: list[PlanItem]


class NewsWay(TypedDict):
    """A piece of news: who came to know it when, and from whom."""

    text: str
    knows: list[tuple[int, int, int]]


class Table(TypedDict):
    """Figures in rows; the first cell of each names it."""

    title: str
    head: list[str]
    rows: list[list[Any]]


class TownPage(TypedDict):
    """A town's day. Rows with times are in their order."""

    kind: Literal["town"]
    language: Language
    title: str
    about: list[Fact]
    times: list[str]
    """Moments as YYYY-MM-DDTHH:MM."""
    places: list[Place]
    people: list[TownPerson]
    moves: list[tuple[int, int, int, str, bool]]
    """Time, person, place, what they do there, whether they sleep."""
    states: list[tuple[int, int, str, int]]
    """Time, object, what it does (empty for nothing), by whose hand."""
    talks: list[Talk]
    memories: list[TownMemory]
    recalls: list[Recall]
    plans: list[DayPlan]
    news: list[NewsWay]
    bonds: list[tuple[int, int, int]]
    """Time since which two people know each other."""
    measures: list[Fact]
    tables: list[Table]


class PlayRole(TypedDict):
    """Somebody in a role-play."""

    name: str
    seat: str
    about: str
    model: str


class ToolUse(TypedDict):
    """What a message was made with."""

    name: str
    code: str
    output: str
    ok: bool


class PlayMessage(TypedDict):
    """One message of a role-play."""

    turn: int
    role: int
    seat: str
    text: str
    instruction: NotRequired[str]
    input: NotRequired[str]
    status: NotRequired[str]
    tools: NotRequired[list[ToolUse]]


class MemoItem(TypedDict):
    """Something that was worked on, known after a message."""

    after: int
    instruction: str
    outcome: str
    text: str


class Ending(TypedDict):
    """How a role-play ended."""

    rule: str
    stopped: str
    why: str
    solved: bool | None
    """None where there was nothing to solve."""


class RoleplayPage(TypedDict):
    """A role-play."""

    kind: Literal["roleplay"]
    language: Language
    title: str
    about: list[Fact]
    roles: list[PlayRole]
    plan: list[str]
    open: list[str]
    messages: list[PlayMessage]
    memo: list[MemoItem]
    ending: Ending
    summary: str
    counts: list[Fact]
    tables: list[Table]
    heads: list[tuple[str, str]]


Page = TownPage | RoleplayPage
