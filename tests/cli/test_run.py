import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import get_args

import pytest

from cogitate.cli.run import EXIT_CODES, WAYS_ON, drive, say_why
from cogitate.cli.view import View
from cogitate.errors import ModelError
from cogitate.runs.events import Event, Noted, RunEnded, RunStarted
from cogitate.runs.store import RunStore
from cogitate.values import Result, StopReason

# What runs in a process of its own, so that it can be sent Ctrl-C: an agent that works until
# it is asked to stop, or for ever, driven as `cogitate run` drives one.
SLOW = """
import asyncio, sys
from cogitate.cli.run import EXIT_CODES, drive, say_why
from cogitate.cli.view import View
from cogitate.runs.events import RunEnded, RunStarted
from cogitate.values import Result

class Slow:
    async def stream(self, goal, *, stop=None, history=()):
        yield RunStarted(run_id="r", goal=goal)
        if sys.argv[1] == "deaf":
            await asyncio.Event().wait()
        await stop.wait()
        yield RunEnded(result=Result(run_id="r", answer="so far", stopped="interrupted"))

result = asyncio.run(drive(Slow(), "the goal", View(sys.stderr)))
print(result.answer)
say_why(result)
sys.exit(EXIT_CODES[result.stopped])
"""


class Listed:
    """An agent whose events are given."""

    def __init__(self, *events: Event) -> None:
        self.events = events
        self.history: Sequence[tuple[str, str]] = ()

    async def stream(
        self,
        goal: str,
        *,
        stop: asyncio.Event | None = None,
        history: Sequence[tuple[str, str]] = (),
    ) -> AsyncGenerator[Event, None]:
        self.history = history
        for event in self.events:
            yield event


def result(stopped: StopReason = "answered") -> Result:
    return Result(run_id="r", answer="7", stopped=stopped)


def slow(how: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(stream: io.TextIOBase, part: str) -> None:
    for line in stream:
        if part in line:
            return
    raise AssertionError(f"{part!r} was never said")


def test_the_first_ctrl_c_ends_the_run_in_order() -> None:
    with slow("willing") as child:
        read_until(child.stderr, "the goal")
        os.kill(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert out == "so far\n"
    assert "stopping after this step" in err and "Traceback" not in err


def test_the_second_ctrl_c_leaves_at_once() -> None:
    with slow("deaf") as child:
        read_until(child.stderr, "the goal")
        os.kill(child.pid, signal.SIGINT)
        read_until(child.stderr, "stopping after this step")
        os.kill(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_every_stop_reason_has_an_exit_code_and_a_way_on() -> None:
    reasons = set(get_args(StopReason))
    assert set(EXIT_CODES) == reasons
    assert set(WAYS_ON) == reasons - {"answered", "accepted"}
    for reason in reasons:
        assert (EXIT_CODES[reason] == 0) == result(reason).ok


@pytest.mark.parametrize("reason", sorted(WAYS_ON))
def test_a_stop_without_an_answer_is_one_line_with_the_way_on(
    reason: StopReason, capsys: pytest.CaptureFixture[str]
) -> None:
    say_why(result(reason))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert WAYS_ON[reason] in said and "cogitate trace show r" in said


def test_an_answer_needs_no_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    say_why(result())
    assert capsys.readouterr().err == ""


async def test_events_are_drawn_and_handed_on_in_order() -> None:
    drawn, seen = io.StringIO(), []
    events = [RunStarted(run_id="r", goal="g"), Noted(text="n"), RunEnded(result=result())]
    agent = Listed(*events)
    history = [("a", "b")]
    found = await drive(agent, "g", View(drawn), on_event=seen.append, history=history)
    assert found == result()
    assert seen == events
    assert agent.history == history
    shown = drawn.getvalue()
    assert shown.index("goal") < shown.index("note") < shown.index("end")


async def test_a_run_without_a_result_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="without a result"):
        await drive(Listed(RunStarted(run_id="r", goal="g")), "g", View(None))


async def test_ctrl_c_is_left_alone_after_a_run() -> None:
    before = signal.getsignal(signal.SIGINT)
    await drive(Listed(RunEnded(result=result())), "g", View(None))
    assert signal.getsignal(signal.SIGINT) in (before, signal.default_int_handler)


@pytest.fixture
def script() -> str:
    """A model that calls calculate once and then answers."""
    replies = [
        {"tool": "calculate", "args": {"expression": "6*7"}},
        "It is 42.",
    ]
    Path("script.json").write_text(json.dumps(replies))
    return "scripted:script.json"


def ask(run, script: str, *more: str, **options):
    return run("run", "--model", script, "--loop", "react", *more, **options)


def test_the_answer_alone_is_on_stdout_and_the_view_on_stderr(cogitate, script: str) -> None:
    done = ask(cogitate, script, "What", "is 6 times 7?")
    assert (done.returncode, done.stdout) == (0, "It is 42.\n"), done.stderr
    assert "What is 6 times 7?" in done.stderr
    assert "calculate" in done.stderr and "expression='6*7'" in done.stderr
    assert "read " in done.stderr and "\x1b" not in done.stderr


def test_quiet_leaves_stderr_empty(cogitate, script: str) -> None:
    done = ask(cogitate, script, "--quiet", "What is 6 times 7?")
    assert (done.returncode, done.stdout, done.stderr) == (0, "It is 42.\n", "")


def test_the_goal_comes_from_stdin_for_a_dash(inside, script: str) -> None:
    done = ask(inside, script, "-", input="What is 6 times 7?\n")
    assert (done.returncode, done.stdout) == (0, "It is 42.\n")
    assert "What is 6 times 7?" in done.stderr


def test_json_is_one_result_object(inside, script: str) -> None:
    done = ask(inside, script, "--json", "What is 6 times 7?")
    found = json.loads(done.stdout)
    keys = {"run_id", "answer", "stopped", "steps", "usage", "artefacts", "seconds", "cost"}
    assert set(found) == keys
    assert (found["answer"], found["stopped"]) == ("It is 42.", "answered")


def test_jsonl_is_the_events_that_the_run_keeps(inside, script: str, clean: Path) -> None:
    done = ask(inside, script, "--jsonl", "What is 6 times 7?")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "RunStarted" and kinds[-1] == "RunEnded"
    assert {"ModelCalled", "ToolCalled", "Observed"} <= set(kinds)
    kept = RunStore(clean / "runs").events(events[0]["run_id"])
    assert [json.loads(event.as_json()) for event in kept] == events


def test_a_run_can_be_shown_afterwards(inside, script: str) -> None:
    ask(inside, script, "What is 6 times 7?")
    done = inside("trace", "show", "last")
    assert done.returncode == 0
    assert "calculate" in done.stdout and "It is 42." in done.stdout
    assert "answered" in inside("trace", "list").stdout


def test_a_limit_is_exit_code_124_with_one_line_why(inside) -> None:
    replies = [{"tool": "calculate", "args": {"expression": f"{n}+1"}} for n in range(3)]
    Path("script.json").write_text(json.dumps([*replies, "so far"]))
    done = ask(inside, "scripted:script.json", "--max-tool-calls", "1", "-q", "Add numbers")
    assert done.returncode == 124, done.stderr
    assert done.stderr.startswith("cogitate: stopped at the limit of")
    assert done.stderr.count("\n") == 1


def test_ones_own_tool_is_called(inside) -> None:
    Path("mine.py").write_text(
        "from cogitate.tools.base import tool\n\n@tool(effect='read')\n"
        'def greet(name: str) -> str:\n    """Return a greeting.\n\n    Args:\n'
        '        name: whom to greet.\n    """\n    return f"Hello, {name} of the moon"\n'
    )
    replies = [{"tool": "greet", "args": {"name": "Ada"}}, "Hello, Ada of the moon"]
    Path("script.json").write_text(json.dumps(replies))
    done = ask(inside, "scripted:script.json", "--tools", "mine.py", "Greet Ada")
    assert (done.returncode, done.stdout) == (0, "Hello, Ada of the moon\n"), done.stderr


def test_a_narrow_terminal_encoding_ends_no_run(cogitate) -> None:
    Path("script.json").write_text(json.dumps(["东部 42"]))
    env = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = ask(cogitate, "scripted:script.json", "哪个地区？", env=env, encoding="cp1252")
    assert "Traceback" not in done.stderr
    assert done.stdout == "?? 42\n", done.stderr


def test_offline_without_the_model_is_exit_code_3_and_says_what_to_run(inside) -> None:
    done = inside("run", "--offline", "What is 2 + 2?")
    assert (done.returncode, done.stdout) == (3, "")
    assert "cogitate models pull" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_data_folder_that_cannot_be_written_is_exit_code_2(cogitate, script: str) -> None:
    Path("file").write_text("in the way")
    done = ask(
        cogitate, script, "-q", "x", env={"COGITATE_HOME": str(Path("file/home").absolute())}
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "COGITATE_HOME" in done.stderr and done.stderr.count("\n") == 1
