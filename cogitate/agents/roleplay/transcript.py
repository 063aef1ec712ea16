"""A session on paper: Markdown for people, JSON for programs."""

import json
from pathlib import Path

from cogitate.agents.roleplay.scene import Talk
from cogitate.agents.roleplay.values import Message, Play

MARKDOWN, JSON = "transcript.md", "transcript.json"


def write_transcript(play: Play, folder: Path) -> list[str]:
    """Write both forms into `folder`, anew; return their paths."""
    markdown, data = folder / MARKDOWN, folder / JSON
    markdown.write_text(as_markdown(play), encoding="utf-8")
    text = json.dumps(play.as_dict(), ensure_ascii=False, indent=1)
    data.write_text(text + "\n", encoding="utf-8")
    return [str(markdown), str(data)]


def as_markdown(play: Play) -> str:
    """Return the session as Markdown."""
    lines = [
        f"# {play.user.name} and {play.assistant.name}",
        "",
        f"- Idea: {play.idea}",
        f"- Task: {play.task}",
        f"- Ended: {play.termination or play.result.stopped} ({play.why})",
        f"- Turns: {play.turns}, flips {play.counts.flips}, reminders {play.counts.reminders}, "
        f"promises {play.counts.flakes}",
    ]
    lines += [f"- Step {n}: {step}" for n, step in enumerate(play.plan, start=1)]
    for message in play.messages:
        lines += ["", f"## {message.turn}. {message.speaker} ({message.seat})", "", message.text]
        lines += _program(message)
    lines += ["", "## Summary", "", play.summary, ""]
    return "\n".join(lines)


def _program(message: Message) -> list[str]:
    if not message.code:
        return []
    language = "python" if message.tool == "python" else "json"
    state = "" if message.ok else " (failed)"
    return ["", f"By {message.tool}{state}:", "", f"```{language}", message.code, "```"]


def write_talk(talk: Talk, folder: Path) -> list[str]:
    """Write both forms of a scene into `folder`, anew; return their paths."""
    markdown, data = folder / MARKDOWN, folder / JSON
    markdown.write_text(talk_as_markdown(talk), encoding="utf-8")
    text = json.dumps(talk.as_dict(), ensure_ascii=False, indent=1)
    data.write_text(text + "\n", encoding="utf-8")
    return [str(markdown), str(data)]


def talk_as_markdown(talk: Talk) -> str:
    """Return a scene as Markdown."""
    lines = [f"# {talk.scene.topic}", ""]
    lines += [f"- {role.name}: {role.about}" for role in talk.scene.roles]
    lines += [f"- Ended: {talk.termination or talk.result.stopped} ({talk.why})"]
    for message in talk.messages:
        lines += ["", f"**{message.speaker}**: {message.text}"]
    lines += ["", "## Summary", "", talk.summary, ""]
    if talk.drift:
        lines += [
            "| role | messages | fit | margin | drift | answers |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {d.role} | {d.messages} | {d.fit} | {d.margin} | {d.drift} | {d.answers} |"
            for d in talk.drift
        ]
        lines.append("")
    return "\n".join(lines)
