"""Putting a loop's question to the person at the terminal, on stderr, and reading the reply.

Only where stdin and stderr are a terminal: elsewhere nobody is asked. Ctrl-C takes back the rest
of an authorisation while commands run on it, and only then ends the run.
"""

import asyncio
import json
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from cogitate.cli.approving import CHOICES, EDIT, WHY, call_in, edited, reply_for_edit, shown

if TYPE_CHECKING:
    from cogitate.cli.view import View

END = "q"
"""The reply of a person who closed the input."""
_SEVERAL = re.compile(r"\D*\d+")


class Asking:
    """Asks a person; it is the `ask` of `Agent.stream`."""

    def __init__(self, view: "View", source: TextIO) -> None:
        """Draw questions with `view` and read replies, a line each, from `source`."""
        self._view = view
        self._source = source
        self._free = False
        self._taken = False

    async def __call__(self, question: str) -> str:
        """Return the first line that the person writes which is not empty."""
        self._free = False
        self._view.close()  # the spinner would write over the reply
        call = call_in(question)
        if call is not None:
            return await self._approval(*call)
        while True:
            self._view.say(question)
            self._view.prompt("> ")
            line = await self._line()
            if not line:
                return END
            if line.strip():
                self._free = _SEVERAL.fullmatch(line.strip()) is not None
                return line.strip()

    async def _approval(self, tool: str, arguments: dict[str, Any], why: str) -> str:
        """Return what the person decides about a call; the end of the input is a no."""
        for line in shown(tool, arguments, why):
            self._view.say(line)
        while True:
            self._view.say(CHOICES)
            self._view.prompt("> ")
            line = await self._line()
            if not line:
                return "no: the input was closed"
            choice = line.strip().lower()[:1]
            if choice in ("y", "a", "s"):
                return {"y": "yes", "a": "always", "s": "stop"}[choice]
            if choice == "n":
                return f"no: {await self._said(WHY)}".rstrip(": ")
            if choice == "e" and (reply := await self._edit(arguments)):
                return reply

    async def _edit(self, arguments: dict[str, Any]) -> str | None:
        """Return the reply with changed arguments; None when they are left or are no JSON."""
        text = await asyncio.to_thread(edited, arguments)
        if text is None:
            self._view.say(json.dumps(arguments, ensure_ascii=True))
            text = await self._said(EDIT)
        reply = reply_for_edit(text)
        if reply is None and text:
            self._view.say("that is not a JSON object; nothing was changed")
        return reply

    async def _said(self, question: str) -> str:
        """Return one line that the person writes, which may be empty."""
        self._view.say(question)
        self._view.prompt("> ")
        return (await self._line()).strip()

    def interrupt(self) -> bool:
        """Take back what is still authorised; return whether there was anything to take back."""
        was, self._free = self._free, False
        self._taken = self._taken or was
        return was

    def taken_back(self) -> bool:
        """Return whether an authorisation was taken back since this was last asked."""
        was, self._taken = self._taken, False
        return was

    async def _line(self) -> str:
        """Return one line of the input, empty at its end; it can be cancelled at any time."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            number = self._source.fileno()
            loop.add_reader(number, ready.set)
        except (NotImplementedError, OSError, ValueError):
            return await asyncio.to_thread(self._source.readline)  # Windows
        try:
            await ready.wait()
        finally:
            loop.remove_reader(number)
        return self._source.readline()


def asking_for(view: "View") -> Asking | None:
    """Return who asks the person, None where there is no person at a terminal."""
    try:
        there = sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # closed, or not there at all
        return None
    return Asking(view, sys.stdin) if there and not view.console.quiet else None
