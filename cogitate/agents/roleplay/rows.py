"""A session as a row of a data set, with both views in chat format."""

from dataclasses import asdict
from typing import Any

from cogitate.agents.roleplay.prompts import OPENING_PROMPT
from cogitate.agents.roleplay.values import Play

Key = tuple[int, int, int]
"""Indices of the assistant, the user and the task."""


def row_of(key: Key, play: Play, licence: str) -> dict[str, Any]:
    """Return a session as a row of the data set, with both views in chat format."""
    return {
        "key": list(key),
        "id": "_".join(f"{part:03d}" for part in key),
        "run": play.result.run_id,
        "assistant": play.assistant.name,
        "user": play.user.name,
        "original_task": play.idea,
        "specified_task": play.task,
        "plan": list(play.plan),
        "termination": play.termination,
        "stopped": play.result.stopped,
        "solved": play.solved,
        "why": play.why,
        "turns": sum(message.seat == "assistant" for message in play.messages),
        "num_messages": len(play.messages),
        "counts": asdict(play.counts),
        "messages": {
            f"message_{n}": {"role": m.seat, "name": m.speaker, "content": m.text}
            for n, m in enumerate(play.messages, start=1)
        },
        "solutions": [m.solution for m in play.messages if m.seat == "assistant"],
        "summary": play.summary,
        "views": {"assistant": chat_view(play, "assistant"), "user": chat_view(play, "user")},
        "models": play.models,
        "seed": play.seed,
        "licence": licence,
    }


def chat_view(play: Play, seat: str) -> list[dict[str, str]]:
    """Return a session as one seat sees it: its own messages are the assistant's."""
    view = [{"role": "system", "content": play.heads.get(seat, "")}]
    if seat == "user":
        opening = OPENING_PROMPT.format(assistant=play.assistant.name)
        view.append({"role": "user", "content": opening})
    for message in play.messages:
        if seat == "assistant" and message.seat == "user" and not message.instruction:
            continue  # the done token goes to nobody
        role = "assistant" if message.seat == seat else "user"
        view.append({"role": role, "content": message.text})
    return view
