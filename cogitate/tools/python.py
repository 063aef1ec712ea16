"""The `python` tool: runs a program in the current run's session and says what came of it.

What holds the program is the business of `sandbox/`; here is only what the model reads.
"""

import ast
import importlib.util
import re
import textwrap
from pathlib import Path
from typing import Any

from cogitate.runs.context import current
from cogitate.tools.base import tool
from cogitate.tools.sandbox.execution import Execution
from cogitate.tools.sandbox.session import PythonSession

TIMEOUT = 20.0
"""Seconds that one program may take."""
MOST_SHOWN = 2000
"""Characters that the model is shown; the rest goes into a file of the workspace."""

_NOTHING = "The program ran but printed nothing. Print the result: print(...)"
_HEAD = {
    "timeout": "Stopped (timeout): {message}.",
    "memory": "Stopped (memory): it needed more memory than it may have.",
    "output": "Stopped (output): {message}. Print less.",
    "disk": "Stopped (disk): {message}. The files of this call were deleted.",
    "killed": "Stopped (killed): {message}.",
}
_LOST = "Python was started anew: all variables and imports are gone."
_LIBRARIES = ("numpy", "pandas", "sympy", "scipy", "matplotlib", "sklearn", "openpyxl")
_FENCE = re.compile(r"^[ \t]*```[\w+-]*[ \t]*\r?\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_LANGUAGES = ("python", "python3", "py")


@tool(name="python", effect="idempotent", timeout=30, result="content_and_artifact")
def python(code: str) -> tuple[str, dict[str, Any]]:
    """Run Python code and return what it prints and the value of its last line.

    Variables are kept between calls. The user's files are in the folder FOLDER (read only);
    files that the code writes go to the working directory. There is no network.

    Args:
        code: the program, for example: total = 3.5 * 4 then print(total)
    """
    context = current()
    session = context.opened(
        "python", lambda: PythonSession(context.workspace, context.folder, context.sandbox)
    )
    found = session.run(clean(code), TIMEOUT)
    text = render(found, session.workspace)
    artifact = {
        "status": found.status,
        "stdout": found.stdout,
        "value": found.value,
        "files": [str(session.workspace / name) for name in found.files],
        "error_type": found.error_type,
    }
    return text, artifact


def clean(code: str) -> str:
    """Return the program that is meant: no fence around it, no language above, no indent."""
    fenced = _FENCE.search(code) if "```" in code and not _parses(code) else None
    code = fenced[1] if fenced else code
    first, _, rest = code.strip("\r\n").partition("\n")
    if first.strip().lower() in _LANGUAGES:
        code = rest
    code = textwrap.dedent(code).strip("\r\n")
    if "\n" not in code and "\\n" in code and not _parses(code):
        unescaped = code.replace("\\n", "\n").replace('\\"', '"')
        code = unescaped if _parses(unescaped) else code
    return code


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def render(found: Execution, workspace: Path) -> str:
    """Return what the model reads of an execution, clipped; the rest lies in the workspace."""
    if found.status == "not_confined":
        return found.error_message
    if found.status == "ok":
        text = _result(found) or _NOTHING
        return _clip(text, workspace)
    parts = [_clip(found.stdout.rstrip(), workspace)] if found.stdout.strip() else []
    if found.status in _HEAD:
        parts.append(_HEAD[found.status].format(message=found.error_message))
    if found.status == "error":
        detail = found.traceback or f"{found.error_type}: {found.error_message}"
        parts.append("Error at " + detail if detail.startswith("line ") else detail)
        parts[-1] = _shorten(parts[-1])
    elif found.error_line:
        parts.append(_shorten(found.traceback))
    parts += [_LOST] if found.lost else []
    hint = _hint(found)
    return "\n".join([*parts, hint] if hint else parts)


def _result(found: Execution) -> str:
    """Return what was printed, then the value unless it was the last thing printed."""
    out, value = found.stdout.rstrip(), found.value
    if value is None:
        return out or found.stderr.strip()
    plain = value[1:-1] if value[:1] in "'\"" and "\\" not in value else value
    if not out:
        return plain
    if out == plain or out.endswith("\n" + plain):
        return out
    return f"{out}\nvalue: {value}"


def _shorten(text: str) -> str:
    """Return `text` without its middle, when it is too long."""
    if len(text) <= MOST_SHOWN:
        return text
    half = MOST_SHOWN // 2
    return f"{text[:half]}\n...\n{text[-half:]}"


def _clip(text: str, workspace: Path) -> str:
    """Return the head of `text`, all of it in a new file when it is too long."""
    if len(text) <= MOST_SHOWN:
        return text
    head = text[:MOST_SHOWN].rsplit("\n", 1)[0] or text[:MOST_SHOWN]
    name = _keep(text, workspace)
    where = f"; all of it is in the file {name}" if name else ""
    return f"{head}\n... ({len(text)} characters{where})"


def _keep(text: str, workspace: Path) -> str:
    """Write `text` to a file that did not exist, and return its name, `""` if that failed."""
    for number in range(1, 1000):
        name = f"output-{number}.txt"
        try:
            with open(workspace / name, "x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        except OSError:
            return ""
        return name
    return ""


def _hint(found: Execution) -> str:
    """Return the way out of an error that small models meet often."""
    kind, message = found.error_type, found.error_message
    if kind in ("ModuleNotFoundError", "ImportError"):
        there = [name for name in _LIBRARIES if importlib.util.find_spec(name)]
        more = f" and {', '.join(there)}" if there else ""
        return f"Available: the standard library{more}. Nothing can be installed."
    if kind == "FileNotFoundError":
        return (
            "The user's files are in FOLDER; list them with: import os; print(os.listdir(FOLDER))"
        )
    if kind == "PermissionError":
        return (
            "Only FOLDER can be read, and files are written to the working directory; "
            "there is no network and no other program."
        )
    if kind == "EOFError" and "reading a line" in message:
        return "Nobody can type input; put the values into the program."
    if found.status == "timeout":
        return "Look for a loop that does not end, or use a faster way."
    return ""


python.metadata = {**(python.metadata or {}), "session": True}
