"""What calls cost, and the limits of it: per run and per window, over several processes."""

import asyncio
import sqlite3
import subprocess
import sys

import pytest
from langchain_core.messages import AIMessage

from cogitate import Agent, Limits, ScriptedModel, SetupError, direct, tool
from cogitate.llm.scripted import call
from cogitate.runs.ledger import Ledger
from cogitate.runs.prices import Price, cost_of, currency_of
from cogitate.values import Usage


class Dear(ScriptedModel):
    """A scripted model that is not free."""

    @property
    def _identifying_params(self):
        return {"model": "dear"}


@tool(effect="read")
def look(place: str) -> str:
    """Look at a place."""
    return f"{place} holds the number {1000 + sum(map(ord, place))}"


PRICES = {"dear": Price(read=1_000.0, written=10_000.0, reused=100.0)}


def looks(count):
    return [call("look", place="abcdefghijklmnop"[n]) for n in range(count)]


def agent(*replies, **parts):
    parts.setdefault("prices", PRICES)
    return Agent(model=Dear(replies=replies), tools=(look,), planner=direct, **parts)


def test_a_price_is_for_a_million_tokens():
    price = Price(read=2.0, written=8.0, reused=0.5)
    usage = Usage(read=500_000, reused=1_000_000, written=250_000)
    assert price.of(usage) == 1.0 + 0.5 + 2.0
    assert Price(read=2.0, written=8.0).of(usage) == 1.0 + 2.0 + 2.0
    assert cost_of({"m": price}, "other", usage) == 0.0


@pytest.mark.parametrize("amount", [-1.0, float("inf"), float("nan")])
def test_a_price_is_an_amount(amount):
    with pytest.raises(SetupError, match="0 or more"):
        Price(read=amount, written=1.0)


def test_prices_in_two_currencies_cannot_be_added():
    two = {"a": Price(read=1, written=1), "b": Price(read=1, written=1, currency="EUR")}
    with pytest.raises(SetupError, match="EUR and USD"):
        currency_of(two)


@pytest.mark.parametrize("limits", [Limits(cost=1.0), Limits(window_cost=1.0)])
def test_a_limit_of_cost_without_a_price_is_an_error_before_the_run(limits):
    with pytest.raises(SetupError, match=r'price for the model \'dear\'.*prices."dear"'):
        agent("Hi.", prices={}, limits=limits)


def test_a_model_on_this_machine_needs_no_price():
    made = Agent(model=ScriptedModel(replies=["Hi."]), planner=direct, limits=Limits(cost=0.5))
    result = made.run("Say hi.")
    assert (result.stopped, result.cost) == ("answered", 0.0)


async def test_what_a_run_costs_is_in_its_result():
    result = await agent(*looks(1), "Done: 1097.").arun("Where is it?")
    usage = result.usage
    assert result.cost == pytest.approx((usage.read * 1_000 + usage.written * 10_000) / 1e6)
    assert result.cost > 0


async def test_the_limit_of_cost_stops_the_run_before_it_is_passed_by_a_second_call():
    result = await agent(*looks(14), limits=Limits(cost=0.5)).arun("Where is it?")
    assert result.stopped == "cost"
    assert not result.ok
    assert result.cost < 0.5 + 0.3  # the call in which it is passed is the last
    assert "Not finished" in result.answer


async def test_a_server_that_counts_nothing_is_charged_by_length():
    silent = AIMessage("It is 7. " * 30, usage_metadata=None)

    class Silent(Dear):
        def _counted(self, messages, message):
            return message

    made = Agent(model=Silent(replies=[silent]), planner=direct, prices=PRICES)
    assert (await made.arun("What is it?")).cost > 0.5


async def test_a_window_is_shared_by_all_runs_of_the_data_folder():
    limits = Limits(window_cost=0.6)
    first = await agent(*looks(14), limits=limits).arun("Where is it?")
    second = await agent(*looks(3), "Done.", limits=limits).arun("Where is it?")
    assert first.stopped == second.stopped == "cost"
    assert second.usage.calls == 0
    assert Ledger().within(3600) == pytest.approx(first.cost)
    later = await agent("Done.", limits=Limits(window_cost=0.6, window=1e-6)).arun("Say done.")
    assert later.stopped == "answered"


def test_a_call_is_entered_once_however_often_a_run_goes_on(tmp_path):
    ledger = Ledger(tmp_path / "spent.db")
    for _ in range(3):
        ledger.enter("run", 1, 0.25)
    ledger.enter("run", 2, 0.5)
    ledger.enter("other", 1, 1.0)
    assert ledger.within(60) == 1.75
    assert ledger.within(60, without="run") == 1.0


def test_processes_write_side_by_side(tmp_path):
    code = (
        "import sys; from pathlib import Path; from cogitate.runs.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for n in range(40): ledger.enter(sys.argv[2], n, 0.01)"
    )
    path = tmp_path / "spent.db"
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(path), f"run-{n}"]) for n in range(3)
    ]
    assert [each.wait(120) for each in started] == [0, 0, 0]
    assert Ledger(path).within(600) == pytest.approx(1.2)


def test_another_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "spent.db"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE mine (x)")
    with pytest.raises(SetupError, match="another program's"):
        Ledger(path).enter("run", 1, 1.0)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(SetupError, match="not a ledger"):
        Ledger(path).within(60)


async def test_runs_side_by_side_see_what_the_others_spend():
    limits = Limits(window_cost=1.0, steps=14)
    runs = [agent(*looks(14), limits=limits).arun("Where is it?") for _ in range(3)]
    results = await asyncio.gather(*runs)
    assert {r.stopped for r in results} == {"cost"}
    assert sum(r.cost for r in results) < 1.0 + 3 * 0.3  # a call of each may be under way
