import asyncio
import json
import threading
import time
from datetime import date

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_core.tools import tool as langchain_tool
from pydantic import BaseModel

from cogitate.errors import ToolFailure
from cogitate.runs.context import RunContext, current, running
from cogitate.runs.events import Observed, ToolCalled
from cogitate.tools.base import tool
from cogitate.tools.observe import TEXT_LIMIT, observe


@pytest.fixture
def events():
    return []


@pytest.fixture
def run(tmp_path, events):
    with running(RunContext(run_id="r", workspace=tmp_path, listener=events.append)) as context:
        yield context


def call(name, call_id="c1", **args):
    return {"name": name, "args": args, "id": call_id, "type": "tool_call"}


def made(function, **declared):
    return tool(**declared)(function) if declared else tool(function)


async def outcome_of(function, **declared):
    item = made(function, **declared)
    return await observe(call(item.name), [item], seconds_left=30)


async def test_a_result_is_text_with_its_events(run, events):
    def greet() -> str:
        """Say hello."""
        return "hello"

    seen = await outcome_of(greet)
    assert (seen.ok, seen.status, seen.text) == (True, "ok", "hello")
    assert isinstance(seen.message, ToolMessage)
    assert (seen.message.content, seen.message.tool_call_id) == ("hello", "c1")
    assert seen.message.status == "success"
    called, observed = events
    assert isinstance(called, ToolCalled)
    assert (called.tool, called.call_id, called.args) == ("greet", "c1", {})
    assert isinstance(observed, Observed)
    assert (observed.ok, observed.text, observed.tool) == (True, "hello", "greet")


async def test_tool_failure_is_an_observation_not_a_crash(run, events):
    def fail() -> str:
        """Fail."""
        raise ToolFailure("no such row; try another")

    seen = await outcome_of(fail)
    assert (seen.ok, seen.status, seen.text) == (False, "error", "no such row; try another")
    assert seen.message.status == "error"
    assert events[-1].ok is False


async def test_any_exception_is_named_with_its_message(run):
    def fail() -> str:
        """Fail."""
        return {}["missing"]

    assert (await outcome_of(fail)).text == "KeyError: 'missing'"


async def test_an_exception_that_cannot_be_printed_is_named(run):
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError

    def fail() -> str:
        """Fail."""
        raise Silent

    assert (await outcome_of(fail)).text.startswith("Silent: ")


@pytest.mark.parametrize("error", [SystemExit(3), StopIteration(), asyncio.CancelledError()])
async def test_what_would_end_a_program_is_an_observation(run, error):
    def leave() -> str:
        """Leave."""
        raise error

    seen = await outcome_of(leave)
    assert (seen.ok, seen.status) == (False, "error")


async def test_an_async_tool_that_cancels_itself_is_an_observation(run):
    async def leave() -> str:
        """Leave."""
        raise asyncio.CancelledError

    seen = await outcome_of(leave)
    assert (seen.ok, seen.status) == (False, "error")


async def test_a_handled_tool_exception_is_not_ok(run):
    def fail() -> str:
        """Fail."""
        raise ToolException("the server said no")

    handled = StructuredTool.from_function(fail, handle_tool_error=True)
    for item in (handled, made(fail)):
        seen = await observe(call("fail"), [item], seconds_left=30)
        assert (seen.ok, seen.text) == (False, "the server said no")


async def test_an_unknown_name_is_answered_with_the_closest(run, events):
    def read_file() -> str:
        """Read."""
        return ""

    seen = await observe(call("readfile"), [made(read_file)], seconds_left=30)
    assert (seen.ok, seen.status) == (False, "unknown_tool")
    assert "did you mean read_file?" in seen.text
    assert [event.kind for event in events] == ["ToolCalled", "Observed"]


async def test_no_tools_at_all_says_to_answer(run):
    assert "answer in words" in (await observe(call("x"), [], seconds_left=1)).text


def _area() -> BaseTool:
    @tool
    def area(width: float, height: float = 1.0) -> float:
        """Return an area.

        Args:
            width: metres.
            height: metres.
        """
        return width * height

    return area


async def test_bad_arguments_name_field_reason_and_what_is_expected(run):
    seen = await observe(call("area", width="wide"), [_area()], seconds_left=30)
    assert (seen.ok, seen.status) == (False, "bad_arguments")
    assert "width: Input should be a valid number" in seen.text
    assert "'wide'" in seen.text
    assert "Expected: width (number, required), height (number)" in seen.text


async def test_a_missing_argument_is_named(run):
    seen = await observe(call("area", height=2), [_area()], seconds_left=30)
    assert seen.status == "bad_arguments"
    assert "width: Field required" in seen.text


async def test_arguments_that_are_no_object_are_refused(run):
    bad = {"name": "area", "args": ["3"], "id": "c", "type": "tool_call"}
    assert (await observe(bad, [_area()], seconds_left=30)).status == "bad_arguments"


async def test_a_call_without_id_and_type_works(run):
    seen = await observe(
        {"name": "area", "args": {"width": 2}, "id": None}, [_area()], seconds_left=9
    )
    assert (seen.ok, seen.text) == (True, "2.0")


async def test_a_validation_error_inside_the_tool_is_not_blamed_on_the_arguments(run):
    class Row(BaseModel):
        number: int

    def parse() -> str:
        """Parse."""
        return str(Row(number="x"))

    assert (await outcome_of(parse)).status == "error"


@pytest.mark.parametrize("permission", ["never", "ask"])
async def test_a_tool_without_permission_does_not_run(run, permission):
    ran = []

    def act() -> str:
        """Act."""
        ran.append(1)
        return "done"

    seen = await outcome_of(act, permission=permission)
    assert (seen.ok, seen.status, ran) == (False, "denied", [])


async def test_a_sync_tool_that_hangs_is_left_behind(run):
    release = threading.Event()

    def hang() -> str:
        """Hang."""
        release.wait(60)
        return "late"

    start = time.monotonic()
    seen = await outcome_of(hang, timeout=0.1)
    assert (seen.ok, seen.status) == (False, "timeout")
    assert "0.1 seconds" in seen.text
    assert time.monotonic() - start < 5
    release.set()


def test_a_hanging_tool_does_not_hold_up_the_end_of_the_loop(tmp_path):
    release = threading.Event()

    def hang() -> str:
        """Hang."""
        release.wait(60)
        return "late"

    start = time.monotonic()
    asyncio.run(outcome_of(hang, timeout=0.1))
    assert time.monotonic() - start < 5
    release.set()


async def test_an_async_tool_that_swallows_its_cancellation_is_left_behind(run):
    release = asyncio.Event()

    async def stubborn() -> str:
        """Hang."""
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return "late"

    seen = await outcome_of(stubborn, timeout=0.05)
    assert seen.status == "timeout"
    release.set()


async def test_a_tools_own_timeout_error_is_an_error(run):
    async def fail() -> str:
        """Fail."""
        raise TimeoutError("the server is slow")

    seen = await outcome_of(fail)
    assert (seen.status, seen.text) == ("error", "TimeoutError: the server is slow")


async def test_the_run_s_time_bounds_the_tool(run):
    async def wait() -> str:
        """Wait."""
        await asyncio.Event().wait()
        return ""

    item = made(wait)
    assert (await observe(call("wait"), [item], seconds_left=0.05)).status == "timeout"
    assert "not run" in (await observe(call("wait"), [item], seconds_left=0)).text


async def test_an_interruption_from_outside_goes_through(run):
    started, ended = asyncio.Event(), asyncio.Event()

    async def wait() -> str:
        """Wait."""
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    task = asyncio.create_task(outcome_of(wait))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_megabyte_is_cut_and_kept_in_a_named_file(run, tmp_path):
    def flood() -> str:
        """Flood."""
        return "0123456789" * 100_000

    seen = await outcome_of(flood)
    assert seen.ok
    assert len(seen.text) < TEXT_LIMIT + 200
    assert "996,000 characters more" in seen.text
    assert "'flood_output-1.txt'" in seen.text
    assert (tmp_path / "flood_output-1.txt").stat().st_size == 1_000_000


async def test_a_tool_that_prints_a_megabyte_and_returns_nothing_is_told_so(run, capfd):
    def shout() -> None:
        """Shout."""
        print("x" * 1_000_000)

    seen = await outcome_of(shout)
    assert (seen.ok, seen.text) == (True, "(the tool returned nothing)")


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        ("", "(the tool returned no text)"),
        (b"\x00\xff", "b'\\x00\\xff'"),
        ({"城市": "上海", "n": 1}, '{"城市": "上海", "n": 1}'),
        (["a", "b"], '["a", "b"]'),
        ([], "[]"),
        ([1, None], "[1, null]"),
        (2.5, "2.5"),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        ("half \ud800 a character", "half ? a character"),
    ],
)
async def test_whatever_a_tool_returns_becomes_text(run, returned, text):
    def give():
        """Give."""
        return returned

    seen = await outcome_of(give)
    assert (seen.ok, seen.text) == (True, text)
    json.dumps(seen.text, ensure_ascii=False).encode()


async def test_a_date_inside_a_result_is_readable(run):
    def give():
        """Give."""
        return {"day": date(2024, 2, 29)}

    assert "2024" in (await outcome_of(give)).text


async def test_files_of_the_artifact_become_artefacts_once(run, events, tmp_path):
    def draw():
        """Draw."""
        files = [str(tmp_path / "a.png"), "b.png"]
        return "drawn", {"status": "ok", "files": files}

    for _ in range(2):
        seen = await outcome_of(draw, result="content_and_artifact")
        assert seen.ok
        assert seen.artefacts == (str(tmp_path / "a.png"), str(tmp_path / "b.png"))
        assert seen.message.artifact["status"] == "ok"
    assert run.artefacts == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    assert events[-1].artefacts == seen.artefacts


async def test_an_artifact_with_another_status_is_not_ok(run):
    def compute():
        """Compute."""
        return "killed: out of memory", {"status": "memory"}

    seen = await outcome_of(compute, result="content_and_artifact")
    assert (seen.ok, seen.status, seen.text) == (False, "error", "killed: out of memory")


async def test_a_broken_promise_of_an_artifact_is_an_observation(run):
    def compute():
        """Compute."""
        return "only text"

    assert (await outcome_of(compute, result="content_and_artifact")).status == "error"


async def test_a_tool_sees_the_run_from_its_thread(run):
    def where() -> str:
        """Say where."""
        return current().run_id

    async def where_async() -> str:
        """Say where."""
        return current().run_id

    assert [(await outcome_of(f)).text for f in (where, where_async)] == ["r", "r"]


async def test_langchain_tools_of_every_kind_work(run):
    @langchain_tool
    def plain(text: str) -> str:
        """Return it."""
        return text

    @langchain_tool(return_direct=True)
    async def direct(text: str) -> str:
        """Return it."""
        return text

    class Own(BaseTool):
        name: str = "own"
        description: str = "Return it."

        def _run(self, text: str) -> str:
            return text

    class OwnAsync(Own):
        name: str = "own_async"

        async def _arun(self, text: str) -> str:
            return text

    async def given(text: str) -> str:
        return text

    only_async = StructuredTool.from_function(coroutine=given, name="given", description="Return.")
    for item in (plain, direct, Own(), OwnAsync(), only_async):
        seen = await observe(call(item.name, text="好"), [item], seconds_left=30)
        assert (seen.ok, seen.text) == (True, "好"), item.name
