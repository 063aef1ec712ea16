"""Random pydantic classes of the kinds that decisions are made of, as hypothesis strategies."""

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Any, Literal, Union

from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model


class Mood(enum.Enum):
    """A choice whose values hold what JSON must escape, and Chinese."""

    GOOD = "gut"
    BAD = "坏"
    ODD = 'a "quoted" \\ one'


class Level(enum.IntEnum):
    """A choice among numbers."""

    LOW = 1
    HIGH = 20


class Address(BaseModel):
    """A form within a form."""

    city: str = Field(max_length=12)
    house: int = Field(ge=1, le=99)


class Cat(BaseModel):
    """One of two that are told apart by a field."""

    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    """The other of the two."""

    kind: Literal["dog"]
    name: str = Field(max_length=8)


class Tree(BaseModel):
    """A form that holds itself."""

    name: str = Field(max_length=5)
    below: list["Tree"] = Field([], max_length=2)


PLAIN: list[Any] = [
    int,
    float,
    bool,
    str,
    None,
    Mood,
    Level,
    Address,
    Cat,
    Dog,
    Tree,
    datetime.date,
    datetime.datetime,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
    Decimal,
    Literal["a", "b c", "词", "", 'say "so"'],
    Literal[1, "one", True],
    dict[str, int],
    dict[Literal["k", "键"], bool],
    tuple[int, str],
    Cat | Dog,
    list[str],
]
BOUNDED: list[tuple[Any, Any]] = [
    (int, Field(ge=0, le=9)),
    (int, Field(gt=-5, lt=5)),
    (int, Field(ge=1000)),
    (float, Field(ge=0, le=1)),
    (float, Field(gt=0)),
    (str, Field(max_length=4)),
    (str, Field(min_length=3, max_length=20)),
    (str, Field(pattern="^[A-Z]{2}-[0-9]{2}$")),
    (list[bool], Field(max_length=2)),
    (list[int], Field(min_length=1, max_length=3)),
    (dict[str, bool], Field(max_length=1)),
    (Mood | None, None),
    (str | None, None),
    (int, 7),
    (list[Address], Field(default_factory=list, max_length=2)),
    (Cat | Dog, Field(discriminator="kind")),
    (str, Field(description="the day as YYYY-MM-DD")),
]
NAMES = st.sampled_from(["a", "title", "type", "properties", "名", "the name", "x1", 'q"', "$ref"])

kinds = st.recursive(
    st.sampled_from(PLAIN),
    lambda inner: st.one_of(
        inner.map(lambda kind: Union[kind, None]),  # noqa: UP007 - kinds may be None
        inner.map(lambda kind: list[kind]),
        st.tuples(inner, inner).map(lambda two: Union[two]),  # noqa: UP007
        inner.map(lambda kind: create_model("Inner", value=(kind, ...), 备注=(str, "无"))),
    ),
    max_leaves=3,
)
fields = st.one_of(kinds.map(lambda kind: (kind, ...)), st.sampled_from(BOUNDED))


@st.composite
def forms(draw: st.DrawFn) -> type[BaseModel]:
    """Return a class of one to four fields."""
    named = draw(st.dictionaries(NAMES, fields, min_size=1, max_size=4))
    shape: dict[str, Any] = {}
    for number, (name, (kind, default)) in enumerate(named.items()):
        if isinstance(default, type(Field())):
            shape[f"f{number}"] = (kind, default.merge_field_infos(default, alias=name))
        else:
            shape[f"f{number}"] = (kind, Field(default, alias=name))
    return create_model("Form", **shape)


prompts = st.sampled_from(
    [
        "Fill in the form about Ann, 31, who lives in Paris.",
        "填写表格：王小明，住在上海，喜欢猫，生于2001年2月29日。",
        'Write as much as you can, with many digits, quotes " and backslashes \\.',
        "Emoji please: 🦜🧮. The year is 2024 and it is noon.",
    ]
)
