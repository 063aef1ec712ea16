"""A run goes on: after a crash, a limit, Ctrl-C, a question; it is replayed; it is forked."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import groupby

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from cogitate import Agent, Limits, ScriptedModel, tool
from cogitate.agents.absent import absent_model
from cogitate.agents.running import Going, result_of
from cogitate.errors import ModelError, ReplayMismatch, SetupError
from cogitate.home import home
from cogitate.llm.remote import remote_model
from cogitate.llm.scripted import call
from cogitate.runs.events import ModelCalled, Observed, Resumed, RunEnded
from cogitate.runs.record import kept
from cogitate.runs.store import RunStore
from tests.openai_server import OpenAIServer, tool_call

MORE = Limits(steps=30, tool_calls=30)
DONE: list[str] = []


@tool(effect="once")
def send(text: str) -> str:
    """Send a message.

    Args:
        text: what is sent.
    """
    DONE.append(text)
    return f"sent: {text}"


@tool(effect="once", permission="ask")
def pay(amount: int) -> str:
    """Pay.

    Args:
        amount: how much.
    """
    DONE.append(f"paid {amount}")
    return f"paid {amount}"


@pytest.fixture(autouse=True)
def nothing_done():
    DONE.clear()


def agent(*replies, tools=(send,), **options):
    model = ScriptedModel(replies=replies)
    return Agent(model=model, tools=tools, loop="act", offline=True, **options)


async def events_of(made, going, **options):
    return [event async for event in made.going(going, **options)]


def test_a_hundred_kills_in_small_no_effect_is_doubled_or_lost():
    command = [sys.executable, "-m", "bench.faults", "--kills", "12", "--spoils", "30"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    killed, spoiled = (json.loads(line) for line in done.stdout.splitlines())
    assert killed["kills"].pop("kills") >= 8
    assert killed == {"kills": {"runs": 12}}, done.stderr
    spoiled["spoils"].pop("refused", None)  # a clear refusal is right as well
    assert spoiled["spoils"].pop("tried") >= 30
    assert spoiled == {"spoils": {"runs": 30}}, done.stderr


async def test_a_limit_that_is_raised_lets_the_run_go_on_where_it_stopped(faults):
    made = replace(faults.make(), limits=Limits(steps=3, tool_calls=30))
    ended = await result_of(made.stream(faults.GOAL, run_id="r"))
    assert ended.stopped == "steps"
    with pytest.raises(SetupError, match=r"limit of steps; allow more, such as --max-steps \+10"):
        await made.aresume("r")
    found = await events_of(made, Going(run="r", limits=MORE))
    assert isinstance(found[0], Resumed) and "steps +27" in found[0].why
    assert found[-1].result.answer == faults.ANSWER
    assert sum(isinstance(event, ModelCalled) for event in found) == 4  # only what is new
    with pytest.raises(SetupError, match=r"over .answered"):
        await made.aresume("r")


async def test_a_run_that_a_person_interrupted_goes_on(faults):
    made, stop = faults.make(), asyncio.Event()
    async for event in made.stream(faults.GOAL, run_id="r", stop=stop):
        if isinstance(event, Observed) and event.tool == "order":
            stop.set()
    assert isinstance(event, RunEnded) and event.result.stopped == "interrupted"
    replayed = await result_of(made.going(Going(run="r", mode="replay")))
    assert (replayed.stopped, replayed.steps) == ("interrupted", event.result.steps)
    assert (await made.aresume("r")).answer == faults.ANSWER


async def test_a_failed_model_call_is_made_again():
    goal = "Send hello."
    made = agent(call("send", text="hello"), ModelError("the server is gone"))
    ended = await result_of(made.stream(goal, run_id="r"))
    assert (ended.stopped, DONE) == ("model_error", ["hello"])
    again = agent(call("send", text="hello"), "sent: hello")
    done = await again.aresume("r")
    assert (done.answer, done.stopped, DONE) == ("sent: hello", "answered", ["hello"])


@pytest.mark.parametrize(
    ("on_unknown", "effects", "text"),
    [
        ("done", ["hello"], "This was done before"),
        ("redo", ["hello", "hello"], "sent: hello"),
        ("skip", ["hello"], "This was not done"),
        (lambda name, args: "done", ["hello"], "This was done before"),
    ],
    ids=["done", "redo", "skip", "asked in code"],
)
async def test_a_call_that_counts_once_and_was_cut_off_is_decided(
    tmp_path, on_unknown, effects, text
):
    await begun_and_cut_off()
    made = agent(call("send", text="hello"), "sent: hello")
    found = await events_of(made, Going(run="r", on_unknown=on_unknown))
    seen = next(event for event in found if isinstance(event, Observed))
    assert seen.text.startswith(text)
    assert effects == DONE


async def begun_and_cut_off():
    """Leave a run as it is when its process died between an effect and its record."""
    made = agent(call("send", text="hello"), "sent: hello")
    await result_of(made.stream("Send hello.", run_id="r"))
    folder = RunStore().root / "r"
    import sqlite3

    base = sqlite3.connect(folder / "journal.db", isolation_level=None)
    (begun,) = base.execute("select seq from rows where kind = 'begun'").fetchone()
    base.execute("delete from rows where seq > ?", (begun,))
    base.close()
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if '"Observed"' in line)
    (folder / "events.jsonl").write_text("".join(lines[:at]))


async def test_nobody_there_to_decide_ends_the_run_until_somebody_is():
    await begun_and_cut_off()
    made = agent(call("send", text="hello"), "sent: hello")
    waiting = await made.aresume("r")
    made = agent(call("send", text="hello"), "sent: hello")
    assert waiting.stopped == "interrupted"
    assert "Is it done, shall it be done again" in waiting.answer
    done = await made.aresume("r", decision="done")
    assert (done.stopped, DONE) == ("answered", ["hello"])


async def test_a_question_that_nobody_answered_waits_for_its_reply():
    from cogitate.runs.approval import Policy

    replies = (call("pay", amount=7), "paid 7")
    made = agent(*replies, tools=(pay,), policy=Policy(default="wait"))
    ended = await result_of(made.stream("Pay 7.", run_id="r"))
    assert (ended.stopped, DONE) == ("interrupted", [])
    assert "May pay run" in ended.answer
    made = agent(*replies, tools=(pay,), policy=Policy(default="wait"))
    done = await made.aresume("r", decision="yes")
    assert (done.answer, DONE) == ("paid 7", ["paid 7"])
    assert (await result_of(made.going(Going(run="r", mode="replay")))).answer == "paid 7"
    assert DONE == ["paid 7"]


async def test_a_replay_that_asks_for_something_else_says_what_differs(faults):
    async def one_way(turn):
        return AIMessage((await turn.model.ainvoke("What costs 5 crowns?")).text)

    made = replace(faults.make(), model=ScriptedModel(replies=["a", "b"]), executor=one_way)
    await result_of(made.stream(faults.GOAL, run_id="r"))
    other = replace(made, loop="react")
    with pytest.raises(SetupError, match="accepted with loop='act', not 'react'"):
        await result_of(other.going(Going(run="r", mode="replay")))

    async def another_way(turn):
        return AIMessage((await turn.model.ainvoke("What else costs 5 crowns?")).text)

    other = replace(made, executor=another_way)
    with pytest.raises(ReplayMismatch, match=r"(?s)nearest is row \d, turn 1.*What else costs"):
        await result_of(other.going(Going(run="r", mode="replay")))


async def test_a_fork_leaves_its_run_as_it_is_and_takes_another_model(faults):
    made = faults.make()
    await result_of(made.stream(faults.GOAL, run_id="r"))
    before = (RunStore().root / "r" / "events.jsonl").read_bytes()
    other = replace(made, model=ScriptedModel(replies=["x"] * 3 + ["4 of bolts are ordered"]))
    forked = await result_of(other.going(Going(run="r", mode="fork", at=3, run_id="f")))
    assert forked.answer == "4 of bolts are ordered"
    assert (RunStore().root / "r" / "events.jsonl").read_bytes() == before
    with pytest.raises(SetupError, match="the run has the steps 0 to 7"):
        await result_of(made.going(Going(run="r", mode="fork", at=99)))


async def test_variables_of_python_are_there_again_when_the_run_goes_on():
    pytest.importorskip("pandas")
    from cogitate import shipped_tools

    python = shipped_tools(["python"])
    goal = "Compute 6 times 7 in two steps."
    first = (call("python", code="x = 6 * 7\nprint('ok')"),)
    made = agent(*first, tools=python, limits=Limits(steps=1))
    await result_of(made.stream(goal, run_id="r"))
    replies = (*first, call("python", code="print(x)"), "42")
    made = agent(*replies, tools=python, limits=Limits(steps=1))
    done = await made.aresume("r", limits=MORE)
    assert done.answer == "42"


async def test_a_file_that_a_run_wrote_is_a_result_of_its_replay_and_its_fork():
    from cogitate import shipped_tools

    replies = (call("write_file", path="a.md", text="9 bolts"), call("send", text="x"), "sent: x")
    tools = [*shipped_tools(["write_file"]), send]
    whole = await result_of(agent(*replies, tools=tools).stream("Send x.", run_id="r"))
    assert [path.rpartition("/")[2] for path in whole.artefacts] == ["a.md"]
    again = agent(*replies, tools=tools).going(Going(run="r", mode="replay"))
    assert (await result_of(again)).artefacts == whole.artefacts
    moved = home().with_name("moved")
    shutil.copytree(home(), moved)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COGITATE_HOME", str(moved))
        there = agent(*replies, tools=tools).going(Going(run="r", mode="replay"))
        assert (await result_of(there)).artefacts == (str(RunStore().workspace("r") / "a.md"),)
    fork = Going(run="r", mode="fork", at=1, run_id="f")
    forked = await result_of(agent(*replies, tools=tools).going(fork))
    assert (RunStore().workspace("f") / "a.md").read_text() == "9 bolts"
    assert forked.artefacts == (str(RunStore().workspace("f") / "a.md"),)


async def test_the_files_of_a_long_run_stay_small_and_its_prompts_whole(faults):
    from bench import overhead

    await overhead.kept(150)
    folder = RunStore().root / overhead.RUN
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < 150 / 500 * 10e6 / 2
    prompts = [e.prompt for e in RunStore().events(overhead.RUN) if isinstance(e, ModelCalled)]
    assert len(prompts) == 151
    assert all(prompt.startswith("[human] Look at every shelf") for prompt in prompts)


async def test_a_run_of_a_real_model_replays_without_its_file_and_forks_to_a_server(small_model):
    limits = Limits(steps=4, seconds=30)
    made = replace(agent(tools=[send], limits=limits), model=small_model, loop="react")
    whole = await result_of(made.stream("Send the text hello.", run_id="r"))
    again = replace(made, model=absent_model(kept(RunStore().root / "r")))
    replayed = await result_of(again.going(Going(run="r", mode="replay")))
    assert replace(replayed, seconds=0) == replace(whole, seconds=0)
    effects = list(DONE)

    with OpenAIServer(["Thought: It is done.\nAction: finish[hello was sent]"] * 9) as server:
        other = replace(made, model=remote_model(f"{server.url}#toy"))
        forked = await result_of(other.going(Going(run="r", mode="fork", at=1, run_id="f")))
        assert server.requests and forked.stopped in ("answered", "steps", "no_evidence", "loop")
    assert DONE[: len(effects)] == effects
    assert kinds("f") == ["ChatLlama", "RemoteChat"]
    again = replace(made, model=absent_model(kept(RunStore().root / "f")))
    replayed = await result_of(again.going(Going(run="f", mode="replay")))
    assert replace(replayed, seconds=0) == replace(forked, seconds=0)


def kinds(run):
    """Return the classes of the models that gave the answers of a run, in order."""
    rows = kept(RunStore().root / run).rows
    return [kind for kind, _ in groupby(r.data["kind"] for r in rows if r.kind == "model")]


async def test_a_fork_takes_a_model_of_another_class_from_its_step_on():
    tools, goal = {"tools": (send,)}, "Send hello and then bye."
    script = (call("send", text="hello"), call("send", text="bye"), "sent: hello, sent: bye")
    await result_of(agent(*script, **tools).stream(goal, run_id="r"))
    with OpenAIServer([tool_call("send", text="ciao"), "sent: hello, sent: ciao"]) as server:
        made = replace(agent(**tools), model=remote_model(f"{server.url}#toy"))
        there = await result_of(made.going(Going(run="r", mode="fork", at=1, run_id="f")))
        assert len(server.requests) == 2
    assert there.answer == "sent: hello, sent: ciao"
    assert (DONE, kinds("f")) == (["hello", "bye", "ciao"], ["ScriptedModel", "RemoteChat"])
    # A script is given whole: what is recorded is passed over.
    back = agent("x", "x", call("send", text="hej"), "sent: hello, sent: ciao, sent: hej", **tools)
    here = await result_of(back.going(Going(run="f", mode="fork", at=2, run_id="g")))
    assert here.answer == "sent: hello, sent: ciao, sent: hej"
    assert DONE == ["hello", "bye", "ciao", "hej"]
    assert kinds("g") == ["ScriptedModel", "RemoteChat", "ScriptedModel"]
    for run, result in (("f", there), ("g", here)):
        again = agent(**tools).going(Going(run=run, mode="replay"))
        assert replace(await result_of(again), seconds=0) == replace(result, seconds=0)


class Theirs(BaseChatModel):
    """A model of a class that nobody here knows."""

    @property
    def _llm_type(self):
        return "theirs"

    def _generate(self, messages, stop=None, run_manager=None, **options):
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Hello."))])


async def test_a_record_of_a_class_that_is_not_ours_needs_a_model_of_it():
    made = replace(agent(tools=()), model=Theirs())
    await result_of(made.stream("Say hello.", run_id="r"))
    assert (await result_of(made.going(Going(run="r", mode="replay")))).answer == "Hello."
    with pytest.raises(SetupError, match=r"a model of the class 'Theirs'.*give a model of that"):
        await result_of(agent("x", tools=()).going(Going(run="r", mode="fork", at=1)))
