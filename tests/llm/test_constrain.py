import json
from enum import Enum
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError, create_model

from cogitate.errors import ModelError, SetupError
from cogitate.llm.constrain import Constraint, lark_grammar, schema_grammar
from cogitate.llm.form import bounded
from cogitate.llm.llama import ChatLlama

LINE = "Fill in the form about Ann, 31, who lives in Paris. Be very short."


class Mood(Enum):
    GOOD = "gut"
    BAD = "坏"


class Enums(BaseModel):
    mood: Mood
    number: Literal[1, 2, 3]


class Address(BaseModel):
    city: str = Field(max_length=12)
    house: int = Field(ge=1, le=99)


class Nested(BaseModel):
    name: str = Field(max_length=12)
    address: Address


class Lists(BaseModel):
    words: list[str] = Field(min_length=1, max_length=2)
    homes: list[Address] = Field(max_length=1)


class Unions(BaseModel):
    where: Address | Mood | None
    size: int | bool


class Optionals(BaseModel):
    name: str | None = Field(None, max_length=12)
    age: int = Field(7, ge=0, le=150)


class Chinese(BaseModel):
    城市: Literal["北京", "上海", "巴黎"]
    理由: str = Field(max_length=15)


class Bounds(BaseModel):
    small: int = Field(gt=3, lt=6)
    negative: int = Field(ge=-20, le=-10)
    share: float = Field(ge=0, le=1)


class Tree(BaseModel):
    name: str = Field(max_length=5)
    below: list["Tree"] = Field([], max_length=1)


class Open(BaseModel):
    counts: dict[str, int] = Field(max_length=2)
    pattern: str = Field(pattern="^[A-Z]{2}-[0-9]{2}$")


SCHEMAS = [Enums, Nested, Lists, Unions, Optionals, Chinese, Bounds, Open]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_output_of_a_real_model_always_validates(
    small_model: ChatLlama, schema: type[BaseModel]
):
    found = small_model.with_structured_output(schema, include_raw=True).invoke(LINE)
    assert found["parsing_error"] is None
    assert isinstance(found["parsed"], schema)
    assert json.loads(found["raw"].text)
    assert found["raw"].response_metadata["finish_reason"] == "stop"


def test_a_schema_as_a_dict_gives_a_dict(small_model: ChatLlama):
    schema = {"type": "object", "properties": {"n": {"enum": [4, 5]}}, "required": ["n"]}
    assert small_model.with_structured_output(schema).invoke("Two and two?")["n"] in (4, 5)


@pytest.mark.parametrize(
    ("schema", "good"),
    [
        (Enums, {"mood": "坏", "number": 2}),
        (Unions, {"where": {"city": "Köln", "house": 9}, "size": True}),
        (Unions, {"where": None, "size": -4}),
        (Optionals, {}),
        (Optionals, {"name": None, "age": 0}),
        (Chinese, {"城市": "上海", "理由": "人多\n“好”"}),
        (Bounds, {"small": 5, "negative": -20, "share": 0.25}),
        (Tree, {"name": "a", "below": [{"name": "b", "below": []}]}),
        (Lists, {"words": ["a", "\\"], "homes": []}),
        (Open, {"counts": {"a": 1, "b": -2}, "pattern": "AB-12"}),
    ],
)
def test_every_valid_answer_can_be_written(
    small_model: ChatLlama, schema: type[BaseModel], good: dict[str, Any]
):
    schema.model_validate(good)
    assert fits(small_model, schema, good)


@pytest.mark.parametrize(
    ("schema", "bad"),
    [
        (Enums, {"mood": "good", "number": 2}),
        (Enums, {"mood": "坏", "number": 4}),
        (Enums, {"mood": "坏"}),
        (Enums, {"mood": "坏", "number": 1, "more": 1}),
        (Nested, {"name": "a" * 13, "address": {"city": "x", "house": 1}}),
        (Bounds, {"small": 6, "negative": -20, "share": 0.25}),
        (Bounds, {"small": 4, "negative": -21, "share": 0.25}),
        (Bounds, {"small": 4, "negative": -20, "share": 1.5}),
        (Lists, {"words": ["a", "b", "c"], "homes": []}),
        (Open, {"counts": {}, "pattern": "ab-12"}),
        (Open, {"counts": {"a": 1, "b": 2, "c": 3}, "pattern": "AB-12"}),
    ],
)
def test_no_invalid_answer_can_be_written(
    small_model: ChatLlama, schema: type[BaseModel], bad: dict[str, Any]
):
    with pytest.raises(ValidationError):
        schema.model_validate({**bad, **({"mood": 0} if "more" in bad else {})})
    assert not fits(small_model, schema, bad)


@pytest.mark.parametrize(
    ("number", "fits_in"),
    [
        ("3", True),
        ("-0.25", True),
        ("0.333333333", True),
        ("999999999999999", True),
        ("0.3333333333333333", False),
        ("1" + "0" * 16, False),
        ("2.5" + "0" * 20, False),
    ],
)
def test_a_number_without_bounds_ends_all_the_same(
    small_model: ChatLlama, number: str, fits_in: bool
):
    assert fits(small_model, create_model("N", n=(float, ...)), f'{{"n": {number}}}') is fits_in


def test_an_endless_number_is_never_written(small_model: ChatLlama):
    schema = create_model("Big", n=(int, ...), share=(float, ...))
    found = small_model.with_structured_output(schema, max_tokens=60)
    assert isinstance(found.invoke("n is a googol, share is one third. Write all digits."), schema)


def started(model: ChatLlama, grammar: str) -> Constraint:
    return model.loaded.constrainer.start(grammar)


def fits(model: ChatLlama, schema: type[BaseModel], data: dict[str, Any] | str) -> bool:
    """Return whether the constraint lets `data` through, to its end."""
    constraint = started(model, schema_grammar(bounded(schema.model_json_schema())))
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    for token in model.loaded.engine.tokenize(text):
        if not constraint.allows(token):
            return False
        constraint.take([token])
    return constraint.complete()


FIELD = st.sampled_from(
    [
        (int, Field(ge=0, le=9)),
        (bool, ...),
        (Literal["a", "b c", "词"], ...),
        (str, Field(max_length=4)),
        (list[bool], Field(max_length=2)),
        (Mood | None, None),
        (Address, ...),
        (dict[Literal["k"], int], Field(max_length=1)),
    ]
)
NAMES = st.sampled_from(["a", "title", "type", "properties", "名", "the_name", "x1"])


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fields=st.dictionaries(NAMES, FIELD, min_size=1, max_size=3))
def test_any_form_made_of_common_fields_is_filled_in(small_model: ChatLlama, fields):
    schema = create_model("Form", **fields)
    bound = small_model.with_structured_output(schema, max_tokens=200)
    assert isinstance(bound.invoke("Fill it in."), schema)


def test_an_output_cut_at_the_limit_says_so(small_model: ChatLlama):
    chain = small_model.with_structured_output(Nested, include_raw=True, max_tokens=6)
    found = chain.invoke(LINE)
    assert found["parsed"] is None
    assert found["raw"].response_metadata["finish_reason"] == "length"
    assert found["raw"].usage_metadata["output_tokens"] == 6
    assert isinstance(found["parsing_error"], ModelError)
    assert "limit of 6 tokens" in str(found["parsing_error"])
    with pytest.raises(ModelError, match="limit of 6 tokens"):
        small_model.with_structured_output(Nested, max_tokens=6).invoke(LINE)


def test_a_form_that_ends_at_the_very_limit_is_whole(small_model: ChatLlama):
    chain = small_model.with_structured_output(Enums, include_raw=True)
    used = chain.invoke(LINE)["raw"].usage_metadata["output_tokens"]
    exact = small_model.with_structured_output(Enums, include_raw=True, max_tokens=used)
    assert exact.invoke(LINE)["parsing_error"] is None


def test_a_lark_grammar_bounds_the_text(small_model: ChatLlama):
    text = small_model.bind(grammar='start: "SELECT " /[a-c]{3}/ " FROM t"').invoke("A query").text
    assert text.startswith("SELECT ") and text.endswith(" FROM t") and len(text) == 17


@pytest.mark.parametrize(
    "grammar", ["start: nothing", 'start: "a', schema_grammar({"type": "nothing"}), "{}"]
)
def test_a_form_that_cannot_be_constrained_is_a_setup_error(small_model: ChatLlama, grammar: str):
    with pytest.raises(SetupError, match="cannot be constrained"):
        started(small_model, lark_grammar(grammar) if grammar.startswith("start") else grammar)


def test_the_quote_that_opens_a_text_is_no_choice(small_model: ChatLlama):
    """Left to the model, a number that it wants to write there becomes `"time` or `"bytes`."""
    engine = small_model.loaded.engine
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    constraint = small_model.loaded.constrainer.start(schema_grammar(schema))
    text = b""
    while tokens := constraint.forced():
        constraint.take(tokens)
        text += b"".join(map(engine.piece, tokens))
    assert text == b'{"a": "'


def test_what_is_forced_comes_without_asking_the_model(small_model: ChatLlama):
    constraint = started(small_model, lark_grammar('start: "one two three four" /[0-9]/'))
    forced = constraint.forced()
    text = b"".join(map(small_model.loaded.engine.piece, forced)).decode()
    assert "one two three four".startswith(text) and len(forced) > 1


def test_two_outputs_of_one_form_do_not_disturb_each_other(small_model: ChatLlama):
    grammar = lark_grammar('start: "a" "b" "c"')
    token = {letter: small_model.loaded.engine.tokenize(letter)[0] for letter in "abc"}
    first, second = started(small_model, grammar), started(small_model, grammar)
    first.take([token["a"]])
    assert second.allows(token["a"]) and not second.allows(token["b"])
    assert first.allows(token["b"])
    with pytest.raises(SetupError, match="refused its own tokens"):
        second.take([token["c"]])
