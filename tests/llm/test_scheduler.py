"""Requests that come at once: computed together, fairly, and none at another's cost."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from cogitate.errors import ContextOverflow, ModelError
from cogitate.llm import scheduler
from cogitate.llm.engine import Engine
from cogitate.llm.llama import ChatLlama
from cogitate.llm.rows import Reading
from cogitate.llm.scheduler import Scheduler
from cogitate.llm.writing import Span, Steps

ENDLESS = "start: /[a-z ]{3000}/"


class Recited:
    """A job that reads a prompt and then goes on with tokens that are given to it."""

    def __init__(self, prompt: list[int], tokens: list[int], log: list[str], name: str) -> None:
        self.prompt, self.tokens, self.log, self.name = prompt, tokens, log, name
        self.room, self.width = len(tokens) + 1, 1
        self.cancel = threading.Event()
        self.reading: Reading | None = None

    def prepare(self) -> None:
        self.log.append(f"{self.name} prepared")

    def steps(self, reading: Reading) -> Steps:
        self.reading = reading
        yield {reading.sequence: Span(tokens=self.prompt[reading.reused :])}
        for token in self.tokens:
            self.log.append(self.name)
            yield {reading.sequence: Span(tokens=[token])}


class Failing(Recited):
    """A job that fails after its first token."""

    def steps(self, reading: Reading) -> Steps:
        steps = super().steps(reading)
        yield next(steps)
        yield next(steps)
        raise KeyError("lost")


@pytest.fixture(scope="module")
def engine(small_model_path: Path) -> Iterator[Engine]:
    """Return an engine of 1,024 cells and six sequences."""
    engine = Engine(small_model_path, n_ctx=1024, sequences=6)
    yield engine
    engine.close()


@pytest.fixture
def at_work(engine: Engine) -> Iterator[Scheduler]:
    engine.clear()
    made = Scheduler(engine)
    yield made
    made.close()


def told(engine: Engine, name: str, length: int) -> list[int]:
    return engine.tokenize(f"{name}: " + "red green blue " * length)[:length]


def all_at_once(made: Scheduler, jobs: list[Recited]) -> list["Future[None]"]:
    """Submit jobs so that none begins before all have come."""
    gate = threading.Event()
    made.worker.submit(gate.wait, 30)
    futures = [made.submit(job) for job in jobs]
    gate.set()
    return futures


def test_requests_write_in_turn_and_not_one_after_the_other(at_work: Scheduler):
    log: list[str] = []
    tokens = at_work.engine.tokenize(" one two three four")
    jobs = [Recited(told(at_work.engine, n, 8), tokens, log, n) for n in "abc"]
    for future in all_at_once(at_work, jobs):
        future.result(timeout=60)
    written = [name for name in log if len(name) == 1]
    assert [sorted(written[at : at + 3]) for at in (0, 3, 6, 9)] == [["a", "b", "c"]] * 4


def test_a_long_prompt_does_not_stall_those_who_write(
    at_work: Scheduler, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scheduler, "PIECE", 24)
    log: list[str] = []
    engine = at_work.engine
    short = Recited(told(engine, "s", 8), engine.tokenize(" one two three") * 5, log, "s")
    long = Recited(told(engine, "l", 130), engine.tokenize(" one"), log, "l")
    first = at_work.submit(short)
    while "s" not in log:
        time.sleep(0.005)
    second = at_work.submit(long)
    begun = log.count("s")
    for future in (first, second):
        future.result(timeout=60)
    # 130 tokens in pieces of 24 are six passes, and each of them wrote a token of the other.
    assert log[: log.index("l")].count("s") - begun >= 4


def test_a_head_that_another_one_reads_is_read_once(at_work: Scheduler):
    engine = at_work.engine
    head = told(engine, "x", 120)
    jobs = [
        Recited([*head, *engine.tokenize(f" and {name}")], [], [], name)
        for name in ("apples", "boats", "clouds", "dogs")
    ]
    for future in all_at_once(at_work, jobs):
        future.result(timeout=60)
    readings = [job.reading for job in jobs]
    assert all(reading is not None for reading in readings)
    assert sum(reading.read for reading in readings if reading) < 120 + 4 * 8
    assert [reading.reused >= 120 for reading in readings if reading] == [False, True, True, True]


def test_who_does_not_fit_yet_waits_and_keeps_the_order(at_work: Scheduler):
    log: list[str] = []
    engine = at_work.engine
    jobs = [Recited(told(engine, n, 120), engine.tokenize(" one two"), log, n) for n in "abcd"]
    for job in jobs:
        job.room = 390
    for future in all_at_once(at_work, jobs):
        future.result(timeout=60)
    # Two with room for 390 tokens fill the cache, so the third begins when one of them has ended.
    assert log.index("c") > log.index("a")
    assert log.index("d") > log.index("b")
    assert [name for name in log if "prepared" in name] == [f"{n} prepared" for n in "abcd"]


def test_a_job_that_fails_harms_no_other(at_work: Scheduler):
    engine = at_work.engine
    tokens = engine.tokenize(" one two three four")
    bad = Failing(told(engine, "bad", 8), tokens, [], "bad")
    huge = Recited(told(engine, "huge", 2000), tokens, [], "huge")
    good = Recited(told(engine, "good", 8), tokens, [], "good")
    failed, overflow, fine = all_at_once(at_work, [bad, huge, good])
    with pytest.raises(KeyError, match="lost"):
        failed.result(timeout=60)
    with pytest.raises(ContextOverflow, match="exceed the context of 1024"):
        overflow.result(timeout=60)
    fine.result(timeout=60)
    assert good.log.count("good") == len(tokens)
    assert engine.sequences.live == {} and at_work.active == []


def test_a_cancelled_job_frees_its_sequence_and_its_room_at_the_next_pass(at_work: Scheduler):
    engine = at_work.engine
    endless = Recited(told(engine, "e", 8), engine.tokenize(" a") * 900, [], "e")
    next_one = Recited(told(engine, "n", 50), engine.tokenize(" one"), [], "n")
    next_one.room = 200
    futures = all_at_once(at_work, [endless, next_one])
    while endless.log.count("e") < 3:
        time.sleep(0.005)
    assert not futures[1].done()
    endless.cancel.set()
    futures[0].result(timeout=60)
    futures[1].result(timeout=60)
    assert endless.log.count("e") < 100
    assert engine.sequences.live == {}


def test_a_full_queue_says_so(at_work: Scheduler, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scheduler, "QUEUE", 2)
    gate = threading.Event()
    at_work.worker.submit(gate.wait, 30)
    jobs = [Recited(told(at_work.engine, n, 8), [], [], n) for n in "abc"]
    futures = [at_work.submit(job) for job in jobs[:2]]
    with pytest.raises(ModelError, match=r"2 requests wait for the model .*max_concurrency"):
        at_work.submit(jobs[2])
    gate.set()
    for future in futures:
        future.result(timeout=60)
    at_work.submit(jobs[2]).result(timeout=60)


def test_closing_ends_what_waits(engine: Engine):
    engine.clear()
    made = Scheduler(engine)
    job = Recited(told(engine, "z", 8), engine.tokenize(" a") * 900, [], "z")
    future = made.submit(job)
    made.close()
    future.result(timeout=60)
    assert job.log.count("z") < 900


# ---------------------------------------------------------------- as a chat model


async def test_free_formed_and_chosen_answers_come_at_once(small_model: ChatLlama):
    schema = {"type": "object", "properties": {"n": {"enum": [4, 5]}}, "required": ["n"]}
    formed = small_model.with_structured_output(schema)
    chosen = small_model.bind(options=["yes", "no"])
    several = small_model.agenerate(
        [[HumanMessage("Name a colour.")]], several=[0.0, 0.0], max_tokens=6
    )
    found = await asyncio.gather(
        small_model.ainvoke("Name a river in France.", max_tokens=6),
        formed.ainvoke("What is 2 and 2?"),
        chosen.ainvoke("Is water wet?"),
        several,
    )
    assert found[0].text and found[1]["n"] in (4, 5) and found[2].text in ("yes", "no")
    assert len(found[3].generations[0]) == 2


async def test_one_of_many_that_is_cancelled_leaves_the_others_at_work(small_model: ChatLlama):
    endless = small_model.bind(grammar=ENDLESS, max_tokens=1000)
    # A clear answer: how requests are batched moves the logits a little.
    alone = (await small_model.ainvoke("What is the capital of France?", max_tokens=8)).text
    lost = asyncio.create_task(endless.ainvoke("Write."))
    kept = asyncio.create_task(small_model.ainvoke("What is the capital of France?", max_tokens=8))
    await asyncio.sleep(0)
    assert (await asyncio.wait_for(kept, 30)).text == alone
    assert not lost.done()
    lost.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lost
    await asyncio.wait_for(small_model.ainvoke("Say: red.", max_tokens=2), 30)
    assert small_model.loaded.engine.sequences.live == {}


def test_what_is_shown_at_once_is_what_is_written(small_model: ChatLlama):
    streams = [small_model.stream(f"Say: {word}.", max_tokens=5) for word in ("sun", "moon")]
    texts = ["", ""]
    for which, stream in enumerate(streams):
        for chunk in stream:
            texts[which] += chunk.text
    assert all(texts) and texts[0] != texts[1]
