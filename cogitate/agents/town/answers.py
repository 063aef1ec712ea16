"""The answers of a town's model, kept by what was asked: asked again, they cost nothing.

They make a day repeat itself: the same town with the same answers is the same day, to the last
line of its log. What this module does not know: towns.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration

from cogitate.errors import ModelError


class AnswerMissing(ModelError):
    """Raised when a replay asks what the recorded day did not ask."""


class Answers(BaseCache):
    """A file of answers, one a line."""

    def __init__(self, path: Path, *, only: bool = False) -> None:
        """Use the file at `path`; with `only`, what it does not hold is an error."""
        self.path = path
        self.only = only
        self.found = 0
        """How many answers came from the file."""
        self._known: dict[str, dict[str, Any]] = {}
        if not only:
            mend(path)
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._known.setdefault(row["key"], row)

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """Return the answer to a prompt; None when it was never asked.

        Raises:
            AnswerMissing: only recorded answers may be used and there is none.
        """
        row = self._known.get(_key(prompt, llm_string))
        if row is None:
            if self.only:
                asked = json.loads(prompt)[-1]["kwargs"]["content"]
                raise AnswerMissing(
                    f"the record holds no answer to {asked[-300:]!r}; it was made by another "
                    "version of the package, or with another model"
                )
            return None
        self.found += 1
        message = AIMessage(
            row["text"],
            usage_metadata=row["usage"],
            response_metadata={**row["about"], "recorded": True},
        )
        return [ChatGeneration(message=message)]

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Keep an answer; the first one to a prompt stays."""
        key, generation = _key(prompt, llm_string), return_val[0]
        if key in self._known or not isinstance(generation, ChatGeneration):
            return
        message = generation.message
        usage = message.usage_metadata if isinstance(message, AIMessage) else None
        row = {
            "key": key,
            "text": message.text,
            "usage": usage,
            "about": _plain(message.response_metadata),
        }
        self._known[key] = row
        with self.path.open("ab") as file:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def clear(self, **kwargs: Any) -> None:
        """Forget all answers."""
        self._known.clear()
        self.path.unlink(missing_ok=True)


def mend(path: Path) -> None:
    """Cut a torn last line, left by a kill, off a file of lines."""
    if path.exists():
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            path.write_bytes(whole)


def _key(prompt: str, llm_string: str) -> str:
    return hashlib.sha256(f"{prompt}\0{llm_string}".encode("utf-8", "replace")).hexdigest()[:32]


def _plain(about: dict[str, Any]) -> dict[str, Any]:
    """Return what is JSON of a message's metadata."""
    kinds = (str, int, float, bool, dict, type(None), Sequence)
    return {key: value for key, value in about.items() if isinstance(value, kinds)}
