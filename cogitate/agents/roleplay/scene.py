"""A scene: several roles talk, and who speaks next is a turn, a rule or a moderator's choice."""

from dataclasses import dataclass, field
from typing import Any, Literal

from cogitate.agents.roleplay.drift import Drift
from cogitate.agents.roleplay.values import Message, Role, Termination
from cogitate.errors import SetupError
from cogitate.values import Result

Order = Literal["turn", "rule", "moderator"]
MOST_ROLES = 9
"""Their numbers must differ in the first token."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Who is there, what they talk of, and in which order."""

    topic: str
    roles: tuple[Role, ...]
    order: Order = "turn"
    after: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For the order `rule`: who may speak after whom; of several, the one who waited longest."""
    moderator: str = "Moderator"
    """The name of who chooses, and sums up at the end."""
    messages: int = 12
    """Most messages."""
    words: int = 50
    """Most words of one message."""
    ask_who: bool = False
    """Whether each role is asked at the end who it is, for its drift."""

    def __post_init__(self) -> None:
        names = [role.name for role in self.roles]
        if not 2 <= len(names) <= MOST_ROLES:
            raise SetupError(f"a scene of {len(names)} roles; it takes 2 to {MOST_ROLES}")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SetupError(f"two roles are called {twice[0]!r}; rename one of them")
        if not self.topic.strip() or self.messages < 1 or self.words < 1:
            raise SetupError(
                f"topic {self.topic!r}, messages {self.messages!r}, words {self.words!r}: the "
                "topic must not be empty, the others 1 or more"
            )
        if self.order not in ("turn", "rule", "moderator"):
            raise SetupError(f"order is {self.order!r}; choose turn, rule or moderator")
        self._check_rule(names)

    def _check_rule(self, names: list[str]) -> None:
        if self.order != "rule":
            return
        named = [*self.after, *(name for after in self.after.values() for name in after)]
        for name in named:
            if name not in names:
                raise SetupError(f"the rule names {name!r}; the roles are {', '.join(names)}")
        missing = [name for name in names if not self.after.get(name)]
        if missing:
            raise SetupError(f"the rule does not say who speaks after {missing[0]!r}")

    def role(self, name: str) -> Role:
        """Return the role called `name`."""
        return next(role for role in self.roles if role.name == name)


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What a scene leaves behind."""

    result: Result
    scene: Scene
    termination: Termination | None
    why: str
    messages: tuple[Message, ...] = ()
    summary: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    """What each role said when it was asked who it is."""
    drift: tuple[Drift, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain data: what `cogitate roleplay --scene --json` prints."""
        from dataclasses import asdict

        data = asdict(self)
        data["result"] = self.result.as_dict()
        return {"termination": data.pop("termination"), **data}
