"""What a model finds likely: scores of a given text, and choices by them."""

import asyncio
import math

import pytest
from langchain_core.messages import HumanMessage

from cogitate import ScriptedModel
from cogitate.errors import SetupError
from cogitate.llm.decide import place_of
from cogitate.llm.llama import ChatLlama

QUESTION = [HumanMessage("What is the capital of France? One word.")]


def test_a_likelier_continuation_has_a_higher_score(small_model: ChatLlama):
    paris = small_model.score("The capital of France is", " Paris")
    banana = small_model.score("The capital of France is", " banana")
    assert len(paris) == 1 and -3 < paris[0] < 0
    assert sum(banana) < paris[0] - 5


def test_the_scores_of_a_text_are_those_of_its_parts(small_model: ChatLlama):
    engine = small_model.loaded.engine
    text = " Paris, and the river there is the Seine."
    whole = small_model.score("The capital of France is", text)
    assert len(whole) == len(engine.tokenize(text))
    head, tail = " Paris, and", " the river there is the Seine."
    parts = [
        *small_model.score("The capital of France is", head),
        *small_model.score("The capital of France is" + head, tail),
    ]
    assert sum(parts) == pytest.approx(sum(whole), abs=0.5)


def test_what_the_model_would_write_is_what_it_scores_highest(small_model: ChatLlama):
    written = small_model.invoke(QUESTION, max_tokens=8).text
    scores = small_model.score(QUESTION, written)
    assert all(score > math.log(0.2) for score in scores)
    assert sum(small_model.score(QUESTION, "Rome")) < sum(scores)


def test_a_document_is_scored_from_its_first_token(small_model: ChatLlama):
    scores = small_model.score("", "Hello world")
    assert len(scores) == 2 and all(score < 0 for score in scores)


def test_a_long_continuation_is_scored_in_pieces(small_model: ChatLlama):
    text = " one two three four five" * 30
    scores = small_model.score("Count:", text)
    assert len(scores) == len(small_model.loaded.engine.tokenize(text)) > 128
    # What repeats itself is foreseen.
    assert sum(scores[-20:]) > sum(scores[:20])


def test_scoring_writes_nothing_and_reads_the_prefix_once(small_model: ChatLlama):
    bound = small_model.bind(score=" Paris")
    bound.invoke(QUESTION)
    usage = bound.invoke(QUESTION).usage_metadata
    assert usage["output_tokens"] == 0
    assert usage["input_tokens"] - usage["input_token_details"]["cache_read"] <= 1


def test_nothing_to_score_is_a_setup_error(small_model: ChatLlama):
    with pytest.raises(SetupError, match="nothing to score in ''"):
        small_model.score("Hello", "")


def test_options_are_chosen_by_all_that_they_say(small_model: ChatLlama):
    options = ["the city of Berlin", "the city of Paris", "the city of Rome"]
    found = small_model.choose("What is the capital of France?", options)
    assert next(iter(found)) == "the city of Paris"
    assert list(found.values()) == sorted(found.values(), reverse=True)
    alone = sum(small_model.score([HumanMessage("What is the capital of France?")], options[1]))
    assert found["the city of Paris"] == pytest.approx(alone, abs=0.7)


def test_more_options_than_fit_side_by_side_are_all_judged(small_model: ChatLlama):
    options = [f"the number {n}" for n in range(20)]
    found = small_model.choose("Which number comes after eleven?", options)
    assert set(found) == set(options)
    assert "the number 12" in list(found)[:4]
    assert small_model.loaded.engine.sequences.live == {}


def test_no_option_is_a_setup_error(small_model: ChatLlama):
    with pytest.raises(SetupError, match="no options"):
        small_model.choose("What?", [])


async def test_choices_may_be_asked_for_at_once(small_model: ChatLlama):
    alike = ["it is wet", "it is dry"]
    found = await asyncio.gather(
        *(
            asyncio.to_thread(small_model.choose, f"Is {thing} wet or dry?", alike)
            for thing in ("water", "rain", "sand in the desert")
        )
    )
    assert [set(one) for one in found] == [set(alike)] * 3


def test_a_choice_that_is_streamed_has_its_log_probabilities(small_model: ChatLlama):
    chunks = list(small_model.bind(options=["yes", "no"]).stream("Is water wet?"))
    assert set(chunks[0].response_metadata["logprobs"]) == {"yes", "no"}


async def test_the_place_of_what_the_model_would_write_is_the_first(small_model: ChatLlama):
    first = small_model.invoke(QUESTION, max_tokens=1).text
    assert await place_of(small_model, QUESTION, first, purpose="x") == 1
    odd = await place_of(small_model, QUESTION, "zebra", purpose="x")
    assert odd is not None and odd > 100


async def test_a_model_without_log_probabilities_tells_no_place():
    assert await place_of(ScriptedModel(replies=[]), QUESTION, "x", purpose="x") is None
