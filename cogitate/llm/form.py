"""The form of a tool call: how tools are shown to a small model and what it writes.

The tool's name comes first and no thought before it: measured, a 0.5B model then picks the
right tool twice as often. A program or a query is written as text between code fences,
never inside a JSON string. The grammar leaves nothing else, so that a call always parses.
"""

import json
import re
import uuid
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

FINAL = "final_answer"

TOOLS_PROMPT = """\
You solve the task with tools. Each turn you write one call and nothing else:
{{"tool": NAME, "args": {{...}}}}
Tools:
{tools}
- final_answer(answer): the answer to the person, in one or two sentences, in the person's \
language, once a result holds it."""

RESULT_PROMPT = "Result of {name}:\n{text}"

WRITTEN_AS = {"code": "python", "sql": "sql"}
"""A tool whose one required parameter has such a name gets it as text in a code fence."""

MOST_TEXT = 400
"""Characters that a string argument may have when its schema does not bound it."""
_DAY = (
    "([1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    "|([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-02-29)"
)
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
_N = "[0-9]{1,4}"
_SPAN = f"(({_N}DT|T)({_N}H|({_N}H)?{_N}M|({_N}H)?({_N}M)?{_N}S)|{_N}D)"
DATES = {
    "duration": f"^P{_SPAN}$",
    "date": f"^{_DAY}$",
    "time": f"^{_TIME}$",
    "date-time": f"^{_DAY}T{_TIME}$",
}
"""Days that there are, from the year 1000 on, times of day and spans of time, as patterns."""
PLACE = r"(?i)\bcity(?: and|,) (?:state|country)\b"
PATTERNS = {
    "YYYY-MM-DD": DATES["date"],
    # A full stop after a place would be the description's.
    PLACE: r'^[^,\n"\\]{2,60}, (?:[^\n"\\.]{2,40}|D\.C\.)$',
}
"""Forms of text that people write into descriptions, and what such a text looks like.

Told that a place is a city and state, a small model copies "Lima" where a tool needs "Lima, Peru".
"""
MOST_ITEMS = 12
MOST_NUMBER = 10**15
"""Largest number where the schema gives none: a small model writes zeros without end."""
LEAST_FRACTION = 1e-9
FORMATS = (
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
    "uri",
)
"""Formats of strings that llguidance knows how to constrain."""


def fenced_parameter(tool: dict[str, Any]) -> str | None:
    """Return the parameter of `tool` that is written as text, if it has such a one."""
    required = tool["function"].get("parameters", {}).get("required", [])
    return required[0] if len(required) == 1 and required[0] in WRITTEN_AS else None


def bounded(schema: Any) -> Any:
    """Return `schema` with bounds on its strings and lists, so that an output must end.

    What cannot be constrained (unique items, rare formats) is left to the validation.
    """
    if isinstance(schema, list):
        return [bounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    # A title is a string; what is no string is a property that is called "title".
    found = {k: bounded(v) for k, v in schema.items() if k != "title" or isinstance(v, dict)}
    for several in ("anyOf", "oneOf"):
        if several in found:
            found[several] = [p for p in found[several] if not _looks_around(p)] or found[several]
    kind = found.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if kind == "string":
        _shape_text(found)
    if "string" in kinds:
        _bound_text(found)
    if {"integer", "number"} & {str(k) for k in kinds}:
        _bound_number(found, kinds)
    if "array" in kinds:
        found.setdefault("maxItems", MOST_ITEMS)
        found.pop("uniqueItems", None)
    if "object" in kinds:
        _bound_object(found)
    return found


def _shape_text(found: dict[str, Any]) -> None:
    """Turn a form that the description gives in words, such as YYYY-MM-DD, into a pattern."""
    about = str(found.get("description", ""))
    # "a date as YYYY-MM-DD or an event" leaves more than one form open.
    written = next((f for f in PATTERNS if re.search(f, about) and " or " not in about), None)
    if written and not {"enum", "const", "pattern", "format", "default"} & found.keys():
        found["pattern"] = PATTERNS[written]


def _looks_around(schema: Any) -> bool:
    """Return whether a pattern looks ahead or back, which cannot be constrained."""
    pattern = str(schema.get("pattern", "")) if isinstance(schema, dict) else ""
    return any(mark in pattern for mark in ("(?=", "(?!", "(?<"))


def _bound_text(found: dict[str, Any]) -> None:
    if found.get("format") in DATES:
        found["pattern"] = DATES[found.pop("format")]
    if found.get("format") not in FORMATS:
        found.pop("format", None)
    if not {"enum", "const", "format", "pattern"} & found.keys():
        found["maxLength"] = min(found.get("maxLength", MOST_TEXT), 2000)


def _bound_number(found: dict[str, Any], kinds: list[Any]) -> None:
    if {"enum", "const"} & found.keys():
        return
    low = found.get("minimum", found.get("exclusiveMinimum"))
    high = found.get("maximum", found.get("exclusiveMaximum"))
    if low is None:
        found["minimum"] = -max(MOST_NUMBER, 10 * abs(high or 0))
    if high is None:
        found["maximum"] = max(MOST_NUMBER, 10 * abs(low or 0))
    if "number" in kinds:
        found.setdefault("multipleOf", LEAST_FRACTION)


def _bound_object(found: dict[str, Any]) -> None:
    names = found.pop("propertyNames", {})
    allowed = names.get("enum", [names["const"]] if "const" in names else [])
    if allowed:
        found["properties"] = {name: found.get("additionalProperties", {}) for name in allowed}
        found["additionalProperties"] = False
    elif "properties" in found:
        found.setdefault("additionalProperties", False)
    else:
        found.setdefault("maxProperties", MOST_ITEMS)


def describe(tool: dict[str, Any]) -> str:
    """Return one line that shows a tool: name, parameters with their types, what it does."""
    function = tool["function"]
    schema = function.get("parameters", {})
    required = schema.get("required", [])
    shown = []
    for name, part in schema.get("properties", {}).items():
        kind = part.get("type") or "/".join(
            str(option.get("type", "any")) for option in part.get("anyOf", [])
        )
        kind = "|".join(json.dumps(v) for v in part["enum"]) if "enum" in part else kind
        meaning = f" ({part['description']})" if part.get("description") else ""
        shown.append(f"{name}{'' if name in required else '?'}: {kind}{meaning}")
    about = function.get("description", "").strip().split("\n\n")[0].replace("\n", " ")
    return f"- {function['name']}({', '.join(shown)}): {about}"


def call_grammar(tools: Sequence[dict[str, Any]], choice: str | Sequence[str] | None) -> str:
    """Return the Lark grammar of one call, of a tool that is `offered`."""
    open_tools = offered(tools, choice)
    rules = [f"start: {' | '.join(f'call{i}' for i in range(len(open_tools)))}"]
    for index, tool in enumerate(open_tools):
        rules += _call_rule(index, tool)
    return "\n".join(rules)


def offered(
    tools: Sequence[dict[str, Any]], choice: str | Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return the tools that may be called, the final answer among them.

    Args:
        tools: in the OpenAI form.
        choice: None leaves all tools and the final answer; "any" leaves out the final answer;
            "none" leaves only it; a tool's name leaves only that tool, a list of names these.
    """
    answer = {"type": "object", "properties": {"answer": {"type": "string", "maxLength": 800}}}
    final = {"function": {"name": FINAL, "parameters": {**answer, "required": ["answer"]}}}
    names = [choice] if isinstance(choice, str) else choice
    every = names is None or names in (["auto"], ["any"])
    found = [t for t in tools if every or t["function"]["name"] in (names or ())]
    if choice in (None, "auto", "none") or FINAL in (names or ()):
        found = [*found, final]
    return found


def _call_rule(index: int, tool: dict[str, Any]) -> list[str]:
    head = json.dumps({"tool": tool["function"]["name"]}, ensure_ascii=False)
    text = fenced_parameter(tool)
    if text:
        fence = json.dumps(f"{head}\n```{WRITTEN_AS[text]}\n")
        return [
            f"call{index}: {fence} body{index}",
            f'body{index}[suffix="```"]: /(?s:.*)/',
        ]
    schema = bounded(tool["function"].get("parameters") or {"type": "object", "properties": {}})
    schema["x-guidance"] = {
        "whitespace_flexible": False,
        "item_separator": ", ",
        "key_separator": ": ",
    }
    return [
        f'call{index}: {json.dumps(head[:-1] + ", ")} "\\"args\\": " args{index} "}}"',
        f"args{index}: %json {json.dumps(schema, ensure_ascii=False)}",
    ]


def write_call(name: str, args: dict[str, Any]) -> str:
    """Return the text that a model would have written for this call."""
    if len(args) == 1 and (key := next(iter(args))) in WRITTEN_AS:
        head = json.dumps({"tool": name}, ensure_ascii=False)
        return f"{head}\n```{WRITTEN_AS[key]}\n{args[key]}\n```"
    return json.dumps({"tool": name, "args": args}, ensure_ascii=False)


def read_call(text: str) -> tuple[str, dict[str, Any]]:
    """Return the tool's name and arguments out of a written call.

    Raises:
        ValueError: the text is not a whole call.
    """
    head, fence, body = text.partition("\n```")
    if fence:
        language, _, rest = body.partition("\n")
        parameter = next(key for key, value in WRITTEN_AS.items() if value == language)
        return json.loads(head)["tool"], {parameter: rest.removesuffix("```").strip("\n")}
    found = json.loads(text)
    return found["tool"], found["args"]


def with_tools(messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]]) -> list[Any]:
    """Return role and content of each message, with the tools in the system message."""
    listing = TOOLS_PROMPT.format(tools="\n".join(describe(tool) for tool in tools))
    first = messages[0].text if messages and isinstance(messages[0], SystemMessage) else ""
    rest = messages[1:] if first else messages
    system = {"role": "system", "content": f"{first}\n\n{listing}" if first else listing}
    return [system, *plain(rest)]


def conversation(messages: Sequence[BaseMessage], tools: Sequence[BaseTool]) -> list[BaseMessage]:
    """Return the messages as a model that is offered `tools` is shown them, for words of its own.

    What a `ChatLlama` then reads begins with the same tokens as a call over these tools.
    """
    kinds = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    shown = with_tools(messages, [convert_to_openai_tool(tool) for tool in tools])
    return [kinds[one["role"]](one["content"]) for one in shown]


def plain(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    """Return role and content of each message; calls and results as text in our form."""
    roles = {"human": "user", "ai": "assistant", "system": "system", "tool": "user"}
    found: list[dict[str, str]] = []
    for message in messages:
        text = str(message.text)
        if isinstance(message, AIMessage) and message.tool_calls:
            calls = [write_call(c["name"], c["args"]) for c in message.tool_calls]
            text = "\n".join([text, *calls] if text else calls)
        if isinstance(message, ToolMessage):
            text = RESULT_PROMPT.format(name=message.name or "the tool", text=text)
        found.append({"role": roles.get(message.type, "user"), "content": text})
    return found


def answer_message(text: str) -> AIMessage:
    """Return the message that a written call stands for: tool calls, or the final answer.

    Raises:
        ValueError: the text is not a whole call.
    """
    name, args = read_call(text)
    if name == FINAL:
        return AIMessage(str(args["answer"]))
    call_id = f"call-{uuid.uuid4().hex[:8]}"
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": call_id}])
