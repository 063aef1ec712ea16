import contextlib
import io
import os
import re

import pytest

from cogitate.cli.view import WHY, View, clip
from cogitate.runs.events import (
    Event,
    Judged,
    ModelCalled,
    Noted,
    Observed,
    Planned,
    RunEnded,
    RunStarted,
    ToolCalled,
)
from cogitate.values import Result, Step, StopReason, Usage

NASTY = "so it is [bold]x[/bold] [/] [link=http://a]\x1b[31m :smile:"
SHOWN = "so it is [bold]x[/bold] [/] [link=http://a]\\x1b[31m :smile:"

EVENTS: list[Event] = [
    RunStarted(run_id="r1", goal=NASTY, model=NASTY, folder=NASTY, sandbox=NASTY),
    Planned(steps=(Step(way=NASTY, goal=NASTY),), why=NASTY),
    ModelCalled(purpose=NASTY, text=NASTY, usage=Usage(read=1200, reused=30, written=4)),
    ToolCalled(call_id="1", tool=NASTY, args={"code": NASTY}),
    Observed(call_id="1", tool="t", ok=True, text=NASTY, artefacts=(NASTY,)),
    Observed(call_id="1", tool="t", ok=False, text=NASTY),
    Judged(accepted=False, answer="a", advice=NASTY),
    Noted(text=NASTY),
]


def drawn(*events: Event, prompts: bool = False, answer: bool = False) -> str:
    stream = io.StringIO()
    view = View(stream, prompts=prompts, answer=answer)
    for event in events:
        view.show(event)
    view.close()
    return stream.getvalue()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_text_from_outside_is_neither_markup_nor_control(event: Event) -> None:
    shown = drawn(event)
    assert SHOWN in shown
    assert "\x1b" not in shown


def test_what_a_model_wrote_is_shown_unless_it_is_a_call_or_a_decision() -> None:
    def text(written: str) -> str:
        return drawn(ModelCalled(purpose="act", text=written, usage=Usage()))

    assert SHOWN in text(NASTY)
    for decision in ('{"way": "tables"}', "python {'code': '1'}", "[1]"):
        assert decision not in text(decision)


def test_names_of_arguments_are_no_control_either() -> None:
    shown = drawn(ToolCalled(call_id="1", tool="t", args={"a\x1bb": 1, "c\x1bd": "\n"}))
    assert "\x1b" not in shown


def test_the_header_names_goal_model_folder_and_what_confines() -> None:
    shown = drawn(RunStarted(run_id="r1", goal="g?", model="m", folder="/f", sandbox="a box"))
    for part in ("g?", "model m", "folder /f", "run r1", "python: a box"):
        assert part in shown


def test_the_plan_names_each_way_and_why() -> None:
    steps = (Step(way="tables", goal="sum it"), Step(way="compute", goal="divide it"))
    shown = drawn(Planned(steps=steps, why="two tables"))
    assert "two tables" in shown
    assert "1. tables: sum it" in shown and "2. compute: divide it" in shown


def test_a_model_call_shows_tokens_read_reused_written_and_seconds() -> None:
    usage = Usage(read=1200, reused=30, written=4)
    shown = drawn(ModelCalled(purpose="act", text="so", usage=usage, seconds=1.25, prompt="P"))
    assert "read 1,200, reused 30, written 4 tokens, 1.2 s" in shown
    assert "so" in shown
    assert "P" not in shown.replace("act", "")


def test_prompts_are_shown_whole_when_asked_for() -> None:
    prompt = "\n".join(f"line {n}" for n in range(500))
    event = ModelCalled(purpose="act", text='{"a": 1}', usage=Usage(), prompt=prompt)
    assert "line 499" in drawn(event, prompts=True)
    assert "line" not in drawn(event)
    assert '{"a": 1}' in drawn(event, prompts=True)


def test_a_call_shows_short_arguments_beside_and_code_below() -> None:
    shown = drawn(
        ToolCalled(call_id="1", tool="python", args={"n": 3, "code": "x = 1\n\nfor i in y:\n    z"})
    )
    assert re.search(r"call +python +n=3\n  x = 1\n\s*\n  for i in y:\n      z\n", shown)


def test_long_observations_are_clipped_and_say_so() -> None:
    text = "\n".join(["w" * 5000] + [f"row {n}" for n in range(100)])
    shown = drawn(Observed(call_id="1", tool="t", ok=True, text=text))
    assert "(5000 characters)" in shown and "(77 more lines)" in shown
    assert len(shown) < 3000


def test_clip_leaves_short_text_alone() -> None:
    assert clip("a\nb") == "a\nb"


def test_a_failed_tool_is_an_error_line() -> None:
    assert "failed" in drawn(Observed(call_id="1", tool="t", ok=False, text="no"))
    assert "failed" not in drawn(Observed(call_id="1", tool="t", ok=True, text="no"))


def ended(stopped: StopReason = "answered") -> RunEnded:
    return RunEnded(
        result=Result(
            run_id="r1",
            answer="the answer",
            stopped=stopped,
            steps=2,
            usage=Usage(read=10, reused=20, written=5),
            artefacts=("/w/plot.png",),
            seconds=3.21,
        )
    )


def test_the_end_shows_totals_artefacts_and_how_to_see_more_but_no_answer() -> None:
    shown = drawn(ended())
    for part in ("3.2 s", "2 steps", "read 10, reused 20, written 5", "/w/plot.png"):
        assert part in shown
    assert "cogitate trace show r1" in shown
    assert "the answer" not in shown


def test_a_trace_shows_the_answer() -> None:
    assert "the answer" in drawn(ended(), answer=True)


def test_every_stop_reason_has_words() -> None:
    from typing import get_args

    assert set(WHY) == set(get_args(StopReason))
    for reason in get_args(StopReason):
        assert WHY[reason] in drawn(ended(reason))


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_narrow_encoding_draws_every_event(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding, errors="replace")
    view = View(stream)
    for event in [*EVENTS, Noted(text="东部地区 ✓"), ended()]:
        view.show(event)
    stream.flush()
    assert b"3.2 s" in raw.getvalue()


def on_a_terminal(*events: Event) -> str:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        view = View(stream)
        for event in events:
            view.show(event)
        view.close()
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal says that its other end was closed
        while block := os.read(ours, 1 << 16):
            shown += block
    os.close(ours)
    return shown.decode()


COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-8]")


def test_a_terminal_gets_colours_unless_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert COLOUR.search(on_a_terminal(Noted(text="n")))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(on_a_terminal(Noted(text="n")))


def test_a_terminal_is_told_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = on_a_terminal(ToolCalled(call_id="1", tool="python", args={}))
    assert "python is running" in shown
    assert "is running" not in drawn(ToolCalled(call_id="1", tool="python", args={}))


def test_without_a_stream_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    view = View(None)
    for event in [*EVENTS, ended()]:
        view.show(event)
    view.close()
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", "")
