"""Models that are not there: what a replay has in the place of those that a run was made with.

A replay asks no model, but the code of a run looks at the class of its model and at the size of
its context. Both are in the record.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from langchain_core.language_models import BaseChatModel

from cogitate.errors import ReplayMismatch, SetupError
from cogitate.llm.llama import ChatLlama
from cogitate.llm.scripted import ScriptedModel
from cogitate.runs.record import Kept
from cogitate.runs.seats import Known


class AbsentLlama(ChatLlama):
    """An embedded model without its file."""

    context: int = 8192

    @property
    def loaded(self) -> Any:
        """What is known of the model; it cannot be asked."""
        return SimpleNamespace(engine=SimpleNamespace(n_ctx=self.context), worker=_Nobody())


class _Nobody:
    def submit(self, *_: object) -> None:
        raise ReplayMismatch("a replay asked a model")


def absent_model(kept: Kept, slot: str = "model") -> BaseChatModel:
    """Return a model of the class that the run had in a seat, which gives no answers itself.

    Args:
        kept: the run.
        slot: the seat.
    """
    known = kept.models.get(slot) or next(iter(kept.models.values()), {})
    return absent_like({"name": str(kept.accepted.parts.get("model", "")), **known})


def absent_like(known: Known) -> BaseChatModel:
    """Return a model that stands where a recorded one was, and gives no answers itself.

    Raises:
        SetupError: it was of a class that is not ours.
    """
    name = str(known.get("name", "absent"))
    match known.get("kind", "ScriptedModel"):
        case "ChatLlama":
            return AbsentLlama(path=Path("absent"), name=name, context=known.get("context", 8192))
        case "RemoteChat" | "ChatOpenAI":
            from cogitate.llm.remote import remote_model

            return remote_model(f"http://127.0.0.1:9/v1#{name}")
        case "ScriptedModel":
            return ScriptedModel(replies=())
        case kind:
            raise SetupError(
                f"the run was made with a model of the class {kind!r}, which cannot be made from "
                "its record; give a model of that class"
            )
