"""A town that lives: the same answers are the same day, whatever stops it on the way."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogitate.agents.town import Town
from cogitate.agents.town.answers import AnswerMissing
from cogitate.agents.town.clock import DAY, minutes_of
from cogitate.agents.town.counts import read_counts
from cogitate.agents.town.interview import MASKS, planned, spoken
from cogitate.agents.town.metrics import metrics
from cogitate.errors import SetupError
from cogitate.runs.events import Happened, RunEnded, RunStarted

Lines = Callable[..., list[dict[str, Any]]]
Make = Callable[..., Town]


async def test_a_day_comes_to_a_dinner_that_was_invited_to(make_town: Make, lines: Lines) -> None:
    town = make_town()
    result = await town.arun(1)
    assert result.ok
    came = metrics(town.file, lines(town))
    assert "maya" in came.attendance["dinner"]["accepted"]
    assert "maya" in came.attendance["dinner"]["came"]
    assert "maya" in came.diffusion[0].heard
    assert came.faults == () and came.rootless == ()
    assert came.reflections > 0
    assert came.density[1] >= came.density[0] == 0.6
    ticks = lines(town, "tick")
    assert [ticks[0]["time"][11:], ticks[-1]["time"][11:], len(ticks)] == ["06:00", "23:50", 108]
    for tick in ticks:
        for who, at in tick["people"].items():
            arena = town.file.world.arenas[at["place"]]
            assert arena.is_open(minutes_of(tick["time"][11:]), who), (who, tick["time"])
            assert arena.owner in ("", who)
    for line in lines(town, "planned", "changed"):
        blocks = line["blocks"]
        assert sum(minutes_of(b["end"]) - minutes_of(b["start"]) for b in blocks) == DAY
    cost = read_counts(town.kept.counts)
    assert max(usage.calls for usage in cost.people.values()) <= 120
    assert cost.ticks == 108


def test_who_only_happened_to_be_there_did_not_come_to_a_meeting(make_town: Make) -> None:
    place = "Rosa's Cafe > dining room"
    meeting = {"commitment": "m", "place": place, "day": 1, "start": "18:00", "end": "19:00"}
    at = {"place": place, "activity": "eating", "object": "", "asleep": False, "busy": False}
    people = {who: at for who in ("tom", "henry", "isabella")}
    log = [
        {"time": "2026-03-02T17:00", "kind": "committed", "who": who, "host": "tom", **meeting}
        for who in ("tom", "henry", "maya")
    ]
    log.append({"time": "2026-03-02T18:00", "kind": "tick", "people": people, "objects": {}})
    found = metrics(make_town().file, log).attendance["m"]
    assert (found["accepted"], found["came"]) == (("henry", "maya"), ("henry",))
    assert found["besides"] == ("isabella",)


async def test_events_tell_each_line_of_the_log(make_town: Make, lines: Lines) -> None:
    town = make_town()
    events = [event async for event in town.stream(1, "07:30")]
    assert isinstance(events[0], RunStarted) and isinstance(events[-1], RunEnded)
    assert [e.line for e in events if isinstance(e, Happened)] == lines(town)


async def test_a_town_that_goes_on_is_as_if_it_had_never_stopped(
    make_town: Make, brain: type[Any]
) -> None:
    whole, parts = make_town("whole"), make_town("parts")
    await whole.arun(1, "09:30")
    for until in ("08:20", "09:00", "09:30"):
        await Town.open(parts.folder, model=brain()).arun(1, until)
    assert parts.kept.log.read_bytes() == whole.kept.log.read_bytes()


KILLED = """
import asyncio, importlib.util, sys
spec = importlib.util.spec_from_file_location("towns", {conftest!r})
towns = importlib.util.module_from_spec(spec)
spec.loader.exec_module(towns)
town = towns.Town.open({folder!r}, model=towns.Brain())
async def live():
    async for event in town.stream(1, "09:30"):
        line = getattr(event, "line", {{}})
        if line.get("kind") == "tick":
            print(line["time"], flush=True)
asyncio.run(live())
"""


def kill_at(code: str, at: str) -> None:
    """Run code in a process and kill it when it prints a line that ends so."""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        deadline, line = time.monotonic() + 60, ""
        while not line.endswith(at) and time.monotonic() < deadline:
            line = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    assert line.endswith(at)


async def test_a_killed_town_goes_on_to_the_same_log(
    make_town: Make, brain: type[Any], tmp_path: Path
) -> None:
    at = "T08:30"  # half an hour after a checkpoint, and after a talk
    whole, killed = make_town("whole"), make_town("killed")
    await whole.arun(1, "09:30")
    conftest = str(Path(__file__).with_name("conftest.py"))
    code = KILLED.format(conftest=conftest, folder=str(killed.folder))
    await asyncio.to_thread(kill_at, code, at)
    again = Town.open(killed.folder, model=brain())
    await again.arun()
    assert again.kept.log.read_bytes() == whole.kept.log.read_bytes()
    cost, paid = read_counts(again.kept.counts), read_counts(whole.kept.counts)
    assert (cost.people, cost.ticks) == (paid.people, paid.ticks)


async def test_a_torn_last_answer_costs_that_answer_only(make_town: Make, brain: type[Any]) -> None:
    town = make_town()
    await town.arun(1, "08:00")
    data = town.kept.answers.read_bytes()
    town.kept.answers.write_bytes(data + b'{"key": "12')
    await Town.open(town.folder, model=brain()).arun(1, "09:00")
    rows = [json.loads(row) for row in town.kept.answers.read_text().splitlines()]
    assert len(rows) > data.count(b"\n")


async def test_a_replay_is_identical_and_asks_no_model(make_town: Make, brain: type[Any]) -> None:
    town = make_town()
    await town.arun(1, "10:00")
    model = brain()
    again = Town.open(town.folder, model=model)
    found = await again.replay()
    assert (found.identical, found.difference) == (True, "")
    assert (await again.replay(at="09:00")).identical
    assert model.seen == ()


async def test_a_replay_of_a_log_that_was_changed_tells_the_line(make_town: Make) -> None:
    town = make_town()
    await town.arun(1, "08:00")
    text = town.kept.log.read_text(encoding="utf-8")
    town.kept.log.write_text(text.replace("Tom", "Tim", 1), encoding="utf-8")
    found = await town.replay()
    assert not found.identical and "Tim" in found.difference


async def test_a_replay_without_its_answers_says_what_it_would_ask(make_town: Make) -> None:
    town = make_town()
    await town.arun(1, "08:00")
    town.kept.answers.unlink()
    with pytest.raises(AnswerMissing, match="no answer to"):
        await town.replay()


async def test_a_fork_goes_its_own_way_and_leaves_the_other_alone(
    make_town: Make, lines: Lines, tmp_path: Path
) -> None:
    town = make_town()
    await town.arun(1, "11:00")
    before = town.kept.log.read_bytes()
    fork = town.fork(tmp_path / "fork", at="09:00", seed=5)
    fork.whisper("Tom", "I want to become mayor of Millbrook.")
    await fork.arun(1, "11:00")
    assert town.kept.log.read_bytes() == before
    own, other = lines(town), lines(fork)
    at = next(n for n, line in enumerate(own) if line["time"] >= "2026-03-02T09:00")
    assert own[:at] == other[:at]
    heard = [line for line in other if line["kind"] == "whispered"]
    assert [(h["who"], h["time"][11:]) for h in heard] == [("tom", "09:00")]
    assert any(line["kind"] == "remembered" and "mayor" in line["memory"]["text"] for line in other)
    assert (await fork.replay()).identical


async def test_answers_in_an_interview_never_come_into_a_memory(make_town: Make) -> None:
    town = make_town()
    await town.arun(1, "10:00")
    files = sorted((town.folder / "memory").glob("*.db"))
    before = [path.read_bytes() for path in files]
    found = await town.interview("Maya", "What did you agree on for tonight?")
    assert "dinner" in found.answer
    assert [path.read_bytes() for path in files] == before
    assert (await town.replay()).identical


def test_an_answer_in_the_form_of_a_talk_is_told_by_its_words() -> None:
    assert spoken('{"say":"I met \\"old\\" Tom.","end":true}') == 'I met "old" Tom.'
    assert spoken('{"say": "I met Tom at the shop, and th') == "I met Tom at the shop, and th"
    assert spoken(" I met Tom. ") == "I met Tom."


async def test_nobody_plans_to_sleep_while_awake(
    make_town: Make, lines: Lines, brain: type[Any]
) -> None:
    class Sleepy(brain):  # type: ignore[misc]
        def answer(self, text: str, fields: list[str]) -> str:
            found = str(super().answer(text, fields))
            return found.replace("resting at home", "going to bed")

    town = make_town(model=Sleepy())
    await town.arun(1, "07:30")
    for line in lines(town, "planned"):
        assert "going to bed" not in {block["what"] for block in line["blocks"]}
        assert len(line["blocks"]) > 2


def test_a_plan_is_recalled_by_the_time_that_is_asked_about() -> None:
    plan = "Ann, Monday, 2026-03-02: 07:00-09:00 baking; 09:00-12:00 reading; 20:30-24:00 drawing"
    pattern = "{name} at {time}: {what}"
    assert planned(plan, "What did you plan to do at 11:00?", pattern) == ["Ann at 11:00: reading"]
    assert planned(plan, "你21:00本来打算做什么？", pattern) == ["Ann at 21:00: drawing"]
    assert planned(plan, "What did you plan for the evening?", pattern) == [
        *("Ann at 07:00-09:00: baking", "Ann at 09:00-12:00: reading"),
        "Ann at 20:30-24:00: drawing",
    ]


async def test_a_mask_takes_kinds_of_memories_away(make_town: Make, lines: Lines) -> None:
    town = make_town()
    await town.arun(1, "12:30")
    kinds = {line["memory"]["id"]: line["memory"]["kind"] for line in lines(town, "remembered")} | {
        each["id"]: "reflection" for line in lines(town, "reflected") for each in line["insights"]
    }
    shown = {}
    for mask in MASKS:
        found = await town.interview("isabella", "What matters in Millbrook tonight?", mask)
        shown[mask] = {kinds[name] for name in found.facts}
    assert "reflection" in shown["full"]
    assert "reflection" not in shown["no-reflection"] and "plan" in shown["no-reflection"]
    assert shown["no-reflection-plan"] <= {"observation", "chat"}
    assert shown["none"] == set()


async def test_retrieval_is_the_papers_and_not_its_codes_inversion(
    make_town: Make, lines: Lines
) -> None:
    """The reference code gives the OLDEST record the highest recency; here the newest has it."""
    town = make_town()
    await town.arun(1, "12:30")
    found = 0
    created = {x["memory"]["id"]: x["memory"]["created"] for x in lines(town, "remembered")}
    for line in lines(town, "retrieved"):
        for hit in line["hits"]:
            weights = hit["weights"]
            total = sum(weights[part] * hit[part] for part in weights)
            assert hit["score"] == pytest.approx(total, abs=0.003)
            told_apart = any(each["recency"] for each in line["hits"])
            if told_apart and created.get(hit["memory"]) == line["time"]:
                assert hit["recency"] == 1.0
                found += 1
    assert found > 0


async def test_whom_one_does_not_know_cannot_be_asked(make_town: Make, tmp_path: Path) -> None:
    town = make_town()
    with pytest.raises(SetupError, match="nobody here is called 'Bob'"):
        town.whisper("Bob", "hello")
    with pytest.raises(SetupError, match="no checkpoint"):
        await town.interview("maya", "Who are you?")
    await town.arun(1, "06:10")
    with pytest.raises(SetupError, match="unknown mask"):
        await town.interview("maya", "Who are you?", "half")
    with pytest.raises(SetupError, match="a town in"):
        make_town()
    with pytest.raises(SetupError, match="no checkpoint of '05:00'"):
        town.fork(tmp_path / "fork", at="05:00")
    with pytest.raises(SetupError, match="there is no town"):
        Town.open(tmp_path / "nowhere", model=town.model)
