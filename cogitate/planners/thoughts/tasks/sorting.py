"""Sorting a list of whole numbers, cut into parts, sorted and merged by a model, checked by code.

The error of a list is the number of places where order is broken plus, for each value, how many
of it are missing or too many (Graph of Thoughts, section 5.1).
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.planners.thoughts.tasks.base import Unchecked
from cogitate.planners.thoughts.thought import Move

SORT_PROMPT = """\
You sort lists of numbers. Every number of the list comes back, as often as it was there. Write \
only the sorted list."""

SORT_EXAMPLE = [
    HumanMessage("Sort in ascending order: [3, 7, 0, 2, 8, 1, 2, 2]"),
    AIMessage("[0, 1, 2, 2, 2, 3, 7, 8]"),
]

MERGE_PROMPT = """\
You merge two sorted lists into one sorted list. Every number of both lists comes back. Write \
only the merged list."""

MERGE_EXAMPLE = [
    HumanMessage("Merge in ascending order:\n[0, 2, 2, 5]\n[1, 2, 7, 9]"),
    AIMessage("[0, 1, 2, 2, 2, 5, 7, 9]"),
]

MEND_PROMPT = """\
You correct a list that was sorted wrongly. You are told what is wrong. Fix only that. Write only \
the corrected list."""

UNREADABLE = 300
"""The error of an answer that is no list, as in the paper's code."""
PART = 16
"""Numbers in a part."""
FEWEST, MOST = 4, 256
"""Numbers of a list that is sorted this way; longer ones do not fit a small context."""

_ASKS = re.compile(
    r"\bsort\b|\bsorted\b|\b(ascending|descending) order\b|排序|升序|降序|从小到大|从大到小",
    re.IGNORECASE,
)
_DOWN = re.compile(r"descending|largest first|降序|从大到小", re.IGNORECASE)
_LIST = re.compile(r"-?\d+(?:(?:\s*[,\u3001\uff0c;]\s*|\s+)-?\d+){3,}")
_INNER = re.compile(r"\[([^\[\]]*)\]")


def list_to_sort(goal: str) -> list[int] | None:
    """Return the numbers when a goal asks for a list to be sorted."""
    found = _LIST.search(goal)
    if found is None or not _ASKS.search(goal):
        return None
    numbers = [int(n) for n in re.findall(r"-?\d{1,18}", found.group())]
    return numbers if len(numbers) <= MOST else None


def error_of(given: Sequence[int], result: Sequence[int] | None, *, down: bool = False) -> int:
    """Return how wrong a sorted list is; 0 when it is right."""
    if result is None:
        return UNREADABLE
    broken = sum((a < b) if down else (a > b) for a, b in pairwise(result))
    wanted, there = Counter(given), Counter(result)
    return broken + sum(abs(wanted[n] - there[n]) for n in wanted.keys() | there.keys())


class Sorting(Unchecked):
    """One list. A state is what was given, whole or a part, and the list so far."""

    name = "sorting"
    levels = 3
    exact = True
    improves = True
    stop: tuple[str, ...] = ("\n",)

    def __init__(self, goal: str, numbers: Sequence[int]) -> None:
        self.goal = goal
        self.numbers = list(numbers)
        self.down = _DOWN.search(goal) is not None
        self.tokens = 40 + 8 * len(self.numbers)

    @property
    def _order(self) -> str:
        return "descending" if self.down else "ascending"

    def initial(self) -> Any:
        """Return the list as it was given."""
        return {"given": self.numbers, "list": None}

    def is_terminal(self, state: Any) -> bool:
        """Return whether the whole list is sorted without an error."""
        return self._is_whole(state) and self._error(state) == 0

    def _is_whole(self, state: Any) -> bool:
        return len(state["given"]) == len(self.numbers)

    def _error(self, state: Any) -> int:
        return error_of(state["given"], state["list"], down=self.down)

    def render(self, state: Any) -> str:
        """Return the list so far."""
        return json.dumps(state["given"] if state["list"] is None else state["list"])

    def canonical(self, state: Any) -> str:
        """Return what was given and the list so far."""
        return f"{state['given']} {state['list']}"

    def given(self, state: Any) -> str:
        """Return the list of a part or of the whole."""
        return "" if state["list"] is None else json.dumps(state["list"])

    def answer(self, state: Any) -> str:
        """Return the list, when it is of the whole."""
        return self.given(state) if self._is_whole(state) else ""

    def prompt(self, state: Any, several: int = 0) -> list[BaseMessage]:
        """Return the list that is to be sorted, or what is wrong with what was sorted."""
        mended = self.mending(state)
        if mended is not None and state["list"]:
            return mended
        asked = HumanMessage(f"Sort in {self._order} order: {state['given']}")
        return [SystemMessage(SORT_PROMPT), *SORT_EXAMPLE, asked]

    def read(self, state: Any, text: str) -> list[Move]:
        """Return the list that a model wrote; one that cannot be read is an invalid state."""
        found = _read(text)
        said = "no list" if found is None else json.dumps(found)
        new = {"given": state["given"], "list": found}
        return [Move(state=new, text=said, valid=found is not None)]

    def judging(self, state: Any, options: Sequence[str]) -> list[BaseMessage]:
        """Return the question whether a list is sorted."""
        words = " or ".join(options)
        asked = f"List: {state['given']}\nSorted: {state['list']}\nIs it right? Answer {words}."
        return [SystemMessage("You check lists that were sorted."), HumanMessage(asked)]

    def verify(self, state: Any) -> bool | None:
        """Return whether the whole list is sorted without an error."""
        return self._error(state) == 0 if self._is_whole(state) else None

    def program_score(self, state: Any) -> float | None:
        """Return the error, negative."""
        return -float(self._error(state))

    def parts(self, state: Any) -> list[Move] | None:
        """Return the list cut into two, four, eight ... parts of about sixteen."""
        return [
            Move(state={"given": part, "list": None}, text=json.dumps(part))
            for part in cut(self.numbers)
        ]

    def merging(self, states: Sequence[Any]) -> list[BaseMessage]:
        """Return the lists that are to be merged."""
        lists = "\n".join(json.dumps(state["list"] or []) for state in states)
        asked = HumanMessage(f"Merge in {self._order} order:\n{lists}")
        return [SystemMessage(MERGE_PROMPT), *MERGE_EXAMPLE, asked]

    def merged(self, states: Sequence[Any], text: str) -> list[Move]:
        """Return the merged list with all that its parts were given."""
        given = [n for state in states for n in state["given"]]
        return self.read({"given": given, "list": None}, text)

    def mending(self, state: Any) -> list[BaseMessage] | None:
        """Return the list with its errors in words; None when there are none."""
        if state["list"] is None or self._error(state) == 0:
            return None
        asked = (
            f"Given: {state['given']}\nSorted in {self._order} order: {state['list']}\n"
            f"Known problems: {'; '.join(self.problems(state))}\nCorrected list:"
        )
        return [SystemMessage(MEND_PROMPT), HumanMessage(asked)]

    def problems(self, state: Any) -> list[str]:
        """Return what is wrong with a list, in words."""
        wanted, there = Counter(state["given"]), Counter(state["list"])
        missing = wanted - there
        extra = there - wanted
        found = [f"{n} is missing {count} times" for n, count in sorted(missing.items())]
        found += [f"{n} is there {count} times too often" for n, count in sorted(extra.items())]
        broken = [f"{a} stands before {b}" for a, b in pairwise(state["list"])
                  if ((a < b) if self.down else (a > b))]  # fmt: skip
        return (found + broken)[:12]


def cut(numbers: Sequence[int]) -> list[list[int]]:
    """Return a list in 2, 4, 8 ... parts, none much longer than sixteen."""
    count = 2
    while len(numbers) > PART * count:
        count *= 2
    size = -(-len(numbers) // count)
    return [list(numbers[at : at + size]) for at in range(0, len(numbers), size)]


def _read(text: str) -> list[int] | None:
    inner = _INNER.search(text)
    body = inner.group(1) if inner else text
    found = re.findall(r"-?\d+", body)
    return [int(n) for n in found] if found and (inner or len(found) >= FEWEST) else None
