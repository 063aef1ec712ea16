"""Outputs that end in time: whole when the tokens run out, whatever the form."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from bench.constrained import Tally, filled, least_tokens
from bench.random_forms import BOUNDED, PLAIN, forms, prompts
from cogitate.llm.constrain import Constraint, lark_grammar, schema_grammar
from cogitate.llm.form import bounded
from cogitate.llm.llama import ChatLlama
from cogitate.llm.structured import shape_of
from cogitate.tools.base import tool
from tests.llm.tiny_gguf import write_recurrent


class Story(BaseModel):
    title: str
    chapters: list[str] = Field(max_length=8)
    year: int


def started(model: ChatLlama, schema: type[BaseModel]) -> Constraint:
    grammar = schema_grammar(bounded(shape_of(schema)))
    return model.loaded.constrainer.start(grammar, closing=True)


def least(model: ChatLlama, schema: type[BaseModel], head: str = "") -> str | None:
    """Return `head` with the tokens that end it."""
    constraint, engine = started(model, schema), model.loaded.engine
    constraint.take(engine.tokenize(head))
    path = constraint._closing.path(constraint._matcher, [], 500)
    return None if path is None else head + b"".join(map(engine.piece, path)).decode()


@pytest.mark.parametrize("kind", [*((kind, ...) for kind in PLAIN), *BOUNDED], ids=str)
def test_the_least_of_every_kind_of_field_validates(small_model: ChatLlama, kind: Any):
    schema = create_model("F", v=kind)
    text = least(small_model, schema)
    assert text is not None
    schema.model_validate_json(text)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "{",
        '{"title',
        '{"title": "',
        '{"title": "A \\',
        '{"title": "A \\u00',
        '{"title": "a } ] b',
        '{"title": "", "chapters": [',
        '{"title": "", "chapters": ["一',
        '{"title": "", "chapters": ["", ""], "year": -',
        '{"title": "", "chapters": [], "year": 19}',
    ],
)
def test_an_output_can_be_ended_wherever_it_stands(small_model: ChatLlama, head: str):
    text = least(small_model, Story, head)
    assert text is not None and text.startswith(head)
    Story.model_validate_json(text)


@pytest.mark.parametrize("spare", [0, 1, 2, 5, 11])
def test_an_output_is_whole_when_the_tokens_run_out(small_model: ChatLlama, spare: int):
    limit = least_tokens(small_model, Story) + spare
    chain = small_model.with_structured_output(Story, include_raw=True, max_tokens=limit)
    found: Any = chain.invoke("Write a long story in many chapters.")
    assert isinstance(found["parsed"], Story)
    about = found["raw"].response_metadata
    assert (about["finish_reason"], about["shortened"]) == ("stop", True)
    assert found["raw"].usage_metadata["output_tokens"] <= limit


def test_an_output_that_has_room_is_not_shortened(small_model: ChatLlama):
    schema = create_model("N", n=(int, Field(ge=0, le=9)))
    chain = small_model.with_structured_output(schema, include_raw=True, max_tokens=60)
    assert "shortened" not in chain.invoke("Two and two?")["raw"].response_metadata


def test_a_call_is_whole_when_the_tokens_run_out(small_model: ChatLlama):
    @tool
    def note(text: str, tags: list[str]) -> str:
        """Write a note.

        Args:
            text: what it says, at length.
            tags: words.
        """
        return text

    bound = small_model.bind_tools([note], tool_choice="note").bind(max_tokens=24)
    reply = bound.invoke("Note down the whole story of Robinson Crusoe, with every detail.")
    assert [call["name"] for call in reply.tool_calls] == ["note"]
    note.invoke(reply.tool_calls[0]["args"])
    assert reply.usage_metadata["output_tokens"] <= 24


def test_a_text_behind_a_text_that_is_forced_open_can_be_ended(tmp_path: Path):
    # A vocabulary of single bytes forces all that stands between the two.
    path = tmp_path / "tiny.gguf"
    write_recurrent(path)
    model = ChatLlama(path=path, n_ctx=512)
    text = least(model, create_model("Two", a=(str, ...), b=(str, ...)))
    assert text == '{"a": "", "b": ""}'
    model.close()


def test_a_text_without_a_bound_is_cut_and_not_closed(small_model: ChatLlama):
    grammar = lark_grammar('start: "x" body\nbody[suffix="```"]: /(?s:.*)/')
    constraint = small_model.loaded.constrainer.start(grammar, closing=True)
    assert constraint.least(200) == -1
    tokens = small_model.loaded.engine.tokenize("xabc")
    assert constraint.within(tokens, 10) == tokens


def test_a_number_before_its_unit_ends(small_model: ChatLlama):
    schema = create_model("W", weight=(str, Field(pattern="^[0-9]+ (kg|t)$")))
    text = least(small_model, schema)
    assert text is not None
    schema.model_validate_json(text)


async def test_random_forms_are_filled_in_by_a_real_model(small_model: ChatLlama):
    tally = Tally()
    cases: list[tuple[type[BaseModel], str, int]] = []

    @seed(7)
    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(forms(), prompts, st.integers(0, 6)))
    def draw(case: tuple[type[BaseModel], str, int]) -> None:
        cases.append(case)

    draw()
    small = [case for case in cases if least_tokens(small_model, case[0]) < 30][:12]
    for case in small:
        await filled(small_model, case, tally)
    assert tally.problems == []
    assert tally.valid == tally.cases == len(small) and tally.over_budget == 0


@seed(5)
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(forms())
def test_the_least_of_any_form_validates(small_model: ChatLlama, schema: type[BaseModel]):
    text = least(small_model, schema)
    assert text is not None and json.loads(text) is not None
    schema.model_validate_json(text)
