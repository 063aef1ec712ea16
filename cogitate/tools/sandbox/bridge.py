"""The tools that a confined program may call: what it asks for is checked here, in the parent.

A program sends a name and arguments, and gets a text back. Nothing that it sends decides more
than that: which tools there are, whether one may run and how long are the parent's. A program
that writes to the pipe by itself can ask for no more than one that calls the functions.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LARGEST_ARGUMENTS = 64 << 10
"""Characters of the arguments of one call, as JSON."""
LONGEST_REPLY = 64 << 10
"""Characters of a result that a program gets."""
MOST_CALLS = 32
"""Tool calls of one program."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a tool gave to a program: text, and whether it is JSON that holds a value."""

    ok: bool
    text: str
    plain: bool = True


@dataclass(kw_only=True)
class Bridge:
    """The functions of one program: what they are called with, and who carries them out."""

    parameters: Mapping[str, tuple[str, ...]]
    """Names of the parameters, by the name of the function."""
    call: Callable[[str, dict[str, Any]], Given]
    """Runs a function of `parameters`; from the thread of the session."""
    most: int = MOST_CALLS
    calls: int = field(default=0, init=False)

    def carry_out(self, name: object, arguments: object) -> dict[str, Any]:
        """Return the reply to an untrusted call: what the tool gave, or why it was not run."""
        refusal = self._refusal(name, arguments)
        if refusal or not isinstance(name, str) or not isinstance(arguments, dict):
            return {"ok": False, "plain": True, "text": refusal}
        self.calls += 1
        given = self.call(name, arguments)
        text = given.text[:LONGEST_REPLY]
        return {"ok": given.ok, "plain": given.plain or len(given.text) > len(text), "text": text}

    def _refusal(self, name: object, arguments: object) -> str:
        if not isinstance(name, str) or name not in self.parameters:
            known = ", ".join(self.parameters) or "none"
            return f"there is no tool {str(name)[:60]!r}; the tools are: {known}"
        if not isinstance(arguments, dict):
            return f"the arguments of {name} must be named"
        if self.calls >= self.most:
            return f"a program may call {self.most} tools, and this one has; end it and go on"
        try:
            size = len(json.dumps(arguments))
        except (ValueError, RecursionError):
            return f"the arguments of {name} are not plain values"
        if size > LARGEST_ARGUMENTS:
            return f"the arguments of {name} have {size} characters; send {LARGEST_ARGUMENTS}"
        return ""
