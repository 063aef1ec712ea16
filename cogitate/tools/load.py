"""Users' own tools: found in a module or in a file, and made of plain functions if need be.

What it does not know: the tools that ship (`shipped.py` does) and how tools run. Loading a
file runs it: that is the person's own code, in this process.
"""

import difflib
import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
import traceback
import typing
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from langchain_core.tools import BaseTool

from cogitate.errors import SetupError
from cogitate.tools.base import tool
from cogitate.tools.shipped import SHIPPED

EXAMPLE = '''A tool looks like this:

    from cogitate import tool

    @tool
    def area(width: float, height: float) -> float:
        """Return the area of a rectangle."""
        return width * height'''

_FILE = re.compile(r"(?P<path>.+\.py)(?::(?P<name>\w+))?", re.DOTALL)
_MODULE = re.compile(r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?::(?P<name>\w+))?")


def load_tools(spec: str) -> list[BaseTool]:
    """Return the tools that `spec` names.

    Args:
        spec: `my_tools.py` or `package.module` for all tools in it, or with `:name` for one
            tool, a list of tools, or a plain function. In a file without any tool the public
            functions with a docstring and full type hints become tools. The working folder, or
            the file's own, can be imported from.

    Raises:
        SetupError: it cannot be imported (with file and line), or holds no such tool.
    """
    spec = spec.strip()
    if match := _FILE.fullmatch(spec):
        module = _import_file(Path(match["path"]).expanduser())
    elif match := _MODULE.fullmatch(spec):
        module = _import_module(match["module"])
    else:
        raise SetupError(
            f"cannot read {spec!r} as tools; write my_tools.py, my_tools.py:name, "
            "package.module or package.module:name"
        )
    if match["name"]:
        return _named(module, match["name"])
    found = _tools_in(module)
    if not found and "path" in match.groupdict():
        found = [tool(function) for function in _functions_in(module) if not _lacks(function)]
    if not found:
        raise SetupError(_nothing_found(module, spec))
    return merge_tools(found)


def merge_tools(*lists: list[BaseTool]) -> list[BaseTool]:
    """Return all tools of `lists` in order, each once.

    Raises:
        SetupError: two different tools have the same name.
    """
    merged: dict[str, BaseTool] = {}
    for item in (item for items in lists for item in items):
        other = merged.setdefault(item.name, item)
        if other is not item:
            raise SetupError(
                f"two tools are called {item.name!r}, from {_origin(other)} and {_origin(item)}; "
                f"rename one with @tool(name=...), or leave one out"
            )
    return list(merged.values())


def _origin(item: BaseTool) -> str:
    function = getattr(item, "func", None) or getattr(item, "coroutine", None) or type(item)
    code = getattr(function, "__code__", None)
    module = getattr(function, "__module__", "?")
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else module


def _import_file(path: Path) -> ModuleType:
    path = path.absolute()
    if not path.is_file():
        raise SetupError(f"no file {str(path)!r}; --tools takes a Python file or package.module")
    name = f"_cogitate_tools_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SetupError(f"{str(path)!r} cannot be imported as a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _let_import_from(path.parent)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise SetupError(f"cannot load {_place(error, str(path))}: {_reason(error)}") from error
    return module


def _import_module(name: str) -> ModuleType:
    _let_import_from(Path.cwd())
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (f"{name}.").startswith(f"{error.name}."):
            raise SetupError(f"cannot load {_place(error, name)}: {_reason(error)}") from error
        raise SetupError(
            f"no module {name!r} (not found: {error.name!r}); for a file write its path, "
            f"such as {name.rpartition('.')[2]}.py"
        ) from error
    except (Exception, SystemExit) as error:
        raise SetupError(f"cannot load {_place(error, name)}: {_reason(error)}") from error


def _let_import_from(folder: Path) -> None:
    """Let a tool's file import its neighbours. At the end of the path, so nothing is hidden."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _place(error: BaseException, where: str) -> str:
    """Return file and line of an error, preferring the line in the person's own file."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    own = [frame for frame in frames if frame.filename == where]
    chosen = own or frames
    return f"{chosen[-1].filename}, line {chosen[-1].lineno}" if chosen else where


def _reason(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _named(module: ModuleType, name: str) -> list[BaseTool]:
    found = getattr(module, name, None)
    if found is None:
        public = [other for other in vars(module) if not other.startswith("_")]
        close = difflib.get_close_matches(name, public, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else EXAMPLE
        raise SetupError(f"no {name!r} in {_label(module)}; {hint}")
    if isinstance(found, BaseTool):
        return [found]
    if isinstance(found, list | tuple) and found and all(isinstance(i, BaseTool) for i in found):
        return merge_tools(list(found))
    if isinstance(found, FunctionType):
        return [tool(found)]
    if isinstance(found, list | tuple) and not found:
        raise SetupError(f"there are no tools in {name!r} of {_label(module)} yet; leave it out")
    raise SetupError(
        f"{name!r} in {_label(module)} is a {type(found).__name__}, "
        f"not a tool, a list of tools or a function. {EXAMPLE}"
    )


def _label(module: ModuleType) -> str:
    return repr(getattr(module, "__file__", None) or module.__name__)


def _tools_in(module: ModuleType) -> list[BaseTool]:
    """Return the public tools of the module that are not shipped ones, each once."""
    shipped = [
        getattr(sys.modules[home], attribute, None)
        for home, _, attribute in (where.partition(":") for where in SHIPPED.values())
        if home in sys.modules
    ]
    found: list[BaseTool] = []
    for name, value in vars(module).items():
        if name.startswith("_") or not isinstance(value, BaseTool):
            continue
        if not any(value is other for other in (*shipped, *found)):
            found.append(value)
    return found


def _functions_in(module: ModuleType) -> list[Callable[..., Any]]:
    return [
        value
        for name, value in vars(module).items()
        if isinstance(value, FunctionType)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def _lacks(function: Callable[..., Any]) -> str:
    """Return what keeps a plain function from being a tool; empty when nothing does."""
    if not inspect.getdoc(function):
        return "has no docstring"
    try:
        hints = typing.get_type_hints(function)
    except Exception as error:  # noqa: BLE001 - a hint is any expression of the person's
        return f"has a type hint that cannot be read ({error})"
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return f"takes *{name}, which a model cannot fill"
        if name not in hints:
            return f"has no type hint for {name}"
    return "" if "return" in hints else "has no type hint for what it returns"


def _nothing_found(module: ModuleType, spec: str) -> str:
    lacking = [(function.__name__, _lacks(function)) for function in _functions_in(module)]
    reasons = "; ".join(f"{name} {lack}" for name, lack in lacking if lack)
    seen = f" ({reasons})" if reasons else ""
    return f"no tools in {spec!r}{seen}. {EXAMPLE}"
