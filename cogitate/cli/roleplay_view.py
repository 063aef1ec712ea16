"""A role-play as it goes: the user's messages left, the assistant's right.

On a terminal each message is a panel in its column; elsewhere it is plain lines. What is not a
message is drawn as in any other run.
"""

from typing import IO

from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from cogitate.cli.output import visible
from cogitate.cli.view import View, clip
from cogitate.runs.events import Event, ModelCalled, RunEnded, Said

WIDTH = 0.62
"""Share of the terminal's width that a message takes: the columns overlap a little."""
NARROWEST = 60
COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")


class RolePlayView(View):
    """Draws messages in two columns; several roles of a scene take them in turn."""

    def __init__(self, stream: IO[str] | None, *, left: str = "") -> None:
        """Draw on `stream`, or nothing without one; the role `left` has the left column."""
        super().__init__(stream)
        self._speakers: list[str] = [left] if left else []

    def show(self, event: Event) -> None:
        """Draw one event, and what is waited for after it."""
        if isinstance(event, Said):
            self.console.print(self._message(event))
            self.wait("the next message is being written")
        elif isinstance(event, ModelCalled):
            self.wait("the next message is being written")
        elif isinstance(event, RunEnded):
            self.close()
        else:
            super().show(event)

    def _message(self, event: Said) -> Text | Group:
        if event.speaker not in self._speakers:
            self._speakers.append(event.speaker)
        at = self._speakers.index(event.speaker)
        title, body = visible(f"{event.turn} {event.speaker}"), visible(clip(event.text))
        width = self.console.width
        if not self.console.is_terminal or width < NARROWEST:
            return Text(f"{title}:\n{body}\n")
        wide = int(width * WIDTH)
        colour = COLOURS[at % len(COLOURS)]
        panel = Panel(Text(body), title=Text(title, colour), title_align="left", width=wide)
        panel.border_style = colour
        return Group(Padding(panel, (0, 0, 0, width - wide if at % 2 else 0)))
