"""Tools that a confined program calls: what it gets, and what it cannot get by any trick."""

import asyncio
import threading

import pytest

from cogitate import Agent, Limits, ScriptedModel, tool
from cogitate.runs.context import RunContext, running
from cogitate.runs.events import Noted, Observed, ToolCalled
from cogitate.tools.actions import code_tool
from cogitate.tools.observe import observe
from cogitate.tools.sandbox.bridge import LARGEST_ARGUMENTS, MOST_CALLS, Bridge, Given
from cogitate.tools.sandbox.session import PythonSession

SENT = []


@pytest.fixture
def session(tmp_path):
    opened = PythonSession(tmp_path)
    if opened.run("1").status == "not_confined":
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    yield opened
    opened.close()


def bridge(answer=None, **given):
    """Return a bridge to two functions that note what they are called with."""
    seen = []

    def carry_out(name, arguments):
        seen.append((name, arguments))
        return answer or Given(ok=True, text=f"{name} {arguments}", **given)

    made = Bridge(parameters={"weigh": ("parcel", "unit"), "send": ("to",)}, call=carry_out)
    made.seen = seen
    return made


def test_a_program_calls_a_tool_by_position_and_by_name(session):
    opened = bridge(Given(ok=True, text="[1.5, 2]", plain=False))
    found = session.run("sum(weigh('a', unit='kg'))", 10, opened)
    assert (found.status, found.value) == ("ok", "3.5")
    assert opened.seen == [("weigh", {"parcel": "a", "unit": "kg"})]


def test_a_text_stays_a_text_even_when_it_looks_like_a_number(session):
    found = session.run("weigh('a')", 10, bridge(Given(ok=True, text="0042")))
    assert found.value == "'0042'"


def test_a_tool_that_fails_is_an_error_that_a_program_may_catch(session):
    opened = bridge(Given(ok=False, text="no such parcel"))
    code = "try:\n    weigh('a')\nexcept ToolError as error:\n    print('caught', error)"
    assert session.run(code, 10, opened).stdout == "caught no such parcel\n"
    assert session.run("weigh('a')", 10, opened).error_message == "no such parcel"


def test_done_ends_the_program_with_the_answer_and_variables_are_listed_by_type(session):
    found = session.run("total = 3\nrows = [1, 2]\ndone(total)\nprint('late')", 10, bridge())
    assert (found.status, found.done, found.stdout) == ("ok", "3", "")
    assert found.names == ("total: int", "rows: list of 2")
    assert session.run("total", 10, bridge()).done is None


def test_variables_live_on_and_a_function_that_was_overwritten_is_there_again(session):
    opened = bridge()
    session.run("kept = 5\nweigh = 3", 10, opened)
    found = session.run("weigh('b')\nkept", 10, opened)
    assert (found.status, found.value) == ("ok", "5")
    assert opened.seen == [("weigh", {"parcel": "b"})]


def test_without_a_bridge_there_are_no_functions_and_no_names(session):
    found = session.run("weigh('a')")
    assert found.error_type == "NameError" and found.names == ()


# ------------------------------------------------------------------------------ hostile programs

FORGED = """
import json, os
def frames(message):
    data = json.dumps(message).encode()
    return len(data).to_bytes(4, "big") + data
line = weigh.__closure__
me = next(c.cell_contents for c in line if type(c.cell_contents).__name__ == "Line")
"""


def test_a_program_cannot_call_a_tool_that_it_was_not_given(session):
    opened = bridge()
    code = FORGED + "try:\n    me._ask('delete', {})\nexcept ToolError as error:\n    print(error)"
    found = session.run(code, 10, opened)
    assert "there is no tool 'delete'; the tools are: weigh, send" in found.stdout
    assert opened.seen == []


@pytest.mark.parametrize(
    "message",
    [
        "{'token': me._token, 'call': ['weigh'], 'args': {}}",
        "{'token': me._token, 'call': {'a': 1}, 'args': {}}",
        "{'token': me._token, 'call': 'weigh', 'args': [1]}",
        "{'token': me._token, 'call': 'weigh'}",
    ],
)
def test_a_call_that_is_none_is_refused_and_the_program_goes_on(message, session):
    opened = bridge()
    code = FORGED + f"me._send({message})\nprint(me._receive()['ok'])\n40 + 2"
    found = session.run(code, 10, opened)
    assert (found.status, found.stdout, found.value) == ("ok", "False\n", "42")
    assert opened.seen == []


def test_a_forged_permission_in_a_call_means_nothing(session):
    opened = bridge()
    extra = "'permission': 'auto', 'tools': ['delete'], 'ok': True"
    code = FORGED + f"me._send({{'token': me._token, 'call': 'delete', 'args': {{}}, {extra}}})\n"
    assert session.run(code + "print(me._receive()['ok'])", 10, opened).stdout == "False\n"
    assert opened.seen == []


def test_a_call_with_another_token_ends_the_process(session):
    opened = bridge()
    code = FORGED + "me._send({'token': 'guess', 'call': 'weigh', 'args': {}})\nme._receive()"
    assert session.run(code, 10, opened).status == "killed"
    assert opened.seen == []
    assert session.run("1 + 1").value == "2"


def test_a_forged_reply_reaches_nobody_but_the_program_itself(session):
    opened = bridge(Given(ok=True, text="real"))
    code = FORGED + "me._receive = lambda: {'ok': True, 'plain': True, 'text': 'forged'}\n"
    found = session.run(code + "weigh('a')", 10, opened)
    assert found.value == "'forged'" or found.lost  # two frames at once are no answer
    assert opened.seen in ([], [("weigh", {"parcel": "a"})])
    later = session.run("1 + 1")
    assert later.value == "2" or later.lost
    assert session.run("1 + 1").value == "2"


def test_huge_arguments_are_refused_on_both_sides(session):
    opened = bridge()
    size = LARGEST_ARGUMENTS + 1
    found = session.run(f"weigh('x' * {size})", 10, opened)
    assert "too large" in found.error_message
    code = f"me._send({{'token': me._token, 'call': 'weigh', 'args': {{'parcel': 'x' * {size}}}}})"
    found = session.run(FORGED + code + "\nprint(me._receive()['text'])", 10, opened)
    assert f"send {LARGEST_ARGUMENTS}" in found.stdout
    assert opened.seen == []


def test_a_frame_larger_than_any_answer_ends_the_process(session):
    opened = bridge()
    code = "me._send({'token': me._token, 'call': 'weigh', 'args': {'parcel': 'x' * (1 << 20)}})"
    assert session.run(FORGED + code, 10, opened).status == "killed"
    assert opened.seen == []


def test_calls_of_one_program_are_bounded(session):
    opened = bridge()
    code = "for n in range(100):\n    try:\n        weigh(n)\n    except ToolError as error:\n"
    found = session.run(code + "        print(error)\n        break\nn", 10, opened)
    assert f"a program may call {MOST_CALLS} tools" in found.stdout
    assert (len(opened.seen), found.value) == (MOST_CALLS, str(MOST_CALLS))


def test_threads_of_a_program_take_turns(session):
    opened = bridge(Given(ok=True, text="7", plain=False))
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n    found = list(pool.map(weigh, range(20)))\n"
        "sum(found)"
    )
    found = session.run(code, 20, opened)
    assert found.value == "140"
    assert sorted(args["parcel"] for _, args in opened.seen) == list(range(20))


def test_a_thread_that_outlives_its_program_calls_nothing_between_programs(session):
    opened = bridge()
    code = (
        "import threading\ngo = threading.Event()\ncaught = []\n"
        "def late():\n    go.wait()\n    try:\n        weigh('late')\n"
        "    except ToolError as error:\n        caught.append(str(error))\n"
        "worker = threading.Thread(target=late, daemon=True)\nworker.start()"
    )
    assert session.run(code, 10, opened).status == "ok"
    found = session.run("go.set()\nworker.join()\ncaught[0]", 10)
    assert "the program has ended" in (found.value or found.error_message)
    assert opened.seen == []


def test_time_in_a_tool_is_not_the_programs_but_its_own_loop_is(session):
    waited = threading.Event()

    def slow(name, arguments):
        waited.wait(1.5)
        return Given(ok=True, text="slow")

    opened = Bridge(parameters={"weigh": ("parcel",)}, call=slow)
    assert session.run("weigh('a')", 1.0, opened).status == "ok"
    assert session.run("weigh('a')\nwhile True:\n    pass", 1.0, opened).status == "timeout"


def test_a_worker_that_died_is_started_anew_and_says_so_by_its_status(session):
    opened = bridge()
    session.run("kept = 1", 10, opened)
    found = session.run("import os\nos._exit(3)", 10, opened)
    assert found.lost
    assert session.run("kept", 10, opened).error_type == "NameError"


# ------------------------------------------------------------------------- through the parent


@tool(effect="read")
def stock(item: str) -> int:
    """Return how many pieces of an item there are.

    Args:
        item: its name.
    """
    return {"bolt": 1200, "nut": 800}[item]


@tool(effect="once", permission="never")
def order(item: str) -> str:
    """Order an item.

    Args:
        item: its name.
    """
    SENT.append(item)
    return "ordered"


async def run_code(code, tmp_path, most=10):
    events = []
    context = RunContext(run_id="r", workspace=tmp_path, listener=events.append)
    with running(context):
        call = {"name": "run_code", "args": {"code": code}, "id": "c", "type": "tool_call"}
        found = await observe(call, [code_tool([stock, order], most)], seconds_left=60)
    if "confine" in found.text and not found.ok:
        pytest.skip("the kernel of this machine has no Landlock or no seccomp")
    return found, events, context


async def test_calls_go_through_observe_are_counted_and_leave_events(tmp_path):
    code = "print(sum(stock(i) for i in ('bolt', 'nut')))"
    found, events, context = await run_code(code, tmp_path)
    assert found.ok and "2000" in found.text and "stock(item='bolt') -> 1200" in found.text
    assert [e.tool for e in events if isinstance(e, ToolCalled)] == ["run_code", "stock", "stock"]
    assert len([e for e in events if isinstance(e, Observed)]) == 3
    assert context.calls == 2


async def test_a_tool_that_may_not_be_called_is_refused_in_code_as_well(tmp_path):
    found, _, _ = await run_code("order('bolt')", tmp_path)
    assert not found.ok and "may not be called" in found.text
    assert SENT == []


async def test_bad_arguments_of_a_program_are_explained_as_to_a_model(tmp_path):
    found, _, _ = await run_code("stock(piece='bolt')", tmp_path)
    assert "bad arguments for stock" in found.text and "item (string, required)" in found.text


async def test_the_runs_limit_of_tool_calls_holds_inside_a_program(tmp_path):
    code = "for n in range(5):\n    print(n, stock('bolt'))"
    found, _, context = await run_code(code, tmp_path, most=3)
    assert not found.ok and "limit of 3 tool calls" in found.text
    assert context.calls == 3


async def test_a_run_that_ends_while_a_program_waits_for_a_tool_does_not_hang(tmp_path):
    begun = asyncio.Event()

    @tool(effect="read")
    async def wait() -> str:
        """Wait for what never comes."""
        begun.set()
        await asyncio.Event().wait()
        return "never"

    context = RunContext(run_id="r", workspace=tmp_path)
    with running(context):
        work = asyncio.ensure_future(code_tool([wait], 5).ainvoke({"code": "wait()"}))
        done, _ = await asyncio.wait(
            {work, asyncio.ensure_future(begun.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        if work in done:
            pytest.skip("the kernel of this machine has no Landlock or no seccomp")
        work.cancel()
        await asyncio.wait({work}, timeout=5)
        assert work.cancelled()
    assert context._opened == {}  # closing waits for the program, which waits for nobody


async def test_a_program_is_given_neither_itself_nor_python(tmp_path):
    assert code_tool([stock], 5).name == "run_code"
    found, _, _ = await run_code("python('1')", tmp_path)
    assert "NameError" in found.text


async def test_where_programs_cannot_call_tools_they_are_not_run(tmp_path):
    with running(RunContext(run_id="r", workspace=tmp_path, sandbox="monty")):
        call = {"name": "run_code", "args": {"code": "1"}, "id": "c", "type": "tool_call"}
        found = await observe(call, [code_tool([stock], 5)], seconds_left=60)
    assert not found.ok and "use the level 'confined'" in found.text


async def test_models_are_not_shown_the_tool_that_runs_programs():
    agent = Agent(
        model=ScriptedModel(replies=["No."]), tools=[stock], loop="act", limits=Limits(steps=4)
    )
    events = [e async for e in agent.stream("How many?")]
    assert agent.model.seen[0].tools == ("stock",)
    assert not [e for e in events if isinstance(e, Noted) and "run_code" in e.text]
