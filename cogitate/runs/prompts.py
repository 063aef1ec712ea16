"""Prompts in a file of events: a conversation that grows is not written again with each answer.

The line of a model call holds only what its prompt adds to an earlier one, and which one that
is. A line that cannot be read takes the beginning of later prompts with it, and nothing else.
"""

import json
from collections import OrderedDict
from typing import Any

from cogitate.runs.events import Event, ModelCalled

LEAST = 200
"""Characters that two prompts must begin with in common."""
LOOKED_AT = 4
"""Earlier prompts that a new one is held against."""
KNOWN = 16
"""Earlier prompts that a reader holds."""
LOST = "[the beginning of this prompt cannot be read]\n"


class Prompts:
    """The latest prompts of a file, by the time of their events."""

    def __init__(self) -> None:
        self._latest: OrderedDict[float, str] = OrderedDict()

    def line(self, event: Event) -> str:
        """Return an event as a line of the file."""
        if not isinstance(event, ModelCalled) or len(event.prompt) < LEAST:
            return event.as_json()
        data = event.as_dict()
        found = list(self._latest.items())[-LOOKED_AT:]
        lengths = [(_same(prompt, event.prompt), at) for at, prompt in found]
        same, at = max(lengths, default=(0, 0.0))
        if same >= LEAST:
            data["prompt"] = event.prompt[same:]
            data["prompt_after"] = [at, same]
        self._keep(event.at, event.prompt)
        return json.dumps(data, ensure_ascii=False, default=str)

    def read(self, line: str) -> str:
        """Return a line of the file with its whole prompt; a damaged one as it is."""
        if '"ModelCalled"' not in line[:40]:
            return line
        try:
            data: dict[str, Any] = json.loads(line)
            at, same = data.pop("prompt_after", (0.0, 0))
            if same:
                before = self._latest.get(at)
                data["prompt"] = (LOST if before is None else before[:same]) + data["prompt"]
            self._keep(data.get("at", 0.0), data.get("prompt", ""))
            return json.dumps(data, ensure_ascii=False)
        except (ValueError, KeyError, TypeError, AttributeError):
            return line

    def _keep(self, at: float, prompt: str) -> None:
        self._latest[at] = prompt
        while len(self._latest) > KNOWN:
            self._latest.popitem(last=False)


def _same(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common, up to the end of a line.

    A key is not cut in two: what is written is looked through for keys line by line.
    """
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    at = one.rfind("\n", 0, low) + 1
    return 0 if "-----BEGIN" in one[max(at - 8_000, 0) : at] else at
