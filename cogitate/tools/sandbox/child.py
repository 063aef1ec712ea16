"""The confined process: reads a program, runs it, answers what came of it, and waits for the next.

It is started as `python -I child.py FD`, loads `confine.py`, `calls.py` and `stubs.py` from
beside itself and imports nothing else of this package. Frames are four bytes of length and
JSON, requests on what was standard input, answers on `FD`. Once a program has run, this process
counts as that program's: the parent believes nothing that it says beyond the result of the
call. Before its answer a program may call tools, which the parent runs: `stubs.py`.
"""

import ast
import builtins
import errno
import importlib.util
import io
import json
import linecache
import os
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any

PRELOADED = (
    *("math", "statistics", "datetime", "json", "re", "decimal"),
    *("fractions", "itertools", "collections", "random"),
)
"""Modules whose names programs find bound. numpy, pandas and sympy are imported by programs."""

_WARM = (
    "encodings.idna",
    "zoneinfo",
    "csv",
    "functools",
    "pathlib",
    "string",
    "textwrap",
    "bisect",
)
_MOST_TEXT = 32_000
_FRAMES = 5


def _load(name: str) -> types.ModuleType:
    """Return the module that lies beside this file, loaded by its path."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path!r} cannot be loaded; install cogitate again")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(descriptor: int, count: int) -> bytes:
    """Return exactly `count` bytes; ends the process at the end of the pipe."""
    data = b""
    while len(data) < count:
        part = os.read(descriptor, count - len(data))
        if not part:
            os._exit(0)
        data += part
    return data


def _receive(descriptor: int) -> dict[str, Any]:
    size = int.from_bytes(_read(descriptor, 4), "big")
    found: dict[str, Any] = json.loads(_read(descriptor, size))
    return found


def _send(descriptor: int, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(descriptor, data) :]


def _compile(code: str, name: str) -> tuple[Any, Any]:
    """Return the program without, and only, the expression whose value is to be shown."""
    tree = ast.parse(code, name)
    last: ast.expr | None = None
    if tree.body:
        end = tree.body[-1]
        if isinstance(end, ast.Expr):
            last = end.value
            tree.body.pop()
        elif isinstance(end, ast.Assign) and isinstance(end.targets[0], ast.Name):
            last = ast.copy_location(ast.Name(end.targets[0].id, ast.Load()), end)
    body = compile(tree, name, "exec")
    return body, None if last is None else compile(ast.Expression(last), name, "eval")


def _shown(value: object) -> str | None:
    """Return the `repr` that a notebook would show; plain numbers out of numpy's."""
    if value is None:
        return None
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        value = value.item() if hasattr(value, "item") else value
    text = repr(value)
    if len(text) > _MOST_TEXT:
        text = f"{text[:_MOST_TEXT]}... ({len(text)} characters)"
    return text


def _frames(error: BaseException, current: str) -> tuple[str, int | None]:
    """Return the frames of programs in `error`'s traceback, and the last one's line."""
    found = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<call")]
    lines = []
    for frame in found[-_FRAMES:]:
        place = f"line {frame.lineno}"
        place += "" if frame.filename == current else f" of {frame.filename.strip('<>')}"
        place += "" if frame.name == "<module>" else f", in {frame.name}"
        lines.append(f"{place}:\n    {(frame.line or '').strip()}\n")
    return "".join(lines), found[-1].lineno if found else None


def _failure(error: BaseException, current: str) -> dict[str, Any]:
    """Return the answer for a program that raised `error`."""
    status = "error"
    if isinstance(error, MemoryError):
        status = "memory"
    elif isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC, errno.EDQUOT):
        status = "disk"
    kind = type(error).__name__
    frames, line = _frames(error, current)
    try:
        message = str(error)[:_MOST_TEXT]
    except BaseException:  # noqa: BLE001 - the program's own __str__ may raise anything
        message = "(its message cannot be shown)"
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("<call"):
        line, message = error.lineno, error.msg
        caret = " " * (max((error.offset or 1), 1) - 1) + "^"
        frames = f"line {line}:\n    {(error.text or '').rstrip()}\n    {caret}\n"
    return {
        "status": status,
        "error_type": kind,
        "error_line": line,
        "error_message": message,
        "traceback": f"{frames}{kind}: {message}" if message else f"{frames}{kind}",
    }


def _run(code: str, name: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run a program and return its answer."""
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    try:
        body, last = _compile(code, name)
        exec(body, namespace)
        value = None if last is None else _shown(eval(last, namespace))
        return {"status": "ok", "value": value}
    except SystemExit as error:
        if error.code in (None, 0):
            return {"status": "ok", "value": None}
        return _failure(error, name)
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is its answer
        return _failure(error, name)


def _reading_open(folder: str) -> Callable[..., Any]:
    """Return `open`, which looks for names that are not in the workspace in `folder` as well."""
    original = io.open

    def open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:  # noqa: A001
        if isinstance(file, str | os.PathLike) and not set(mode) & set("wax+"):
            name = os.fspath(file)
            there = os.path.join(folder, name) if isinstance(name, str) else ""
            if there and not os.path.exists(name) and os.path.exists(there):
                file = there
        return original(file, mode, *args, **kwargs)

    return open


def _namespace(folder: str | None, workspace: str) -> dict[str, Any]:
    """Return the globals of the programs: a fresh `__main__`, the modules and FOLDER."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    for module in PRELOADED:
        setattr(main, module, importlib.import_module(module))
    vars(main)["FOLDER"] = folder or workspace
    if folder:
        builtins.open = io.open = _reading_open(folder)
    return vars(main)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001 - the program may have put anything there
            continue


def _prepare(answers: int) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Import what will be needed, confine this process, and return requests, setup, layers."""
    requests = os.dup(0)
    setup = _receive(requests)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for module in (*PRELOADED, *_WARM):
        importlib.import_module(module)
    confine, calls = _load("confine"), _load("calls")
    kept = sorted({answers, requests})
    for low, high in zip([2, *kept], [*kept, 4096], strict=True):
        os.closerange(low + 1, high)
    sys.set_int_max_str_digits(100_000)
    layers: dict[str, str] = confine.apply(
        readable=setup["readable"],
        writable=setup["writable"],
        bounds=setup["bounds"],
        parent=setup["parent"],
        calls=calls.instructions,
        full=setup["confine"],
    )
    return requests, setup, layers


def main() -> None:
    """Confine this process and answer requests until the parent hangs up."""
    answers = int(sys.argv[1])
    stubs = _load("stubs")
    requests, setup, layers = _prepare(answers)
    missing = {name: layers.get(name, "unknown") for name in setup["require"]}
    missing = {name: reason for name, reason in missing.items() if reason}
    _send(answers, {"missing": missing})
    if missing:
        os._exit(0)
    sys.argv = [""]
    sys.dont_write_bytecode = True
    out, err = sys.stdout, sys.stderr
    for stream in (out, err):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    namespace = _namespace(setup["folder"], setup["workspace"])
    line = stubs.Line(lambda message: _send(answers, message), lambda: _receive(requests))
    while True:
        request = _receive(requests)
        sys.stdout, sys.stderr = out, err
        line.open(request, namespace)
        answer = _run(request["code"], request["name"], namespace)
        answer |= line.close(request, namespace)
        _flush()
        sys.stdout, sys.stderr = out, err
        _flush()
        _send(answers, {"token": request["token"], **answer})


if __name__ == "__main__":
    main()
