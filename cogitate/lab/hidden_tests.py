"""Whether a program passes tests that its author never saw: run in our sandbox, nowhere else."""

import ast
import re
import secrets
import tempfile
from pathlib import Path

from cogitate.errors import UnavailableError
from cogitate.tools.sandbox.execution import Level
from cogitate.tools.sandbox.session import PythonSession

SECONDS = 15.0
"""How long a program and its tests may take together."""

_FENCE = re.compile(r"```[\w+-]*[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)


def program_in(answer: str, prompt: str, entry_point: str) -> str | None:
    """Return the program that an answer holds, None when it has no such function.

    The function may stand in a code block or bare; a body alone continues the prompt.
    """
    blocks = [block for block in _FENCE.findall(answer) if block.strip()]
    defined = re.compile(rf"^[ \t]*(?:async\s+)?def\s+{re.escape(entry_point)}\b", re.MULTILINE)
    for text in [*reversed(blocks), answer]:
        begin = defined.search(text)
        if begin and _parses(text):
            return f"{_head(prompt)}\n{text}"
        if begin and _parses(text[begin.start() :]):
            return f"{_head(prompt)}\n{text[begin.start() :]}"
    body = blocks[-1] if blocks else answer
    whole = prompt.rstrip() + "\n" + body.strip("\n")
    return whole if body.strip() and _parses(whole) else None


def passes(program: str, test: str, entry_point: str, level: Level = "confined") -> str:
    """Return "" when `check(entry_point)` of the hidden test passes, else what went wrong.

    Raises:
        UnavailableError: nothing here can confine the program.
    """
    # Reached only when every assertion held: a program that leaves early does not pass.
    proof = secrets.token_hex(8)
    code = f"{program}\n\n{test}\n\ncheck({entry_point})\nprint({proof!r})\n"
    with tempfile.TemporaryDirectory(prefix="cogitate-eval-") as folder:
        session = PythonSession(Path(folder), level=level)
        try:
            found = session.run(code, SECONDS)
        finally:
            session.close()
    if found.status == "not_confined":
        raise UnavailableError(found.error_message)
    if found.status == "ok" and found.stdout.rstrip().endswith(proof):
        return ""
    return f"{found.error_type or found.status}: {found.error_message[:200]}"


def _head(prompt: str) -> str:
    """Return the prompt's imports and helpers, which stand before its last function."""
    return prompt[: prompt.rfind("\ndef ") + 1] if "\ndef " in prompt else ""


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
