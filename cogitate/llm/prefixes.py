"""Why a prompt had to be read again: the message that changed within a known conversation.

A conversation that only grows is read once. One whose earlier message changes (a clock in the
system prompt, tools in another order, an edited observation) is read again from there on, every
time; this names that message. Two conversations that merely begin alike are no such thing.
"""

from collections import deque
from collections.abc import Sequence

from cogitate.llm.sequences import common_prefix

REMEMBERED = 64
SHOWN = 40
"""Characters of a message that are shown around the change."""


class Watch:
    """The last conversations, and what changed in the next one that should only have grown."""

    def __init__(self) -> None:
        self._known: deque[list[tuple[str, str]]] = deque(maxlen=REMEMBERED)

    def check(self, messages: Sequence[dict[str, str]]) -> str:
        """Return which message of a known conversation changed, empty when none did."""
        now = [(message["role"], message["content"]) for message in messages]
        found = ""
        grown: list[tuple[str, str]] | None = None
        for known in self._known:
            if now[: len(known)] == known:
                grown, found = known, ""
                break
            found = found or _change(known, now)
        if grown is not None:
            self._known.remove(grown)
        self._known.append(now)
        return found


def _change(known: list[tuple[str, str]], now: list[tuple[str, str]]) -> str:
    """Return the one message in which `now` differs from `known`, if what follows is the same."""
    pairs = list(zip(known, now, strict=False))
    changed = [at for at, (old, new) in enumerate(pairs) if old != new]
    if len(changed) != 1 or changed[0] == len(pairs) - 1:
        return ""
    at = changed[0]
    (role, old), (_, new) = pairs[at]
    answered = any(role == "assistant" for role, _ in now[at + 1 :])
    head = common_prefix(old, new)
    tail = common_prefix(old[head:][::-1], new[head:][::-1])
    # Two who are told different things and asked the same are no one conversation.
    if not answered or head + tail < max(len(old), len(new)) / 2:
        return ""
    start = max(head - SHOWN // 2, 0)
    was, became = (text[start : start + SHOWN].replace("\n", " ") for text in (old, new))
    return f"message {at + 1} ({role}) changed: {was!r} became {became!r}"
