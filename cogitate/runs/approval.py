"""Approval: which tool calls run by themselves, which need a person's yes, which never run.

A policy is an ordered list of rules over a tool's name and arguments; the first that fits
counts, and where none fits the permission that the tool declares. A question to the person is a
text with the call in it, a reply is a text as well (`yes`, `no: WHY`, `edit: {JSON}`, `always`,
`stop`), so that both can be kept and answered another day.
What it does not know: who puts the question, and where the answer comes from.
"""

import asyncio
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from cogitate.errors import SetupError
from cogitate.runs.taint import Derived, Sources
from cogitate.values import Permission

Do = Literal["auto", "ask", "deny", "wait"]
"""Run it; ask, and deny where nobody is there; deny; ask, and end the run where nobody is there,
so that the answer can come later."""

REPLIES = ("yes", "no", "edit", "always", "stop")
"""What a person may reply; `always` holds for the tool until the run ends."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of a policy: a glob on the tool's name, globs on arguments, and what to do."""

    do: Do
    tool: str = "*"
    args: Mapping[str, str] = field(default_factory=dict)
    """By argument; a rule that names an argument fits no call without it."""

    def __post_init__(self) -> None:
        if self.do not in get_args(Do):
            raise SetupError(f"do={self.do!r} is none of {', '.join(get_args(Do))}")

    def fits(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Return whether the rule speaks of this call.

        What forbids also looks at names in their plain form, so that no look-alike slips by.
        """
        if self._matches(tool, arguments, lambda text: text):
            return True
        return self.do != "auto" and self._matches(tool, arguments, _plain)

    def _matches(self, tool: str, arguments: Mapping[str, Any], form: Any) -> bool:
        return fnmatchcase(form(tool), form(self.tool)) and all(
            name in arguments and fnmatchcase(form(as_text(arguments[name])), form(glob))
            for name, glob in self.args.items()
        )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What may be called."""

    rules: tuple[Rule, ...] = ()
    default: Do = "ask"
    """For tools that declare the permission `ask` and that no rule speaks of."""

    def decide(self, tool: str, arguments: Mapping[str, Any], permission: Permission) -> Do:
        """Return what is to be done with a call; `never` of a tool cannot be lifted."""
        if permission == "never":
            return "deny"
        for rule in self.rules:
            if rule.fits(tool, arguments):
                return rule.do
        return "auto" if permission == "auto" else self.default


class ToolQuestion(str):
    """The question whether a tool may run; as a text it holds the whole call."""

    tool: str
    arguments: dict[str, Any]
    why: str
    untrusted: tuple[Derived, ...]

    def __new__(
        cls,
        tool: str,
        arguments: Mapping[str, Any],
        why: str = "",
        untrusted: tuple[Derived, ...] = (),
    ) -> "ToolQuestion":
        """Return the question for one call.

        Args:
            tool: the tool's name.
            arguments: what it is to be called with.
            why: why a person is asked.
            untrusted: the arguments that come from outside.
        """
        shown = json.dumps(dict(arguments), ensure_ascii=False, sort_keys=True, default=str)
        made = super().__new__(cls, f"May {tool} run with {shown}?{f' {why}' if why else ''}")
        made.tool, made.arguments, made.why = tool, dict(arguments), why
        made.untrusted = untrusted
        return made


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a person decided about a call; as a text it is a reply."""

    do: Literal["yes", "no", "edit", "always", "stop"]
    arguments: Mapping[str, Any] | None = None
    """The arguments to run it with instead, for `edit`."""
    why: str = ""

    def __str__(self) -> str:
        """Return the reply."""
        if self.do == "edit":
            return f"edit: {json.dumps(dict(self.arguments or {}), ensure_ascii=False)}"
        return f"{self.do}: {self.why}" if self.why else self.do

    @classmethod
    def read(cls, reply: str) -> "Decision":
        """Return the decision that a reply says; what is no reply is a no that quotes it."""
        word, _, rest = reply.strip().partition(":")
        do, rest = word.strip().lower(), rest.strip()
        if do == "edit":
            try:
                changed = json.loads(rest)
            except ValueError:
                changed = None
            if isinstance(changed, dict):
                return cls(do="edit", arguments=changed)
            return cls(do="no", why="the changed arguments were not a JSON object")
        short = {"y": "yes", "n": "no", "a": "always", "s": "stop", "q": "stop", "ok": "yes"}
        do = short.get(do, do)
        if do in ("yes", "no", "always", "stop"):
            return cls(do=do, why=rest)  # type: ignore[arg-type]
        return cls(do="no", why=reply.strip())


@dataclass(kw_only=True)
class Safety:
    """What a run may do, and what it has heard and been told about that so far."""

    policy: Policy = field(default_factory=Policy)
    sources: Sources = field(default_factory=Sources)
    always: set[str] = field(default_factory=set)
    """Tools to which a person said `always`."""
    stopped: str = ""
    """Why a person stopped the run at a question; empty when nobody did."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A person is asked one thing at a time."""


def as_text(value: object) -> str:
    """Return an argument as globs see it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Mn"))


__all__ = ["REPLIES", "Decision", "Do", "Policy", "Rule", "Safety", "ToolQuestion", "as_text"]
