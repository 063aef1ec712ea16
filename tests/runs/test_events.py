import pytest

from cogitate.errors import SetupError
from cogitate.runs.events import (
    KINDS,
    Asked,
    Event,
    Happened,
    Judged,
    ModelCalled,
    Noted,
    Observed,
    Planned,
    Resumed,
    RunEnded,
    RunStarted,
    Said,
    TasksChanged,
    ToolCalled,
    read_event,
)
from cogitate.values import Result, Step, Usage

ONE_OF_EACH: list[Event] = [
    RunStarted(at=1.5, run_id="a", goal="多少？", model="m", tools=("python",), folder="/f"),
    Planned(at=2.0, steps=(Step(way="compute", goal="g"),), why="numbers"),
    ModelCalled(purpose="act", text="{}", usage=Usage(read=3, reused=2, written=1), prompt="p"),
    ToolCalled(call_id="1", tool="python", args={"code": "1\n2"}),
    Observed(call_id="1", tool="python", ok=True, text="2\u2028", artefacts=("/w/a.png",)),
    Judged(accepted=False, answer="2", advice="count again"),
    TasksChanged(tasks=({"id": "t1", "name": "count", "status": "queued"},), within="t0"),
    Asked(question="Go on?", reply="y"),
    Noted(text="a repair"),
    Said(speaker="Ana", text="Hello.", seat="user", turn=1),
    Happened(line={"at": "08:00", "who": "Ana"}),
    Resumed(run_id="a", recorded=12, why="steps +10"),
    RunEnded(
        result=Result(
            run_id="a", answer="2", stopped="answered", usage=Usage(read=3), artefacts=("/w/a",)
        )
    ),
]


def test_every_kind_of_event_has_an_example_here() -> None:
    assert {event.kind for event in ONE_OF_EACH} == set(KINDS)


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.kind)
def test_an_event_survives_its_line(event: Event) -> None:
    line = event.as_json()
    assert "\n" not in line
    assert line.startswith('{"kind": ')
    assert read_event(line) == event


@pytest.mark.parametrize(
    "line", ["", "{", "[]", '{"kind": "Unheard"}', '{"kind": "Noted", "no": 1}', '{"at": 1}']
)
def test_a_line_that_is_no_event_is_a_setup_error(line: str) -> None:
    with pytest.raises(SetupError, match="not an event"):
        read_event(line)
