"""What goes over the pipes of a confined process: requests out, untrusted answers in."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from cogitate.tools.sandbox.execution import Execution, Status

_LARGEST_ANSWER = 512 << 10
_MOST_NAMES = 30
_LONGEST_DONE = 4_000


@dataclass
class Call:
    """What one call has brought so far."""

    limit: int
    pending: bytes
    printed: dict[str, bytearray] = field(
        default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()}
    )
    answer: bytearray = field(default_factory=bytearray)
    closed: bool = False

    def add(self, name: str, data: bytes) -> None:
        """Take in what a pipe gave; nothing means that it was closed."""
        if name == "answer":
            self.closed = self.closed or not data
            self.answer += data
        else:
            self.printed[name] += data

    @property
    def flooded(self) -> bool:
        return sum(map(len, self.printed.values())) > self.limit

    @property
    def complete(self) -> bool:
        """Whether the answer is all there, or can never be."""
        size = int.from_bytes(self.answer[:4], "big")
        return self.closed or (
            len(self.answer) >= 4 and (size > _LARGEST_ANSWER or len(self.answer) >= size + 4)
        )

    def message(self) -> dict[str, Any] | None:
        """Return the answer; None when it is not a JSON object of its announced length."""
        size = int.from_bytes(self.answer[:4], "big")
        if size > _LARGEST_ANSWER or len(self.answer) != size + 4:
            return None
        try:
            found = json.loads(bytes(self.answer[4:]))
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def wanted(self, token: str) -> tuple[object, object] | None:
        """Return the tool and the arguments that the answer asks for; None when it asks for none.

        Neither is to be believed: a program can write here whatever it likes.
        """
        message = self.message()
        if message is None or message.get("token") != token or "call" not in message:
            return None
        return message["call"], message.get("args")

    def reply(self, data: bytes) -> None:
        """Put what a tool gave in line to be sent, and begin a new answer."""
        self.pending = data
        self.answer.clear()

    def text(self, name: str) -> str:
        """Return what was printed, within the limit."""
        return bytes(self.printed[name][: self.limit]).decode("utf-8", "replace")


def frame(message: dict[str, Any]) -> bytes:
    """Return a message as it goes over a pipe: four bytes of length and JSON."""
    data = json.dumps(message).encode()
    return len(data).to_bytes(4, "big") + data


def execution(message: dict[str, Any], out: str, err: str) -> Execution:
    """Return the result that an untrusted answer claims, with nothing in it but sound values."""
    status = message.get("status")
    if status not in ("ok", "error", "memory", "disk"):
        why = "its answer could not be read"
        return Execution(status="killed", stdout=out, stderr=err, error_message=why)
    line = message.get("error_line")
    value = message.get("value")
    return Execution(
        status=cast(Status, status),
        stdout=out,
        stderr=err,
        value=None if value is None else _text(value),
        error_type=_text(message.get("error_type")),
        error_line=line if type(line) is int and 0 < line < 1 << 31 else None,
        error_message=_text(message.get("error_message")),
        traceback=_text(message.get("traceback")),
        done=None if message.get("done") is None else _text(message["done"])[:_LONGEST_DONE],
        names=_names(message.get("names")),
    )


def _names(value: object) -> tuple[str, ...]:
    """Return a list of names with types, as far as it is one."""
    listed = value[:_MOST_NAMES] if isinstance(value, list) else []
    return tuple(text[:80] for text in map(_text, listed) if text.isprintable() and text)


def _text(value: object) -> str:
    """Return `value` if it is text, without lone surrogates, else nothing."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
