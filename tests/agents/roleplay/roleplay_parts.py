"""What the tests of role-play are made of: scripted roles, and the messages they send."""

from typing import Any

from langchain_core.messages import AIMessage

from cogitate import RolePlay, ScriptedModel
from cogitate.agents.roleplay import DONE_TOKEN, Play

DONE = {"type": "done", "instruction": "", "input": None}
NOTHING = {"type": "instruct", "instruction": "", "input": None}
BROKEN = AIMessage("")


def do(instruction: str, given: str | None = None) -> dict[str, Any]:
    return {"type": "instruct", "instruction": instruction, "input": given}


def solved(text: str) -> dict[str, str]:
    return {"status": "solution", "solution": text}


def cannot(text: str) -> dict[str, str]:
    return {"status": "cannot", "solution": text}


def pair(*replies: Any, **more: Any) -> tuple[RolePlay, ScriptedModel]:
    """Return a role-play whose roles say `replies`, in order, without a specifier."""
    model = ScriptedModel(replies=list(replies))
    given = {"specify": False, "task": "Name fruits and colours", **more}
    return RolePlay(assistant="Writer", user="Editor", model=model, **given), model


async def played(*replies: Any, **more: Any) -> Play:
    """Return what a scripted session came to; the whole script must have been used."""
    play, model = pair(*replies, **more)
    found = await play.arun()
    model.assert_finished()
    return found


__all__ = ["BROKEN", "DONE", "DONE_TOKEN", "NOTHING", "cannot", "do", "pair", "played", "solved"]
