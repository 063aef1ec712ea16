"""What a program sees of the tools: functions that ask the parent, one call at a time.

It is loaded by path in the child, so it imports nothing of this package. It guards nothing:
what may be called is decided in the parent.
"""

import json
import keyword
import threading
import types
from collections.abc import Callable
from typing import Any

_LARGEST = 64 << 10
_MOST_NAMES = 30
_SIZED = (list, dict, set, tuple, str)


class ToolError(Exception):
    """Raised in a program when a tool gave no result; says why."""


class Line:
    """The line to the parent, on which one tool call or answer goes at a time."""

    def __init__(
        self, send: Callable[[dict[str, Any]], None], receive: Callable[[], dict[str, Any]]
    ) -> None:
        self._send = send
        self._receive = receive
        self._lock = threading.Lock()
        self._token = ""
        self._said: str | None = None
        self._names: set[str] = set()

    def open(self, request: dict[str, Any], namespace: dict[str, Any]) -> None:
        """Take calls for the program of `request`, and put its functions into `namespace`."""
        tools = request.get("tools")
        self._said = None
        if tools is None:
            return
        self._token = request["token"]
        made: dict[str, Any] = {name: self._function(name, tools[name]) for name in tools}
        made |= {"done": self._done, "ToolError": ToolError}
        self._names = set(made)
        namespace.update(made)

    def close(self, request: dict[str, Any], namespace: dict[str, Any]) -> dict[str, Any]:
        """Take no more calls, wait for one that is under way, and return what to add."""
        if request.get("tools") is None:
            return {}
        with self._lock:
            self._token = ""
        return {"done": self._said, "names": self._listed(namespace)}

    def _done(self, answer: object) -> None:
        """Give the answer and end the program."""
        self._said = str(answer)[:_LARGEST]
        raise SystemExit(0)

    def _function(self, name: str, parameters: list[str]) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            if len(args) > len(parameters):
                raise TypeError(f"{name}() takes {len(parameters)} arguments, not {len(args)}")
            given = dict(zip(parameters, args, strict=False))
            twice = given.keys() & kwargs.keys()
            if twice:
                raise TypeError(f"{name}() got {min(twice)!r} twice")
            return self._ask(name, given | kwargs)

        function.__name__ = function.__qualname__ = name
        return function

    def _ask(self, name: str, arguments: dict[str, Any]) -> Any:
        text = json.dumps(arguments, default=_plain)
        if len(text) > _LARGEST:
            raise ToolError(f"the arguments of {name} are too large; send less")
        with self._lock:
            if not self._token:
                raise ToolError("the program has ended; tools are called while it runs")
            self._send({"token": self._token, "call": name, "args": json.loads(text)})
            reply = self._receive()
        if not reply["ok"]:
            raise ToolError(reply["text"])
        return reply["text"] if reply["plain"] else _value(reply["text"])

    def _listed(self, namespace: dict[str, Any]) -> list[str]:
        """Return the variables of the programs with their types, the newest last."""
        found = []
        for name, value in list(namespace.items()):
            own = isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)
            shown = own and not name.startswith("_") and name not in {*self._names, "FOLDER"}
            if not shown or isinstance(value, types.ModuleType):
                continue
            size = f" of {len(value)}" if type(value) in _SIZED else ""
            found.append(f"{name[:40]}: {type(value).__name__[:30]}{size}")
        return found[-_MOST_NAMES:]


def _plain(value: Any) -> Any:
    """Return what JSON can hold of a value: numbers out of numpy, lists, else its text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, set | frozenset) else str(value)


def _value(text: str) -> Any:
    """Return the value of a JSON text, or the text when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
