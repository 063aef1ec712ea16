"""`cogitate tools`: the tools that agents get, and a way to call one without any model.

A call goes through the same door as an agent's call, so what a tool of your own does with
its arguments, its time limit and its errors is what an agent would see of it.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.cli.output import visible, write_table, write_text
from cogitate.cli.run import chosen_tools
from cogitate.cli.settings import (
    folder_setting,
    offline_setting,
    only_tools_setting,
    sandbox_setting,
    tools_setting,
)
from cogitate.errors import SetupError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from cogitate.runs.context import RunContext, Sandbox
    from cogitate.tools.observe import Observation

EXIT_CODES = {"ok": 0, "bad_arguments": 2, "unknown_tool": 2, "denied": 4}
"""Exit codes by an observation's status; the others are 1."""

SECONDS = 3600.0
"""Most seconds of a call whose tool allows more."""

CHARACTERS = 10_000_000
"""Most characters of a result; a person reads on where a model's view is clipped."""


@click.group()
def tools() -> None:
    """List the tools, show one, or call one without a model."""


@tools.command("list")
@tools_setting
@only_tools_setting
def list_tools(tools: tuple[str, ...], only_tools: bool) -> None:
    """List the tools: name, effect, permission, and what each gives."""
    print_tools(chosen_tools(tools, only_tools))


def print_tools(items: Sequence["BaseTool"]) -> None:
    """Write one line a tool to stdout."""
    from cogitate.tools.base import effect_of, permission_of

    write_table(
        [
            (item.name, effect_of(item), permission_of(item), _first_sentence(item.description))
            for item in items
        ]
    )


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]


@tools.command("show")
@click.argument("name")
@tools_setting
@only_tools_setting
def show_tool(name: str, tools: tuple[str, ...], only_tools: bool) -> None:
    """Show what the tool NAME does and which arguments it takes."""
    from cogitate.tools.base import effect_of, permission_of, timeout_of

    item = find_tool(name, chosen_tools(tools, only_tools))
    click.echo(visible(f"{item.name}: {item.description.strip()}"))
    click.echo(
        f"\neffect {effect_of(item)}, permission {permission_of(item)}, "
        f"time limit {timeout_of(item):g} s"
    )
    properties, required = parameters(item)
    click.echo("\narguments:" if properties else "\nno arguments")
    for key, schema in properties.items():
        need = "required" if key in required else f"default {schema.get('default')!r}"
        line = f"  {key} ({_type_name(schema)}, {need})"
        about = schema.get("description", "")
        click.echo(visible(f"{line}: {about}" if about else line))


def find_tool(name: str, items: Sequence["BaseTool"]) -> "BaseTool":
    """Return the tool called `name`.

    Raises:
        SetupError: there is none; the message names the closest.
    """
    found = {item.name: item for item in items}
    if name not in found:
        near = get_close_matches(name, found, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(found)}"
        raise SetupError(f"there is no tool {name!r}; {hint}")
    return found[name]


def parameters(item: "BaseTool") -> tuple[dict[str, Any], list[str]]:
    """Return the JSON schema of each argument that is the caller's to give, and those required."""
    from langchain_core.utils.function_calling import convert_to_openai_tool

    schema = convert_to_openai_tool(item)["function"].get("parameters", {})
    return dict(schema.get("properties", {})), list(schema.get("required", []))


def _types(schema: dict[str, Any]) -> list[str]:
    """Return the JSON types that a value may have; none when anything goes."""
    if "enum" in schema:
        return sorted({_JSON_TYPES.get(type(value), "null") for value in schema["enum"]})
    found: list[str] = []
    for option in schema.get("anyOf", [schema]):
        kind = option.get("type", [])
        found += [kind] if isinstance(kind, str) else kind
    return found


_JSON_TYPES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}


def _type_name(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    return " or ".join(_types(schema)) or "anything"


@tools.command("call")
@click.argument("name")
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]...")
@tools_setting
@only_tools_setting
@folder_setting
@sandbox_setting
@offline_setting
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the tool writes files. Default: a temporary folder, kept if files were written.",
)
def call_tool(
    name: str,
    arguments: tuple[str, ...],
    tools: tuple[str, ...],
    only_tools: bool,
    folder: Path | None,
    sandbox: "Sandbox",
    offline: bool,
    workspace: Path | None,
) -> None:
    """Call the tool NAME and print its result; no model is involved.

    KEY=@FILE reads the value from a file, KEY=@- from stdin, KEY=@@text is the text "@text".
    Numbers, lists and the like are written as JSON.

    Exit codes: 0, 1 the tool failed, 2 bad arguments, 4 the tool may not be called.
    """
    from cogitate.runs.context import RunContext

    item = _for_a_person(find_tool(name, chosen_tools(tools, only_tools)))
    values = read_arguments(arguments, item)
    if sandbox == "none":
        click.echo("cogitate: warning: nothing confines the python tool", err=True)
    with _workspace(workspace) as place:
        context = RunContext(
            run_id="call",
            workspace=place,
            folder=folder.resolve() if folder else None,
            sandbox=sandbox,
            offline=offline,
        )
        seen = asyncio.run(_observe(context, item, values))
        write_text(seen.text, sys.stdout if seen.ok else sys.stderr)
        for path in dict.fromkeys((*context.artefacts, *seen.artefacts)):
            click.echo(f"cogitate: wrote {path}", err=True)
    code = EXIT_CODES.get(seen.status, 1)
    click.get_current_context().exit(code)


def _for_a_person(item: "BaseTool") -> "BaseTool":
    """Return the tool as a person calls it: the call is the yes it asks for, nothing clipped."""
    known = dict(item.metadata or {})
    known["characters"] = CHARACTERS
    if known.get("permission") == "ask":
        known["permission"] = "auto"
    return item.model_copy(update={"metadata": known})


async def _observe(
    context: "RunContext", item: "BaseTool", values: dict[str, Any]
) -> "Observation":
    from langchain_core.messages import ToolCall

    from cogitate.runs.context import running
    from cogitate.tools.observe import observe

    call = ToolCall(name=item.name, args=values, id="call", type="tool_call")
    with running(context):
        return await observe(call, [item], seconds_left=SECONDS)


@contextmanager
def _workspace(chosen: Path | None) -> Iterator[Path]:
    """Make the folder to write to available; a temporary one goes away when it stays empty."""
    if chosen is not None:
        try:
            chosen.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"cannot make {str(chosen)!r} ({error.strerror})") from error
        yield chosen.resolve()
        return
    place = Path(tempfile.mkdtemp(prefix="cogitate-"))
    try:
        yield place
    finally:
        if not any(path.is_file() for path in place.rglob("*")):
            shutil.rmtree(place, ignore_errors=True)


def read_arguments(words: Sequence[str], item: "BaseTool") -> dict[str, Any]:
    """Return the arguments that `key=value` words give, typed by the tool's schema.

    Raises:
        click.UsageError: a word, a key or a value that the tool does not take.
    """
    properties, required = parameters(item)
    values: dict[str, Any] = {}
    for word in words:
        key, equals, raw = word.partition("=")
        if not equals:
            raise click.UsageError(f"{word!r} is not KEY=VALUE")
        if key not in properties:
            near = get_close_matches(key, properties, n=1)
            known = ", ".join(properties) or "no arguments"
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {known}"
            raise click.UsageError(f"{item.name} has no argument {key!r}; {hint}")
        values[key] = coerce(key, _text(key, raw), properties[key])
    missing = [key for key in required if key not in values]
    if missing:
        raise click.UsageError(f"{item.name} needs {', '.join(f'{key}=...' for key in missing)}")
    return values


def _text(key: str, raw: str) -> str:
    """Return the text of a value, from a file when it starts with @."""
    if raw.startswith("@@") or not raw.startswith("@"):
        return raw.removeprefix("@")
    if raw == "@-":
        return sys.stdin.read()
    try:
        return Path(raw[1:]).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.UsageError(f"{key}: cannot read {raw[1:]!r} ({reason})") from error


def coerce(key: str, text: str, schema: dict[str, Any]) -> object:
    """Return the value that `text` means where `schema` is expected.

    Raises:
        click.UsageError: it is no such value.
    """
    kinds = _types(schema)
    if kinds == ["string"]:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = {"True": True, "False": False, "None": None}.get(text.strip(), text)
    if not kinds:
        return value
    kind = "null" if value is None else _JSON_TYPES[type(value)]
    if kind == "string" and "string" not in kinds:
        wanted = _type_name(schema)
        raise click.UsageError(f"{key} must be {wanted}, written as JSON; not {text!r}")
    if kind in kinds or (kind == "integer" and "number" in kinds):
        return text if kind == "string" else value
    return text if "string" in kinds else value
