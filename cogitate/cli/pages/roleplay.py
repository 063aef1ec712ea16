"""The transcript of a role-play, or of a scene of several roles, as a page.

What this module does not know: how a role-play is run, and how the page looks.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cogitate.agents.roleplay.values import DONE_TOKEN
from cogitate.cli.pages.contract import (
    Ending,
    Fact,
    Language,
    MemoItem,
    PlayMessage,
    PlayRole,
    RoleplayPage,
    Table,
)
from cogitate.errors import SetupError
from cogitate.words import CJK_CHARACTER

COUNTS = ("flips", "reminders", "flakes", "retries", "fallbacks", "early")
COST = ("read", "reused", "written", "calls")
DRIFT = ("messages", "fit", "margin", "drift", "answers")
SEATS = ("user", "assistant")
_OUTPUT = re.compile(r"\s*\bOutput of \w+:\s|(?<=\S)\s+```python\s")
Data = dict[str, Any]


def roleplay_page(path: Path) -> RoleplayPage:
    """Return the page of the transcript at `path`, as JSON.

    Raises:
        SetupError: it is no transcript of a role-play.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return _scene(told) if "scene" in told else _play(told)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise SetupError(
            f"{str(path)!r} is no transcript of a role-play ({type(error).__name__}: {error}); "
            "`cogitate roleplay` writes one as transcript.json"
        ) from error


def _play(play: Data) -> RoleplayPage:
    """Return the page of a user and an assistant."""
    models = play.get("models", {})
    roles = [_role(play[seat], seat, models.get(seat) or models.get("model", "")) for seat in SEATS]
    roles += _others(play["messages"], roles)
    messages = [_message(each, roles) for each in play["messages"]]
    counts: list[Fact] = [("turns", play["turns"])]
    counts += [(key, play["counts"][key]) for key in COUNTS if play["counts"].get(key)]
    costs = [[name, *(cost[key] for key in COST)] for name, cost in play["costs"].items()]
    page = _page(play["task"], roles, messages, _ending(play, solved=play["solved"]))
    about = (("idea", play["idea"]), ("seed", play.get("seed")))
    page["about"] = [(key, value) for key, value in about if value not in (None, "", play["task"])]
    page["plan"], page["open"] = list(play["plan"]), list(play["open"])
    page["memo"] = _memo(play["memo"], messages)
    page["summary"], page["counts"] = play["summary"], counts
    page["tables"] = [_table("tokens", ("role", *COST), costs)] if costs else []
    page["heads"] = list(play["heads"].items())
    return page


def _scene(talk: Data) -> RoleplayPage:
    """Return the page of several roles."""
    scene = talk["scene"]
    roles = [_role(role, "", "") for role in scene["roles"]]
    roles += _others(talk["messages"], roles)
    messages = [_message(each, roles) for each in talk["messages"]]
    page = _page(scene["topic"], roles, messages, _ending(talk, solved=None))
    page["about"] = [("order", scene["order"])]
    page["summary"] = talk["summary"]
    page["counts"] = [("messages", len(messages))]
    drift = [[each["role"], *(_shown(each[key]) for key in DRIFT)] for each in talk["drift"]]
    page["tables"] = [_table("drift", ("role", *DRIFT), drift)] if drift else []
    page["heads"] = list(talk["answers"].items())
    return page


def _page(
    title: str, roles: list[PlayRole], messages: list[PlayMessage], ending: Ending
) -> RoleplayPage:
    return {
        "kind": "roleplay",
        "language": _language(title),
        "title": title,
        "about": [],
        "roles": roles,
        "plan": [],
        "open": [],
        "messages": messages,
        "memo": [],
        "ending": ending,
        "summary": "",
        "counts": [],
        "tables": [],
        "heads": [],
    }


def _table(title: str, head: Sequence[str], rows: list[list[Any]]) -> Table:
    return {"title": title, "head": list(head), "rows": rows}


def _shown(value: float | None) -> float | str:
    return "-" if value is None else value


def _role(role: Data, seat: str, model: str) -> PlayRole:
    about = " ".join(
        part for part in (role["persona"], ", ".join(role["traits"]), role["style"]) if part
    )
    return {"name": role["name"], "seat": seat, "about": about, "model": model}


def _others(messages: list[Data], roles: list[PlayRole]) -> list[PlayRole]:
    """Return who speaks without being one of the roles, such as a critic, once each."""
    known = {role["name"] for role in roles}
    seats = {each["speaker"]: each["seat"] for each in messages if each["speaker"] not in known}
    return [{"name": name, "seat": seat, "about": "", "model": ""} for name, seat in seats.items()]


def _message(said: Data, roles: list[PlayRole]) -> PlayMessage:
    """Return a message in the column of its role; two roles of one name are told by their seats."""
    named = [at for at, role in enumerate(roles) if role["name"] == said["speaker"]]
    seated = [at for at in named if roles[at]["seat"] == said["seat"]]
    message: PlayMessage = {
        "turn": said["turn"],
        "role": (seated or named)[0],
        "seat": said["seat"],
        "text": said.get("solution") or _bare(said["text"]),
        "instruction": said["instruction"],
        "input": said["input"],
        "status": said["status"] or _said_by_user(said),
    }
    if said["tool"]:
        message["tools"] = [
            {
                "name": said["tool"],
                "code": said["code"],
                "output": said["output"],
                "ok": said["ok"],
            }
        ]
    return message


def _said_by_user(said: Data) -> str:
    if said["text"] == DONE_TOKEN:
        return "done"
    return "instruct" if said["instruction"] else ""


def _bare(text: str) -> str:
    """Return a message without what the page shows beside it: its label, and a tool's output."""
    text = _OUTPUT.split(text)[0].rstrip()
    for label in ("SOLUTION:", "CANNOT:"):
        if text.startswith(label):
            return text.removeprefix(label).strip()
    return text


def _memo(memo: list[Data], messages: list[PlayMessage]) -> list[MemoItem]:
    """Return the memo, each item with the answer after which it is known."""
    answers = [at for at, each in enumerate(messages) if each["seat"] == "assistant"]
    last = len(messages) - 1
    return [
        {
            "after": answers[at] if at < len(answers) else last,
            "instruction": item["instruction"],
            "outcome": item["outcome"],
            "text": _bare(item["text"]),
        }
        for at, item in enumerate(memo)
    ]


def _ending(told: Data, *, solved: bool | None) -> Ending:
    return {
        "rule": told["termination"] or "",
        "stopped": told["result"]["stopped"],
        "why": told["why"],
        "solved": solved,
    }


def _language(text: str) -> Language:
    return "zh" if 4 * len(CJK_CHARACTER.findall(text)) > len(text) else "en"
