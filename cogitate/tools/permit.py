"""Before and after a tool: whether it may run, and whether what it gave can be trusted.

A call runs when the run's policy says so or a person does. A call that counts `once` and whose
arguments come from outside always needs a person, whatever the policy says for others. Programs
that call tools are not held here: each of their calls is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from cogitate.runs.approval import REPLIES, Decision, ToolQuestion
from cogitate.runs.context import RunContext, current
from cogitate.runs.events import Asked
from cogitate.runs.halts import Stopped
from cogitate.runs.taint import OUTSIDE, Derived
from cogitate.tools.base import effect_of, permission_of

INSIDE = frozenset({"run_code", "delegate"})
"""Tools that only call others, each of which is held by itself."""
CARRIERS = frozenset({"python", "run_code"})
"""Tools whose programs may read the person's files and what the run wrote."""
ECHOES = frozenset({"recall"})
"""Tools that show again what was heard before."""
DOCUMENTS = frozenset({"read_file", "search_files", "query_tables", "list_files"})
"""Tools that show the person's files, which somebody else may have written."""

_EXAMPLE = re.compile(
    r"\b(?:for example|example|instance|such as|like|e\.g\.)|例如|比如|如", re.IGNORECASE
)
_FORBIDS = re.compile(
    r"\b(?:never|not?|none|except|without|unless|other than|but|avoid|forbidden|unlike)\b|n't\b|"
    r"[不除勿禁别无非]",
    re.IGNORECASE,
)
"""Words of a description that may take a value out of what is open."""
_BETWEEN = re.compile(r"[,;:.，、；：。]|\bor\b|\band\b|\bone of\b|或者?|和", re.IGNORECASE)
_VALUE = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)?")

BY_PERSON = "denied by the person: {why}. Work without it, or in another way."
NOBODY = (
    "{tool} needs a person's yes and nobody can be asked in this run{why}; work without it. "
    "(To allow it, declare the tool with permission='auto', or write a rule for it.)"
)
BY_POLICY = "{tool} may not be called ({why}); work without it"
TAINTED = "{what} in {argument!r} comes from {names}, not from you"
UNTRACED = "it was called after text from {names}, and {what}"


@dataclass(frozen=True, kw_only=True)
class Permit:
    """Whether a call may run, and with which arguments."""

    arguments: dict[str, Any]
    refusal: str = ""
    """Why it may not run, in words for the model; empty when it may."""
    changed: bool = False
    """Whether a person changed the arguments."""


async def permit(item: BaseTool, arguments: dict[str, Any]) -> Permit:
    """Return whether `item` may be called with `arguments`; a person may be asked."""
    run = current()
    permission = permission_of(item)
    do = run.safety.policy.decide(item.name, arguments, permission)
    if do == "deny":
        why = f"its permission is {permission!r}" if permission == "never" else "the policy"
        return Permit(arguments=arguments, refusal=BY_POLICY.format(tool=item.name, why=why))
    async with run.safety.lock:
        tainted = derived(item, arguments)
        if not tainted and (do == "auto" or item.name in run.safety.always):
            return Permit(arguments=arguments)
        if do == "auto":
            do = "wait" if run.safety.policy.default == "wait" else "ask"
        why = "; ".join(_in_words(one, run.safety.sources.names) for one in tainted[:3])
        question = ToolQuestion(item.name, arguments, why, tuple(tainted))
        reply = await _reply(run, question, do)
        if reply is None:
            text = NOBODY.format(tool=item.name, why=f" ({why})" if why else "")
            return Permit(arguments=arguments, refusal=text)
        return _permit(run, question, Decision.read(reply))


def heard(item: BaseTool | None, arguments: object, text: str) -> bool:
    """Note what a tool gave; return whether it is text from outside."""
    sources = current().safety.sources
    if item is None or not isinstance(arguments, dict) or not text:
        return False
    marked = item.name in ECHOES and OUTSIDE in text
    if marked or is_untrusted(item, arguments):
        sources.distrust(text, item.name)
        return True
    if item.name not in INSIDE:
        sources.trust(text)
    return False


def is_untrusted(item: BaseTool, arguments: Mapping[str, Any]) -> bool:
    """Return whether what a tool gives is text from outside.

    A tool says so itself by `untrusted` in its metadata; what is made of untrusted text is
    untrusted as well.
    """
    run, data = current(), item.metadata or {}
    if "untrusted" in data:
        return bool(data["untrusted"])
    if item.name in DOCUMENTS:
        return True
    if item.name in CARRIERS and (run.folder is not None or run.safety.sources.untrusted):
        return True
    if item.name in ECHOES and run.safety.sources.untrusted:
        return True
    return item.name not in INSIDE and bool(run.safety.sources.derived(arguments))


def derived(item: BaseTool, arguments: Mapping[str, Any]) -> list[Derived]:
    """Return the arguments of a call that counts `once` which come from outside."""
    if effect_of(item) != "once" or item.name in INSIDE:
        return []
    return current().safety.sources.derived(arguments, choices_of(item))


def choices_of(item: BaseTool) -> dict[str, list[str]]:
    """Return by argument the values among which the tool itself lets choose.

    By its schema, and for a tool of the person's own by what is said of the argument: "cat or dog".
    """
    own = not (item.metadata or {}).get("untrusted")
    found: dict[str, list[str]] = {}
    for name, field in item.args.items():
        options = [field, *field.get("anyOf", []), *([field["items"]] if "items" in field else [])]
        listed = [
            value
            for option in options
            if isinstance(option, dict)
            for value in (
                *option.get("enum", ()),
                *([option["const"]] if "const" in option else ()),
            )
        ]
        if own:
            listed += _named_in(str(field.get("description", "")))
        if listed:
            found[name] = [str(value) for value in listed]
    return found


def _named_in(description: str) -> list[str]:
    """Return the values that a description lists, in one or two words each.

    No examples; and none at all where it may forbid one: text from outside could then name it.
    """
    if _FORBIDS.search(description):
        return []
    listed = _EXAMPLE.split(description)[0]
    return [one for text in _BETWEEN.split(listed) if _VALUE.fullmatch(one := text.strip())]


async def _reply(run: RunContext, question: ToolQuestion, do: str) -> str | None:
    """Return what the person says; None when nobody can be asked."""
    if run.ask is None and do != "wait":
        return None
    before = run.seconds_left()
    try:
        reply = str(await run.unless_stopped(run.ask_durably(question, REPLIES)))
    except Stopped:
        return "no: the run was interrupted"
    run.deadline += max(before - run.seconds_left(), 0.0)  # a person may take their time
    run.emit(Asked(question=str(question), reply=reply))
    return reply


def _permit(run: RunContext, question: ToolQuestion, decided: Decision) -> Permit:
    """Return what a person's decision comes to."""
    arguments = question.arguments
    if decided.do == "always":
        run.safety.always.add(question.tool)
    if decided.do in ("yes", "always"):
        return Permit(arguments=arguments)
    if decided.do == "edit":
        changed = dict(decided.arguments or {})
        run.safety.sources.trust(" ".join(map(str, changed.values())))
        if run.safety.policy.decide(question.tool, changed, "auto") == "deny":
            refusal = BY_POLICY.format(tool=question.tool, why="the policy")
            return Permit(arguments=changed, refusal=refusal)
        return Permit(arguments=changed, changed=changed != arguments)
    why = decided.why or "no reason was given"
    if decided.do == "stop":
        run.safety.stopped = why if decided.why else f"a person stopped the run at {question.tool}"
        why = "the run is stopped"
    return Permit(arguments=arguments, refusal=BY_PERSON.format(why=why))


def _in_words(one: Derived, names: list[str]) -> str:
    where = ", ".join(names[:3])
    if not one.argument:
        return UNTRACED.format(names=where, what=one.what)
    return TAINTED.format(what=repr(one.what), argument=one.argument, names=where)


__all__ = ["Permit", "derived", "heard", "is_untrusted", "permit"]
