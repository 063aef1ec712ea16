"""What a person sees of a run: its events, drawn with rich.

All text is put into `rich.text.Text`, so nothing that a model or a tool wrote is read as
markup, and control characters are made visible before they reach the terminal.
What it does not know: how events come about, and where answers go.
"""

import re
from typing import IO, Literal

from rich.console import Console
from rich.live import Live
from rich.syntax import Syntax
from rich.text import Text

from cogitate.cli.board import TaskBoard, Waiting, indented, task_text
from cogitate.cli.output import is_utf, visible
from cogitate.runs.events import (
    Asked,
    Event,
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
)
from cogitate.values import Result, Usage

LINES = 24
"""Most lines of one argument or observation that are drawn; the trace has them all."""
COLUMNS = 600
"""Most characters of one of these lines."""

_DECISION = re.compile(r"\s*(\w+ )?[{\[<]")

WHY: dict[str, str] = {
    "answered": "answered",
    "accepted": "answered, and the critic agreed",
    "no_evidence": "no tool result supports an answer",
    "steps": "stopped at the limit of steps",
    "tokens": "stopped at the limit of tokens",
    "time": "stopped at the limit of time",
    "cost": "stopped at the limit of cost",
    "loop": "stopped: the same step came again and brought nothing new",
    "stalled": "stopped: no progress",
    "denied": "stopped: a tool was not allowed to run",
    "interrupted": "interrupted",
    "model_error": "the model failed",
}
"""Each stop reason in words."""


def clip(text: str, lines: int = LINES, columns: int = COLUMNS) -> str:
    """Return the beginning of `text`, saying how much was left out."""
    found = text.strip("\n").split("\n")
    kept = [
        line if len(line) <= columns else f"{line[:columns]}... ({len(line)} characters)"
        for line in found[:lines]
    ]
    if len(found) > lines:
        kept.append(f"... ({len(found) - lines} more lines)")
    return "\n".join(kept)


def tokens(usage: Usage) -> str:
    """Return what a model call cost, in words."""
    return f"read {usage.read:,}, reused {usage.reused:,}, written {usage.written:,} tokens"


def console_for(stream: IO[str]) -> Console:
    """Return a console on `stream` that reads no markup and never breaks piped lines."""
    return Console(
        file=stream, markup=False, emoji=False, highlight=False, soft_wrap=not stream.isatty()
    )


def draw(event: Event, *, prompts: bool = False, answer: bool = False) -> list[Text]:
    """Return the lines that show `event`.

    Args:
        event: what happened.
        prompts: whether to show what the model was shown.
        answer: whether the end shows the answer; the live view leaves it to stdout.
    """
    match event:
        case RunStarted():
            return _started(event)
        case Planned():
            return _planned(event)
        case ModelCalled():
            return _model_called(event, prompts)
        case ToolCalled():
            return _tool_called(event)
        case Observed():
            return _observed(event)
        case Judged():
            said = ("accepted", "green") if event.accepted else ("turned down", "yellow")
            return [_head("judge", *said), *_block(event.advice, "yellow")]
        case RunEnded():
            return _ended(event.result, answer)
    return _aside(event)


def _aside(event: Event) -> list[Text]:
    """Return the lines of an event that is no step of the run itself."""
    match event:
        case TasksChanged():
            return [_head("tasks", "", "dim"), *map(task_text, event.tasks)]
        case Asked():
            return [_head("asked", clip(event.question, 1), "yellow"), *_block(event.reply)]
        case Said():
            return [_head("says", event.speaker, "bold", event.seat), *_block(event.text)]
        case Resumed():
            why = f" with {event.why}" if event.why else ""
            return [_head("resume", f"goes on after {event.recorded} records{why}", "yellow")]
        case Noted():
            return [_head("note", clip(visible(event.text), 6), "yellow")]
    return [_head(event.kind, "", "dim")]


def _head(label: str, text: str, style: str = "", aside: str = "") -> Text:
    parts = ((f"{label:<7}", "bold cyan"), (visible(text), style))
    return Text.assemble(*parts, (f"  {visible(aside)}" if aside else "", "dim"))


def _block(text: str, style: str = "") -> list[Text]:
    """Return `text` clipped and indented, nothing when it is empty."""
    if not text.strip():
        return []
    return [Text("\n".join(f"  {line}" for line in clip(visible(text)).split("\n")), style)]


def _started(event: RunStarted) -> list[Text]:
    about = [f"model {event.model}" if event.model else "", f"run {event.run_id}"]
    if event.folder:
        about.insert(1, f"folder {event.folder}")
    lines = [_head("goal", clip(event.goal, 12), "bold")]
    lines.append(_head("", ", ".join(part for part in about if part), "dim"))
    if event.sandbox:
        alarm = "bold red" if "not confined" in event.sandbox.lower() else "dim"
        lines.append(_head("", f"python: {event.sandbox}", alarm))
    return lines


def _planned(event: Planned) -> list[Text]:
    lines = [_head("plan", clip(event.why, 3), "dim")]
    for number, step in enumerate(event.steps, start=1):
        lines.append(Text.assemble(f"  {number}. ", (visible(step["way"]), "magenta"), ": "))
        lines[-1].append(clip(visible(step["goal"]), 4))
    return lines


def _model_called(event: ModelCalled, prompts: bool) -> list[Text]:
    lines = [_head("think", event.purpose, "", f"{tokens(event.usage)}, {event.seconds:.1f} s")]
    if prompts and event.prompt:
        shown = visible(event.prompt).split("\n")
        lines.append(Text("\n".join(f"  | {line}" for line in shown), "dim"))
    # A decision or a call is drawn by the event that follows from it.
    if prompts or not _DECISION.match(event.text):
        lines += _block(event.text, "italic")
    return lines


def _tool_called(event: ToolCalled) -> list[Text]:
    short = {name: value for name, value in event.args.items() if not _is_code(name, value)}
    aside = clip(", ".join(f"{name}={value!r}" for name, value in short.items()))
    lines = [_head("call", event.tool, "bold", aside)]
    for name, value in event.args.items():
        if name not in short:
            lines.append(_code(str(value), _language(event.tool, name)))
    return lines


def _is_code(name: str, value: object) -> bool:
    return isinstance(value, str) and (name in ("code", "sql", "query") or "\n" in value)


def _language(tool: str, name: str) -> str:
    if name == "sql" or (name == "query" and "table" in tool):
        return "sql"
    return "python" if name == "code" else "text"


def _code(code: str, language: str) -> Text:
    shown = clip(visible(code))
    text = Syntax("", language, theme="ansi_dark", background_color="default").highlight(shown)
    text.rstrip()
    return Text("\n").join([Text("  ").append_text(line) for line in text.split("\n")])


def _observed(event: Observed) -> list[Text]:
    ending = "" if event.ok else "failed"
    head = _head("result" if event.ok else "error", ending, "red", f"{event.seconds:.1f} s")
    lines = [head, *_block(event.text, "" if event.ok else "red")]
    return lines + [_head("", f"wrote {path}", "green") for path in event.artefacts]


def _ended(result: Result, answer: bool) -> list[Text]:
    lines = [_head("answer", clip(result.answer, 200, 10_000), "bold")] if answer else []
    style = "green" if result.ok else "bold yellow"
    steps = f"{result.steps} step{'' if result.steps == 1 else 's'}"
    cost = f"{result.seconds:.1f} s, {steps}, {tokens(result.usage)}"
    lines.append(_head("end", WHY.get(result.stopped, result.stopped), style, cost))
    lines += [_head("", f"file {path}", "green") for path in result.artefacts]
    if not answer:
        lines.append(_head("", f"cogitate trace show {result.run_id}", "dim"))
    return lines


class View:
    """Draws events as they come. On a terminal a line below tells what is waited for."""

    def __init__(
        self, stream: IO[str] | None, *, prompts: bool = False, answer: bool = False
    ) -> None:
        """Draw on `stream`, or nothing without one; the two choices are those of `draw`."""
        self.console = Console(quiet=True) if stream is None else console_for(stream)
        self._prompts = prompts
        self._answer = answer
        self._live: Live | None = None
        self._board = TaskBoard()
        self._within = ""

    def show(self, event: Event) -> None:
        """Draw one event, and what is waited for after it."""
        for line in self._lines(event):
            self.console.print(indented(line) if event.within else line)
        if isinstance(event, ToolCalled):
            self.wait(f"{event.tool} is running")
        elif isinstance(event, RunEnded):
            self.close()
        elif not isinstance(event, Noted):
            self.wait("the model is thinking")

    def _lines(self, event: Event) -> list[Text]:
        """Return the lines of an event, headed by its task when that is another one."""
        if isinstance(event, TasksChanged):
            changed = self._board.change(event.tasks)
            return [_head("tasks", "", "dim"), *map(task_text, changed)] if changed else []
        lines = draw(event, prompts=self._prompts, answer=self._answer)
        if event.within and event.within != self._within:
            lines.insert(0, _head("task", clip(self._board.name_of(event.within), 2), "bold blue"))
        self._within = event.within
        return lines

    def prompt(self, text: str) -> None:
        """Draw the head of a line that the person writes."""
        self.console.print(Text(text, "yellow"), end="")

    def say(self, text: str) -> None:
        """Draw one line that is no event."""
        self.console.print(Text(visible(text), "yellow"))

    def wait(self, what: str) -> None:
        """Show on a terminal that something takes its time."""
        if self.console.quiet or not self.console.is_terminal or self.console.is_dumb_terminal:
            return
        dots: Literal["dots", "line"] = "dots" if is_utf(self.console.file) else "line"
        waiting = Waiting(visible(what), dots, self._board.live())
        if self._live is None:
            self._live = Live(
                waiting,
                console=self.console,
                transient=True,
                refresh_per_second=8,
                redirect_stdout=False,  # stdout is for the answer alone
                redirect_stderr=False,
            )
            self._live.start(refresh=True)
        else:
            self._live.update(waiting)

    def close(self) -> None:
        """Take the waiting line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
