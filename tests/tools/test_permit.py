"""Approval around a tool call: who is asked, what a reply does, what the model reads."""

import asyncio
from typing import Literal

import pytest
from langchain_core.messages import ToolCall

from cogitate import tool
from cogitate.runs.approval import Policy, Rule
from cogitate.runs.context import RunContext, running
from cogitate.runs.events import Asked
from cogitate.tools.observe import observe
from cogitate.tools.permit import choices_of

DONE: list[dict] = []


@pytest.fixture(autouse=True)
def _nothing_done():
    DONE.clear()


@tool(effect="once", permission="ask")
def pay(to: str, amount: int) -> str:
    """Pay somebody."""
    DONE.append({"to": to, "amount": amount})
    return f"paid {amount}"


async def paid(tmp_path, *replies, policy=None, stop=None, times=1, **args):
    """Return the observations of calls, and the context."""
    left = list(replies)

    async def ask(question):
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    events = []
    context = RunContext(
        run_id="r",
        workspace=tmp_path,
        ask=ask if replies or stop else None,
        listener=events.append,
        stop=stop,
    )
    context.safety.policy = policy or Policy()
    args = {"to": "ann", "amount": 5, **args}
    call = ToolCall(name="pay", args=args, id="1", type="tool_call")
    with running(context):
        seen = [await observe(call, [pay], seconds_left=30) for _ in range(times)]
    return seen, context, [e for e in events if isinstance(e, Asked)]


@pytest.mark.parametrize("reply", ["yes", "y", "always"])
async def test_with_a_yes_it_runs(tmp_path, reply):
    (seen,), _, asked = await paid(tmp_path, reply)
    assert seen.ok and DONE == [{"to": "ann", "amount": 5}]
    assert asked[0].question.startswith('May pay run with {"amount": 5, "to": "ann"}')


async def test_with_a_no_it_does_not_and_the_model_reads_why(tmp_path):
    (seen,), context, _ = await paid(tmp_path, "no: too dear")
    assert (seen.status, DONE) == ("denied", [])
    assert seen.text.startswith("denied by the person: too dear")
    assert not context.safety.stopped


async def test_changed_arguments_are_run_and_told(tmp_path):
    (seen,), _, _ = await paid(tmp_path, 'edit: {"to": "bob", "amount": 1}')
    assert DONE == [{"to": "bob", "amount": 1}]
    assert seen.ok and "the person changed the arguments" in seen.text and "paid 1" in seen.text


async def test_changed_arguments_do_not_pass_a_rule_that_denies(tmp_path):
    rules = (Rule(args={"to": "eve"}, do="deny"),)
    (seen,), _, _ = await paid(
        tmp_path, 'edit: {"to": "eve", "amount": 1}', policy=Policy(rules=rules)
    )
    assert (seen.status, DONE) == ("denied", [])


async def test_always_asks_once_in_a_run(tmp_path):
    seen, _, asked = await paid(tmp_path, "always", times=3)
    assert [s.ok for s in seen] == [True] * 3
    assert len(asked) == 1


async def test_stop_says_why_the_run_ends(tmp_path):
    (seen,), context, _ = await paid(tmp_path, "stop")
    assert (seen.status, DONE) == ("denied", [])
    assert context.safety.stopped


async def test_where_nobody_can_be_asked_it_is_denied(tmp_path):
    (seen,), _, asked = await paid(tmp_path)
    assert (seen.status, DONE, asked) == ("denied", [], [])
    assert "nobody can be asked" in seen.text


@pytest.mark.parametrize("do", ["auto", "deny"])
async def test_a_rule_spares_the_question(tmp_path, do):
    (seen,), _, asked = await paid(tmp_path, "yes", policy=Policy(rules=(Rule(tool="p*", do=do),)))
    assert (seen.ok, asked) == (do == "auto", [])


async def test_an_interrupt_ends_the_question(tmp_path):
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    (seen,), _, _ = await asyncio.wait_for(paid(tmp_path, stop=stop), 20)
    assert (seen.status, DONE) == ("denied", [])


async def test_the_time_a_person_takes_is_not_the_runs(tmp_path):
    import time

    async def ask(question):
        await asyncio.sleep(0.3)
        return "yes"

    context = RunContext(run_id="r", workspace=tmp_path, ask=ask, deadline=time.monotonic() + 5.0)
    call = ToolCall(name="pay", args={"to": "a", "amount": 1}, id="1", type="tool_call")
    with running(context):
        await observe(call, [pay], seconds_left=5)
        assert context.seconds_left() > 4.8


async def test_two_calls_side_by_side_are_asked_one_after_the_other(tmp_path):
    open_now = most = 0

    async def ask(question):
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0)
        open_now -= 1
        return "yes"

    context = RunContext(run_id="r", workspace=tmp_path, ask=ask)
    calls = [
        ToolCall(name="pay", args={"to": "a", "amount": n}, id=str(n), type="tool_call")
        for n in range(3)
    ]
    with running(context):
        await asyncio.gather(*(observe(c, [pay], seconds_left=30) for c in calls))
    assert (most, len(DONE)) == (1, 3)


def test_choices_are_what_the_schema_or_the_tool_s_own_words_list():
    @tool
    def ration(species: str, day: Literal["Sunday"], city: str, kilos: float) -> int:
        """Return the grams a day.

        Args:
            species: one of: cat, guinea pig or 兔子.
            day: the day.
            city: where it lives, for example Lisbon or Faro.
            kilos: its weight in kilograms, such as 4.2.
        """
        return 1

    found = choices_of(ration)
    assert found["species"] == ["cat", "guinea pig", "兔子"]
    assert "Sunday" in found["day"] and "Lisbon" not in found.get("city", [])
    assert not found.get("kilos")
    strange = ration.model_copy(update={"metadata": {**(ration.metadata or {}), "untrusted": True}})
    assert choices_of(strange) == {"day": ["Sunday"]}


def test_a_value_that_a_description_forbids_or_gives_as_an_example_is_no_choice():
    @tool(effect="once")
    def clean(branch: str, account: str, receiver: str, town: str) -> str:
        """Clean up.

        Args:
            branch: Branch to delete. Never main, master or production.
            account: Any account except savings, escrow or payroll.
            receiver: 收件人，不能是老板或者财务
            town: Lyon or Paris. Example: Dora, Eve.
        """
        return "done"

    assert choices_of(clean) == {"town": ["Lyon", "Paris"]}
