import io

from rich.console import Console

from cogitate.cli.board import LIVE, TaskBoard
from cogitate.cli.view import View
from cogitate.runs.events import Noted, TaskLine, TasksChanged


def board(**statuses):
    return tuple(
        TaskLine(id=name, name=f"What about the {name}?", status=status)
        for name, status in statuses.items()
    )


def drawn(*events) -> str:
    stream = io.StringIO()
    view = View(stream)
    for event in events:
        view.show(event)
    view.close()
    return stream.getvalue()


def test_without_a_terminal_only_what_changed_is_written() -> None:
    first = TasksChanged(tasks=board(cup="running", plate="queued"))
    then = TasksChanged(tasks=board(cup="done", plate="queued"))
    shown = drawn(first, then, then)
    assert shown.count("What about the plate?") == 1
    assert "[>] What about the cup?" in shown and "[x] What about the cup?" in shown
    assert shown.count("tasks") == 2 and "\x1b" not in shown


def test_events_of_a_task_are_indented_under_its_name() -> None:
    tasks = TasksChanged(tasks=board(cup="running", plate="running"))
    shown = drawn(
        tasks,
        Noted(text="one", within="cup"),
        Noted(text="two", within="cup"),
        Noted(text="three", within="plate"),
        Noted(text="four"),
    ).splitlines()
    assert shown[3:] == [
        "  task   What about the cup?",
        "  note   one",
        "  note   two",
        "  task   What about the plate?",
        "  note   three",
        "note   four",
    ]


def test_the_live_board_is_below_the_events_and_bounded() -> None:
    many = {f"t{n}": "done" for n in range(30)} | {"cup": "running", "plate": "queued"}
    tasks = TaskBoard()
    tasks.change(board(**many))
    lines = [line.plain for line in tasks.live()]
    assert len(lines) == LIVE + 1
    assert lines[-2:] == ["  [>] What about the cup?", "  [ ] What about the plate?"]
    assert "30 of 32 over (22 not shown)" in lines[0]


def test_a_terminal_draws_the_board_live() -> None:
    stream = io.StringIO()
    view = View(stream)
    view.console = Console(file=stream, force_terminal=True, width=80, markup=False)
    view.show(TasksChanged(tasks=board(cup="running", plate="queued")))
    view.show(Noted(text="on it", within="cup"))
    view.close()
    assert "0 of 2 over" in stream.getvalue()


def test_names_of_tasks_are_neither_markup_nor_control() -> None:
    line = TaskLine(id="a", name="[bold]x[/bold]\x1b[31m", status="queued")
    assert "[bold]x[/bold]\\x1b[31m" in drawn(TasksChanged(tasks=(line,)))
