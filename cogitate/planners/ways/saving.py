"""An answer that the goal asks to be kept in a file: the file is written once it is known."""

import csv
import io
import json

from langchain_core.messages import AIMessage, ToolMessage

from cogitate.planners.base import Turn, go_on
from cogitate.planners.outputs import named_output
from cogitate.planners.ways.saying import call, is_chinese

WRITES = "write_file"


def written_to(goal: str, name: str) -> str:
    """Return the sentence that says into which file a result was written."""
    return f"已写入 {name}。" if is_chinese(goal) else f"It is written to {name}."


def conclude(turn: Turn, answer: AIMessage, result: str | ToolMessage = "") -> AIMessage:
    """Return an answer; where the goal names a file for it, first the call that writes it.

    Args:
        turn: the turn.
        answer: what is said.
        result: what the file is to hold, or the result of a query; empty for the answer itself.
    """
    name = named_output(turn.task.goal, turn.task.survey)
    able = any(tool.name == WRITES for tool in turn.tools) and not turn.last
    if not (name and able and answer.text):
        return answer
    text = as_file(name, result) if isinstance(result, ToolMessage) else result
    made = call(WRITES, path=name, text=text or answer.text)
    return go_on(made, partial=answer.text, answer=answer.text)


def as_file(name: str, result: ToolMessage) -> str:
    """Return rows in the form that the ending of a file's name asks for; else as they are shown."""
    data = result.artifact if isinstance(result.artifact, dict) else {}
    rows, ending = data.get("rows", []), name.rpartition(".")[2].lower()
    if rows and ending == "json":
        records = [dict(zip(data["columns"], row, strict=True)) for row in rows]
        return json.dumps(records, ensure_ascii=False, indent=1, default=str)
    if rows and ending in ("csv", "tsv"):
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t" if ending == "tsv" else ",", lineterminator="\n")
        writer.writerows([data["columns"], *rows])
        return text.getvalue()
    return result.text


def concluded(turn: Turn) -> AIMessage | None:
    """Return the answer whose file has been written; None where none was to be."""
    if not (turn.thoughts and turn.results and turn.results[-1].name == WRITES):
        return None
    said, result = str(turn.thoughts[-1].get("answer", "")), turn.results[-1]
    name = named_output(turn.task.goal, turn.task.survey)
    note = result.text if result.status == "error" else written_to(turn.task.goal, name)
    return AIMessage(f"{said}\n{note}")


__all__ = ["WRITES", "as_file", "conclude", "concluded", "written_to"]
