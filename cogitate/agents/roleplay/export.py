"""A data set from generated sessions: filters, a split by task, chat files and a card."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from cogitate.agents.roleplay.checks import ALIKE, alike
from cogitate.agents.roleplay.generate import SESSIONS, SETTINGS, rows_of
from cogitate.words import words

CARD = "README.md"
SEATS = ("assistant", "user")
TEST_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which sessions are fit for use."""

    turns: int = 3
    """Least turns: instructions that were answered."""
    message: int = 4_000
    """Most characters of a message."""
    session: int = 24_000
    """Most characters of a session."""


def refusal(row: dict[str, Any], filters: Filters, kept: Sequence[dict[str, Any]]) -> str:
    """Return why a session is left out, empty when it is fit."""
    texts = [message["content"] for message in row["messages"].values()]
    if row["termination"] != "done" or not row["solved"]:
        return "not done"
    if row["turns"] < filters.turns:
        return f"fewer than {filters.turns} turns"
    if row["counts"]["retries"]:
        return "a message was written anew"
    if any(alike(one, other) > ALIKE for one, other in combinations(row["solutions"], 2)):
        return "the same solution twice"
    if any(alike(_whole(row), _whole(other)) > ALIKE for other in kept):
        return "as another session"
    if max(map(len, texts)) > filters.message or sum(map(len, texts)) > filters.session:
        return "too long"
    return ""


def _whole(row: dict[str, Any]) -> str:
    return " ".join(row["solutions"])


def part_of(row: dict[str, Any]) -> str:
    """Return `train` or `test`: the same for all sessions of the same task."""
    task = " ".join(sorted(words(row["original_task"]))) or row["original_task"]
    number = int.from_bytes(hashlib.sha256(task.encode()).digest()[:4], "big")
    return "test" if number < TEST_SHARE * 2**32 else "train"


def export(out: Path, filters: Filters) -> dict[str, Any]:
    """Write the chat files and the card into `out`, anew; return what they hold."""
    rows = list({tuple(row["key"]): row for row in rows_of(out / SESSIONS)}.values())
    kept: list[dict[str, Any]] = []
    refused: Counter[str] = Counter()
    for row in sorted(rows, key=lambda row: row["key"]):
        why = refusal(row, filters, kept)
        if why:
            refused[why] += 1
        else:
            kept.append(row)
    parts = {part: [row for row in kept if part_of(row) == part] for part in ("train", "test")}
    for seat in SEATS:
        for part, chosen in parts.items():
            lines = [json.dumps(chat_row(row, seat), ensure_ascii=False) for row in chosen]
            path = out / f"{seat}.{part}.jsonl"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    found = {
        "sessions": len(rows),
        "kept": len(kept),
        "refused": dict(refused),
        "terminations": dict(Counter(str(row["termination"]) for row in rows)),
        "train": len(parts["train"]),
        "test": len(parts["test"]),
        "turns": round(sum(row["turns"] for row in rows) / max(len(rows), 1), 2),
        "flips": sum(row["counts"]["flips"] for row in rows),
    }
    (out / CARD).write_text(card(found, out, filters), encoding="utf-8")
    return found


def chat_row(row: dict[str, Any], seat: str) -> dict[str, Any]:
    """Return a session in chat format, as one seat sees it."""
    return {
        "id": row["id"],
        "messages": row["views"][seat],
        "task": row["specified_task"],
        "termination": row["termination"],
        "flips": row["counts"]["flips"],
        "models": row["models"],
        "seed": row["seed"],
        "licence": row["licence"],
    }


def card(found: dict[str, Any], out: Path, filters: Filters) -> str:
    """Return the data set's card."""
    path = out / SETTINGS
    settings = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def table(counts: dict[str, int]) -> str:
        return "\n".join(f"| {name} | {counts[name]} |" for name in sorted(counts))

    return f"""# Role-play sessions

Made by two roles of a language model that finish a task together, after CAMEL
(arXiv 2303.17760). Machine-made text: nobody has read it, and it may be wrong.

- model: {settings.get("model", "unknown")}, seed {settings.get("seed")}
- tools of the assistant: {", ".join(settings.get("tools", [])) or "none"}
- roles: {len(settings.get("assistants", []))} assistants, {len(settings.get("users", []))} users
- licence: {settings.get("licence", "unknown")}
- sessions: {found["sessions"]}, mean turns {found["turns"]}, role flips {found["flips"]}
- kept by the filters: {found["kept"]} ({found["train"]} train, {found["test"]} test; all sessions
  of a task are in the same part)

| ended by | sessions |
|---|---|
{table(found["terminations"])}

| left out because | sessions |
|---|---|
{table(found["refused"])}

Filters: ended by the done token with nothing open, at least {filters.turns} turns, no message
written anew, no solution twice, at most {filters.message} characters a message and
{filters.session} a session.

Files: `assistant.*.jsonl` and `user.*.jsonl` are in chat format, each as that seat saw the session;
`sessions.jsonl` has every session with its key (assistant, user, task).
"""
