"""The models in the seats of a run: each is of the kind that was asked when the record was made.

Code looks at the class of its model and at the size of its context. So where a run is replayed,
or goes on with a model of another kind, a model that only stands there has the seat as long as
the record lasts. What it does not know: how such a model is made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from langchain_core.language_models import BaseChatModel

from cogitate.runs.journal import Journal
from cogitate.runs.marks import RESUMED
from cogitate.runs.recorded import MODEL, kind_of, recorded
from cogitate.runs.rows import Row

M = TypeVar("M", bound=BaseChatModel)
Known = dict[str, Any]
"""What is recorded of a model: its kind, its name, the tokens of its context."""
_KNOWN = ("kind", "name", "context")
_OF_AN_OBJECT = (
    "__dict__",
    "__pydantic_fields_set__",
    "__pydantic_extra__",
    "__pydantic_private__",
    "__class__",
)


@dataclass
class _Seat:
    made: BaseChatModel
    """What the code of the run has."""
    source: BaseChatModel
    """What that is at present."""
    given: BaseChatModel
    slot: str


class Seats:
    """The models of one run."""

    def __init__(self, journal: Journal) -> None:
        self.absent: Callable[[Known], BaseChatModel] | None = None
        """Makes a model that gives no answers itself; None: those that are given have the seats."""
        self._journal = journal
        self._stages = stages_of(journal.listed)
        self._at = 0
        self._seats: list[_Seat] = []

    def take(self, model: M, slot: str) -> M:
        """Return what has a seat: `model`, with its answers kept, or what stands in for it."""
        source = self._present(model, slot)
        made = recorded(source, slot, self._journal, model)
        self._seats.append(_Seat(made, source, model, slot))
        return cast(M, made)

    def go_on(self) -> None:
        """Go past a mark of a new beginning, from which on models may be others."""
        self._at += 1
        for seat in self._seats:
            source = self._present(seat.given, seat.slot)
            if source is not seat.source:
                seat.source = source
                _become(seat.made, recorded(source, seat.slot, self._journal, seat.given))

    def _present(self, given: BaseChatModel, slot: str) -> BaseChatModel:
        known = self._stages[self._at].get(slot)
        if known is None or self.absent is None or _is_like(given, known):
            return given
        return self.absent(known)


def stages_of(rows: Sequence[Row]) -> list[dict[str, Known]]:
    """Return what is recorded of models by their seats, for each time that the run went on."""
    stages: list[dict[str, Known]] = [{}]
    for row in rows:
        if row.kind == RESUMED:
            stages.append({})
        elif row.kind == MODEL:
            known = {name: row.data[name] for name in _KNOWN if name in row.data}
            stages[-1].setdefault(row.data["slot"], {}).update(known)
    return stages


def _is_like(model: BaseChatModel, known: Known) -> bool:
    """Return whether code would do the same with `model` as with what is recorded."""
    context = getattr(model, "context", None) or getattr(model, "n_ctx", None)
    if context and context != known.get("context", context):
        return False
    return bool(kind_of(model) == known.get("kind", kind_of(model)))


def _become(made: BaseChatModel, other: BaseChatModel) -> None:
    """Make one model the other, for everybody who has it."""
    for name in _OF_AN_OBJECT:
        object.__setattr__(made, name, getattr(other, name))


__all__ = ["Known", "Seats", "stages_of"]
