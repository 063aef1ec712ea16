"""Tools that an agent makes: a function with its tests, tried in the confined process, kept.

After BabyAGI 2o (Y. Nakajima, 2024), without its defects: what a model wrote never runs in the
agent's own process, nothing is kept before its tests have passed, a person sees it first
(permission `ask`), and nothing can be installed. Every version is kept; the newest one is offered.
What it does not know: whether the tests say anything.

    cogitate run --tools cogitate.tools.making:make_tool "..."      makes them
    cogitate run --tools cogitate.tools.making:made "..."           offers those that were made
"""

import ast
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from cogitate.errors import ToolFailure
from cogitate.home import home, writable_folder
from cogitate.runs.context import current
from cogitate.tools.base import tool
from cogitate.tools.python import TIMEOUT, clean, render
from cogitate.tools.sandbox.session import PythonSession
from cogitate.tools.threads import in_thread

FOLDER = "tools"
FEWEST_TESTS = 2
MOST_VERSIONS = 1_000
KINDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array"}
"""Types that a parameter may have, and what they are called in JSON Schema."""
_NAME = re.compile(r"[a-z][a-z0-9_]{2,39}")
_CALLED = "{code}\nimport json as _json\nprint({name}(**_json.loads({arguments!r})))"


@dataclass(frozen=True, kw_only=True)
class MadeTool:
    """One version of a tool that was made."""

    name: str
    version: int
    description: str
    code: str
    tests: list[str]
    run_id: str
    """The run that made it."""


@tool(name="make_tool", effect="once", permission="ask", timeout=60)
async def make_tool(name: str, code: str, tests: list[str]) -> str:
    """Make a new tool of a Python function, or a new version of one; its tests must pass.

    Args:
        name: the function's name.
        code: the function with a docstring and a type for each parameter (str, int, float, bool
            or list), with the imports it needs. There is no network, and nothing is installed.
        tests: at least two lines such as: assert area(2, 3) == 6
    """
    code = clean(code)
    function = _function(name, code)
    _parameters(function)
    lines = [test.strip() for test in tests if name in test and test.strip().startswith("assert")]
    if len(lines) < FEWEST_TESTS:
        raise ToolFailure(
            f"{len(lines)} of the tests call {name!r}; write at least {FEWEST_TESTS} lines that "
            f"begin with assert and call it"
        )
    await in_thread(lambda: _try(name, code, lines))
    version = len(versions(name)) + 1
    kept = MadeTool(
        name=name,
        version=version,
        description=ast.get_docstring(function) or "",
        code=code,
        tests=lines,
        run_id=current().run_id,
    )
    target = writable_folder(FOLDER) / f"{name}.jsonl"
    with target.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(kept), ensure_ascii=False) + "\n")
    return (
        f"{name}, version {version}, passed {len(lines)} tests and is kept; later runs may use it"
    )


def _try(name: str, code: str, tests: list[str]) -> None:
    """Run the tests in a confined process of their own.

    Raises:
        ToolFailure: the code or a test failed.
    """
    context = current()
    session = PythonSession(context.workspace, None, context.sandbox)
    try:
        for what, text in (("the code", code), *((test, test) for test in tests)):
            found = session.run(text, TIMEOUT)
            if found.status != "ok":
                why = render(found, context.workspace)
                raise ToolFailure(f"{name!r} is not kept: {what} failed: {why}")
    finally:
        session.close()


def versions(name: str) -> list[MadeTool]:
    """Return all versions of a tool that was made, oldest first."""
    return _read(home() / FOLDER / f"{name}.jsonl")


def _read(path: Path) -> list[MadeTool]:
    if not path.is_file():
        return []
    found = []
    lines = path.read_text(encoding="utf-8").split("\n")  # a text may hold U+2028
    for line in lines[:MOST_VERSIONS]:
        try:
            found.append(MadeTool(**json.loads(line)))
        except (ValueError, TypeError):
            continue  # a line that was cut off while it was written
    return found


def made_tools() -> list[BaseTool]:
    """Return the newest version of each tool that was made, in the order of their names."""
    kept = [_read(path) for path in sorted((home() / FOLDER).glob("*.jsonl"))]
    return [as_tool(found[-1]) for found in kept if found]


def as_tool(made: MadeTool) -> BaseTool:
    """Return a tool that runs a version that was made, in the confined process of the run."""

    async def run_made(**arguments: Any) -> str:
        context = current()
        session = context.opened(
            f"made {made.name}", lambda: PythonSession(context.workspace, None, context.sandbox)
        )
        written = json.dumps(arguments, ensure_ascii=False)
        code = _CALLED.format(code=made.code, name=made.name, arguments=written)
        found = await in_thread(lambda: session.run(code, TIMEOUT))
        text = render(found, context.workspace)
        if found.status != "ok":
            raise ToolFailure(text)
        return text

    offered = StructuredTool(
        name=made.name,
        description=made.description,
        args_schema=_parameters(_function(made.name, made.code)),
        coroutine=run_made,
    )
    offered.metadata = {
        "effect": "idempotent",
        "permission": "auto",
        "timeout": 2 * TIMEOUT,
        "version": made.version,
    }
    return offered


def _function(name: str, code: str) -> ast.FunctionDef:
    """Return the function that a tool is made of.

    Raises:
        ToolFailure: the name or the code will not do.
    """
    if not _NAME.fullmatch(name):
        raise ToolFailure(f"{name!r} is no name; take 3 to 40 small letters, digits or _")
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ToolFailure(f"the code cannot be read: {error}") from error
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    if not found:
        raise ToolFailure(f"the code has no function {name!r}; write def {name}(...)")
    if not ast.get_docstring(found[-1]):
        raise ToolFailure(f"{name!r} has no docstring; say in one line what it returns")
    return found[-1]


def _parameters(function: ast.FunctionDef) -> dict[str, Any]:
    """Return the JSON Schema of a function's parameters.

    Raises:
        ToolFailure: a parameter has no type of those there are.
    """
    given = function.args
    named = [*given.args, *given.kwonlyargs]
    if given.posonlyargs or given.vararg or given.kwarg:
        raise ToolFailure("parameters are given by their names; leave out /, *args and **kwargs")
    properties = {}
    for each in named:
        label = ast.unparse(each.annotation) if each.annotation else ""
        kind = KINDS.get(label.partition("[")[0])
        if kind is None:
            raise ToolFailure(
                f"{each.arg!r} has the type {label!r}; take one of {', '.join(KINDS)}"
            )
        items: dict[str, Any] = {"items": {}} if kind == "array" else {}
        properties[each.arg] = {"type": kind, "title": each.arg, **items}
    free = [arg.arg for arg in given.args[len(given.args) - len(given.defaults) :]]
    pairs = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    free += [arg.arg for arg, default in pairs if default is not None]
    required = [each.arg for each in named if each.arg not in free]
    return {"type": "object", "properties": properties, "required": required}


def __getattr__(name: str) -> list[BaseTool]:
    """Return the tools that were made, as `made`."""
    if name == "made":
        return made_tools()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
