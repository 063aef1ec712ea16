"""Models whose cache cannot be cut anywhere: only whole heads are reused, never wrongly.

The models are real ones for llama.cpp, tiny and with random weights: a recurrent one, and one
whose first layer has a sliding window.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from cogitate.errors import CogitateError, ModelError
from cogitate.llm.engine import Engine
from cogitate.llm.library import llama_library
from cogitate.llm.llama import ChatLlama
from cogitate.llm.rows import Reading, Row
from tests.llm.tiny_gguf import WINDOW, write_recurrent, write_windowed

TALK = "the quick brown fox jumps over the lazy dog and then it sleeps for a while"
NEAR = 0.05
"""What logits may differ by where a prompt is read in two pieces: a wrong head moves them by 0.4
and more (measured: 0.007 at most, and 0.47 to 2.7)."""
KINDS = {"recurrent": write_recurrent, "windowed": write_windowed}


@pytest.fixture(scope="module", params=KINDS)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        llama_library()
    except CogitateError as error:
        pytest.skip(str(error))
    found = tmp_path_factory.mktemp("models") / f"{request.param}.gguf"
    KINDS[request.param](found)
    return found


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = Engine(path, n_ctx=1024, sequences=4)
    yield engine
    engine.close()


def read(engine: Engine, prompt: list[int]) -> Reading:
    reading = engine.place(prompt, 8)
    assert reading is not None
    engine.decode([Row(reading.sequence, prompt[reading.reused :])])
    engine.bookmark(reading.sequence)
    engine.release(reading)
    return reading


def cold(engine: Engine, prompt: list[int]) -> Any:
    engine.clear()
    read(engine, prompt)
    return engine.logits()


def test_it_is_known_that_the_cache_cannot_be_cut(engine: Engine):
    assert not engine.sequences.cuttable
    read(engine, engine.tokenize(TALK))
    held = next(s for s, tokens in engine.sequences.tokens.items() if tokens)
    with pytest.raises(ModelError, match="cannot be cut"):
        engine.cut(held, 5)


def test_a_window_as_wide_as_the_context_can_be_cut(tmp_path: Path):
    llama = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    write_windowed(tmp_path / "wide.gguf", window=512)
    engine = Engine(tmp_path / "wide.gguf", n_ctx=512, sequences=2)
    assert llama.llama_model_n_swa(engine.model) == 512
    assert engine.sequences.cuttable
    engine.close()


def test_a_conversation_that_goes_on_reads_only_what_is_new(engine: Engine):
    prompt = engine.tokenize(TALK)
    longer = [*prompt, *engine.tokenize(" and wakes up again")]
    expected = cold(engine, longer)
    engine.clear()
    read(engine, prompt)
    assert read(engine, longer).reused == len(prompt)
    assert abs(engine.logits() - expected).max() < NEAR


@pytest.mark.parametrize("kept", [3, 20, 60])
def test_a_conversation_that_branches_off_is_read_anew_and_rightly(engine: Engine, kept: int):
    prompt = engine.tokenize(TALK)
    other = [*prompt[:kept], *engine.tokenize(" xylophone quartz")]
    expected = cold(engine, other)
    engine.clear()
    read(engine, prompt)
    assert read(engine, other).reused == 0
    assert abs(engine.logits() - expected).max() < NEAR


@pytest.mark.parametrize("kept", [WINDOW, 60, 140])
def test_a_head_is_right_after_others_wrote_over_what_lay_behind_a_window(path: Path, kept: int):
    engine = Engine(path, n_ctx=512, sequences=4)
    try:
        long = engine.tokenize(f"A {TALK} {TALK} {TALK}")
        other = [*long[:kept], *engine.tokenize(" xylophone quartz")]
        expected = cold(engine, other)
        engine.clear()
        read(engine, long)
        for number in range(8):
            read(engine, engine.tokenize(f"{number} something else {TALK} {TALK}"))
        read(engine, [*long, *engine.tokenize(" and more")])
        read(engine, other)
        assert abs(engine.logits() - expected).max() < NEAR
    finally:
        engine.close()


def test_the_same_prompt_again_is_read_again_and_rightly(engine: Engine):
    prompt = engine.tokenize(TALK)
    expected = cold(engine, prompt)
    assert read(engine, prompt).reused == 0
    assert abs(engine.logits() - expected).max() < NEAR


def test_a_prompt_is_found_again_behind_the_answer_that_was_written_after_it(engine: Engine):
    prompt = engine.tokenize(TALK)
    reading = read(engine, prompt)
    engine.decode([Row(reading.sequence, engine.tokenize(" some answer"))])
    # The answer comes back as other tokens than those that were written.
    longer = [*prompt, *engine.tokenize(" SOME ANSWER and more")]
    expected_prompt = list(longer)
    assert read(engine, longer).reused == len(prompt)
    warm = engine.logits()
    assert abs(warm - cold(engine, expected_prompt)).max() < NEAR


def test_what_had_to_leave_comes_back_as_a_whole(engine: Engine):
    prompts = [engine.tokenize(f"{n} {TALK}") for n in range(6)]
    for prompt in prompts:
        read(engine, prompt)
    assert engine.snapshots.held
    longer = [*prompts[0], *engine.tokenize(" and more")]
    found = read(engine, longer)
    assert found.reused == len(prompts[0]) == found.restored
    warm = engine.logits()
    assert abs(warm - cold(engine, longer)).max() < NEAR


def test_chats_choices_and_several_answers_work_on_it(path: Path):
    model = ChatLlama(path=path, n_ctx=1024, max_tokens=6)
    asked = [HumanMessage(TALK)]
    first = model.invoke(asked)
    again = model.invoke([*asked, AIMessage(first.text), HumanMessage("more")])
    reused = again.usage_metadata["input_token_details"]["cache_read"]
    assert reused >= first.usage_metadata["input_tokens"]
    found = model.choose(asked, ["yes it is", "yes it was", "no"])
    assert set(found) == {"yes it is", "yes it was", "no"}
    alone = {option: sum(model.score(asked, option)) for option in found}
    for option in ("yes it is", "yes it was"):
        assert found[option] == pytest.approx(alone[option], abs=0.01)
    batch = model.batch([f"{n} {TALK}" for n in range(5)])
    assert len(batch) == 5
    model.close()


def test_a_cache_that_refuses_a_cut_unforeseen_is_begun_anew(small_model_path: Path):
    engine = Engine(small_model_path, n_ctx=256, sequences=2)
    try:
        whole, real = engine.tokenize("one two three four five six seven"), engine.lib
        cut = whole[:-1]
        expected = cold(engine, cut)
        engine.clear()
        read(engine, whole)

        class Refusing:
            """A library whose cache gives up whole sequences only."""

            def __getattr__(self, name: str) -> Any:
                return getattr(real, name)

            def llama_memory_seq_rm(self, memory: Any, sequence: int, start: int, end: int) -> bool:
                if start > 0:
                    return False
                return bool(real.llama_memory_seq_rm(memory, sequence, start, end))

        engine.lib = Refusing()
        assert read(engine, cut).reused == 0
        assert abs(engine.logits() - expected).max() < NEAR
    finally:
        engine.close()
