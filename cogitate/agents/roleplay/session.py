"""One session as one body: task, plan, turns until a rule ends it, summary.

The body asks the same things in the same order when it is given the same answers of models,
tools and persons: it looks at no clock, draws nothing at random and keeps no set in a prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool

from cogitate.agents.roleplay.asking import Models
from cogitate.agents.roleplay.values import (
    Counts,
    Item,
    Message,
    Role,
    Seat,
    Termination,
)
from cogitate.agents.roleplay.view import RoleView
from cogitate.planners.ways.saying import is_chinese
from cogitate.runs.context import current
from cogitate.runs.events import Noted, Said

if TYPE_CHECKING:
    from cogitate.agents.roleplay.play import RolePlay


CHINESE = "Chinese"


class Ended(Exception):
    """Raised where one of the seven rules ends the session."""

    def __init__(self, rule: Termination, why: str) -> None:
        super().__init__(why)
        self.rule: Termination = rule
        self.why = why


@dataclass(kw_only=True)
class Session:
    """What one session knows while it runs. Made anew for each run."""

    play: "RolePlay"
    models: Models
    user_view: RoleView
    assistant_view: RoleView
    task: str
    plan: tuple[str, ...] = ()
    tools: Sequence[BaseTool] = ()
    turn: int = 0
    ticked: list[int] = field(default_factory=list)
    """Steps of the plan that are finished, by index, in the order in which they were."""
    memo: list[Item] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    thanks: int = 0
    """Messages that were thanks alone, since the last that was not."""
    repeats: dict[Seat, int] = field(default_factory=dict)
    """Messages of a seat in a row that say what its message two turns ago said."""

    @property
    def assistant(self) -> Role:
        """Who does the work."""
        return self.play.assistant_role

    @property
    def user(self) -> Role:
        """Who gives instructions."""
        return self.play.user_role

    @property
    def language(self) -> str:
        """The language of the task, in words."""
        return language_of(self.play.task)

    @property
    def open(self) -> list[str]:
        """The steps of the plan that no solution has completed."""
        return [step for at, step in enumerate(self.plan) if at not in self.ticked]

    def sources(self) -> list[str]:
        """Return every text that a number may come from."""
        said = [f"{m.text}\n{m.output}\n{m.input}" for m in self.messages]
        return [self.play.task, self.task, self.assistant_view.head, *self.plan, *said]

    def say(self, message: Message) -> None:
        """Add a message and let it be seen."""
        self.messages.append(message)
        current().emit(
            Said(
                speaker=message.speaker,
                seat=message.seat,
                text=message.text,
                turn=message.turn,
            )
        )


def note(text: str) -> None:
    """Leave a remark in the trace."""
    current().emit(Noted(text=text))


def language_of(text: str) -> str:
    """Return the language of a text as prompts name it."""
    if is_chinese(text):
        return CHINESE
    return "English" if text.isascii() else "the language of the task"
