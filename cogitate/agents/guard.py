"""Whether calls bring anything new: the guard against going round in circles.

A call brings nothing new when it is the same as one before, or when it is nearly the same or
looks something up and its result adds no line to what is known. So cycles of several tools are
seen as well: each of their calls is stale by itself. Reading on page by page adds lines; asking
again for something that is still under way is patience, up to a bound. What this module does
not know: what a run does about it.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.tools import BaseTool

from cogitate.tools.base import effect_of

LOOP = 3
"""Moves in a row that bring nothing new before a way of working is given up."""
CIRCLES = 2
"""Ways of working that may be given up for it before the run stops."""
PATIENCE = 12
"""Times in a row that something may be under way still."""
PLANNING = 4
"""Calls in a row that only plan before they count as bringing nothing."""
CIRCLED = "it went round in circles and found nothing new"
SMALL = 60
"""Characters of arguments up to which a result of one value says something of them."""

_UNDER_WAY = re.compile(
    r"(?i)\b(pending|running|queued|in progress|processing|waiting|scheduled|not (yet )?(ready|"
    r"done|finished)|still|starting|building|retry)\b|进行中|处理中|排队|等待|运行中|未完成|稍后"
)
_PLANS = re.compile(
    r"(?i)(write|update|make|set|create)?_?(plan|plans|planning|todo|todos|think)s?"
)
_CLOCK = re.compile(
    r"\d{4}-\d\d-\d\d(t(?=\d))?|\d{1,2}:\d\d(:\d\d)?(\.\d+)?z?|\b\d{10,}\b"
    r"|\b\d+(\.\d+)? ?(ms|s|sec|seconds)\b"
)


@dataclass(kw_only=True)
class Known:
    """What the calls of a step have brought so far."""

    tools: Mapping[str, BaseTool]
    exact: dict[str, str] = field(default_factory=dict)
    """The last result of each call."""
    near: dict[str, str] = field(default_factory=dict)
    """The last result of each call, by its arguments in a plain form."""
    lines: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    waited: dict[str, int] = field(default_factory=dict)
    """How often in a row a call has found the same thing under way."""
    planned: int = 0
    """Calls in a row that only planned."""
    changed: dict[str, int] = field(default_factory=dict)
    """By call, how many effects there had been when it last ran."""
    effects: int = 0
    """Calls so far that changed something."""

    @classmethod
    def of(cls, messages: Sequence[AnyMessage], tools: Sequence[BaseTool]) -> "Known":
        """Return what the messages of a step hold."""
        known = cls(tools={tool.name: tool for tool in tools})
        calls = {
            call["id"]: call
            for message in messages
            if isinstance(message, AIMessage)
            for call in message.tool_calls
        }
        for message in messages:
            if isinstance(message, ToolMessage) and "unrun" not in message.additional_kwargs:
                call = calls.get(message.tool_call_id)
                if call is not None:
                    known.add(call, message)
        return known

    def runs(self, call: Mapping[str, Any]) -> bool:
        """Return whether a call is worth running: it is new, or may find something else now."""
        key = exact_key(call)
        if key not in self.exact:
            return True
        tool = self.tools.get(call["name"])
        if tool is None or effect_of(tool) == "once":
            return False
        if (tool.metadata or {}).get("changes") or _UNDER_WAY.search(self.exact[key]):
            return True
        return self.effects > self.changed[key] and effect_of(tool) == "read"

    def is_stale(
        self, call: Mapping[str, Any], message: ToolMessage, *, confirms: bool = False
    ) -> bool:
        """Return whether a call that has run brought nothing new; asked before it is added.

        Args:
            call: the call.
            message: its result.
            confirms: whether the same result from another call is what was hoped for.
        """
        if self._only_plans(call) and self.planned >= PLANNING - 1:
            return True
        key, text = exact_key(call), message.text
        if confirms and key not in self.exact:
            return False
        if _UNDER_WAY.search(text) and message.status != "error" and self._same(key, text):
            return self.waited.get(key, 0) >= PATIENCE
        if self._polls(call) and self._same(key, text):
            return self.waited.get(key, 0) >= PATIENCE
        nearly = near_key(call) in self.near
        if nearly and _masked(text) == _masked(self.near[near_key(call)]):
            return True
        tool = self.tools.get(call["name"])
        if not nearly and tool is not None and effect_of(tool) == "once":
            return False
        if text in self.texts:
            return nearly or message.status == "error" or not _is_value(call, text)
        many = len(_lines(text)) > 1
        return (nearly or many) and set(_lines(text)) <= self.lines

    def add(self, call: Mapping[str, Any], message: ToolMessage) -> None:
        """Take in what a call brought."""
        key, text = exact_key(call), message.text
        self.waited[key] = self.waited.get(key, 0) + 1 if self._same(key, text) else 0
        self.exact[key] = self.near[near_key(call)] = text
        self.texts.add(text)
        self.lines.update(_lines(text))
        self.planned = self.planned + 1 if self._only_plans(call) else 0
        tool = self.tools.get(call["name"])
        if tool is not None and effect_of(tool) != "read" and message.status != "error":
            self.effects += 1
        self.changed[key] = self.effects

    def _same(self, key: str, text: str) -> bool:
        return key in self.exact and _masked(text) == _masked(self.exact[key])

    def _polls(self, call: Mapping[str, Any]) -> bool:
        tool = self.tools.get(call["name"])
        return tool is not None and bool((tool.metadata or {}).get("changes"))

    def _only_plans(self, call: Mapping[str, Any]) -> bool:
        return _PLANS.fullmatch(call["name"]) is not None


def idle(move: AIMessage, before: Sequence[AnyMessage], so_far: int) -> int:
    """Return how many thoughts in a row were had before in the step, `move` included.

    Args:
        move: the latest message.
        before: the messages of the step before it.
        so_far: how many there were in a row without it.
    """
    if move.tool_calls or "thinking" not in move.additional_kwargs:
        return 0
    kept = [message.additional_kwargs.get("thinking") for message in before]
    return so_far + 1 if move.additional_kwargs["thinking"] in kept else 0


def exact_key(call: Mapping[str, Any]) -> str:
    """Return a call as a text to compare: case and indentation count, they mend programs."""
    args = json.dumps(call["args"], sort_keys=True, ensure_ascii=False, default=str)
    return f"{call['name']} {args}"


def near_key(call: Mapping[str, Any]) -> str:
    """Return a call as a text in which case, blanks, punctuation and word order do not count."""
    args = call["args"] if isinstance(call["args"], Mapping) else {"": call["args"]}
    parts = [f"{name}={_loose(value)}" for name, value in sorted(args.items(), key=str)]
    return f"{call['name']} {'; '.join(parts)}"


def _loose(value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    folded = unicodedata.normalize("NFKC", value).casefold()
    found = re.findall(r"[\w.+*/<>=!%-]+", folded)
    is_query = "\n" not in value and not re.search(r"[=<>+*/();]", value)
    return " ".join(sorted(w.strip(".-") for w in found) if is_query else found)


def _lines(text: str) -> list[str]:
    found = (" ".join(line.split()).casefold() for line in text.splitlines())
    return [line for line in found if line]


def _masked(text: str) -> str:
    """Return text in which times do not count."""
    return _CLOCK.sub("#", " ".join(text.split()).casefold())


def _is_value(call: Mapping[str, Any], text: str) -> bool:
    """Return whether a result is one value of other, short arguments: two may well be the same."""
    size = len(json.dumps(call["args"], ensure_ascii=False, default=str))
    return size <= SMALL and "\n" not in text.strip() and bool(re.search(r"[1-9]", text))


__all__ = ["CIRCLED", "CIRCLES", "LOOP", "Known", "exact_key", "idle", "near_key"]
