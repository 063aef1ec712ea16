"""The assistant's seat: a tool where one helps, then the result itself, or why it cannot be."""

import json
from typing import Literal

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.agents.roleplay.asking import RAISED
from cogitate.agents.roleplay.checks import (
    ALIKE,
    alike,
    asks_for_program,
    commands,
    is_unclear,
    only_thanks,
    promises,
    speaks_as,
)
from cogitate.agents.roleplay.critic import best_of
from cogitate.agents.roleplay.doing import FENCE, PYTHON, Used, use_tool
from cogitate.agents.roleplay.person import ask_person
from cogitate.agents.roleplay.prompts import (
    ASSISTANT_TURN_PROMPT,
    CANNOT_PROMPT,
    INPUT_PROMPT,
    PROMISE_PROMPT,
    ROLE_OK_PROMPT,
    SAME_PROMPT,
    YOUR_PART_ASSISTANT_PROMPT,
)
from cogitate.agents.roleplay.session import Ended, Session, note
from cogitate.agents.roleplay.user import UserTurn, thanked
from cogitate.agents.roleplay.values import Item, Message, Outcome
from cogitate.planners.grounding import unsupported_numbers
from cogitate.words import words

SOLUTION_TOKENS = 1_000
OUTPUT_SHOWN = 600
"""Characters of a tool's output that the partner reads."""
MEMO_LINE = 200
SENTENCE = 3
"""Words from which an answer that was given before is a repetition."""
FAILED = "no tool could do it: {error}"
LABELS = {"solution": "SOLUTION", "cannot": "CANNOT"}


class AssistantTurn(BaseModel):
    """The assistant's message."""

    status: Literal["solution", "cannot"]
    solution: str = Field(max_length=900)


class RoleOk(BaseModel):
    """Whether a message keeps to its role."""

    role_ok: bool


async def solution_of(session: Session, turn: UserTurn) -> Message:
    """Return the assistant's message on one instruction, and put it into the memo.

    Raises:
        Ended: a rule ends the session.
    """
    view = session.assistant_view
    view.hear(session.messages[-1].text)
    if session.play.human == "assistant":
        answer, used = _from_text(await ask_person(_question(session))), None
        view.keep("", json.dumps(answer.model_dump(), ensure_ascii=False))
        flaked = False
    else:
        used = await use_tool(session, turn)
        answer, flaked = await _sound(session, turn, used)
        answer = answer if used is None else _supported(session, answer, used)
    message = _message(session, answer, used, turn)
    outcome: Outcome = "cannot" if answer.status == "cannot" else "promise" if flaked else "done"
    said = " ".join(message.text.partition(": ")[2].split())[:MEMO_LINE]
    session.memo.append(Item(instruction=turn.instruction, outcome=outcome, text=said))
    return message


async def _sound(session: Session, turn: UserTurn, used: Used | None) -> tuple[AssistantTurn, bool]:
    """Return an answer that keeps to the role, and whether it is still an empty promise."""
    hint, flips, flakes, empty, anew = "", 0, 0, 0, 0
    refused: AssistantTurn | None = None
    while True:
        asked = _asked(session, turn, hint)
        answer = await _proposed(session, asked, anew)
        text, anew = answer.solution, anew + 1
        if not text.strip():
            empty += 1
            if empty > 1:
                raise Ended("model_end", "the assistant's model wrote nothing, twice")
        elif session.play.checks and await _flips(session, text):
            flips += 1
            session.counts.flips += 1
            if flips > 1:
                raise Ended("role_flip", "the assistant gave instructions, twice")
            hint = YOUR_PART_ASSISTANT_PROMPT
        elif session.play.checks and not flakes and (hint := _doubt(session, answer, turn, used)):
            flakes += 1
            refused = answer if answer.status == "cannot" else None
        else:
            break
        session.counts.retries += 1
        note(f"the assistant's message was turned down: {hint or 'it was empty'}")
    if refused is not None and unsupported_numbers(answer.solution, session.sources()):
        answer = refused  # pressed for a result, it made the figures up
    if session.play.checks and only_thanks(text):
        thanked(session)
    flaked = session.play.checks and _flake(session, answer, turn, used) != ""
    session.counts.flakes += flaked
    session.assistant_view.keep(asked, json.dumps(answer.model_dump(), ensure_ascii=False))
    return answer, flaked


def _asked(session: Session, turn: UserTurn, hint: str) -> str:
    asked = ASSISTANT_TURN_PROMPT.format(
        assistant=session.assistant.name,
        user=session.user.name,
        instruction=turn.instruction,
        language=session.language,
    )
    return f"{asked}\n{hint}" if hint else asked


async def _proposed(session: Session, asked: str, anew: int) -> AssistantTurn:
    shown = session.assistant_view.shown(asked)

    async def make(heat: float | None, seed: int) -> AssistantTurn:
        warm = {"temperature": RAISED, "seed": 10 * session.turn + anew} if anew else {}
        if heat is not None:
            warm = {"temperature": heat, "seed": seed}
        return await session.models.decide(
            "assistant", shown, AssistantTurn, max_tokens=SOLUTION_TOKENS, **warm
        )

    return await best_of(session, "assistant", make, lambda turn: turn.solution, _from_text)


def _question(session: Session) -> str:
    how = f"You are {session.assistant.name}: your solution, or `cannot` and why."
    return f"{session.messages[-1].text}\n{how}"


def _from_text(text: str) -> AssistantTurn:
    """Return a person's words as an answer."""
    if text.lower().startswith("cannot"):
        return AssistantTurn(status="cannot", solution=text[6:].lstrip(" :,")[:900] or text)
    return AssistantTurn(status="solution", solution=text.removeprefix("SOLUTION:").strip()[:900])


async def _flips(session: Session, text: str) -> bool:
    """Return whether the assistant instructs: by code, and by a model where code cannot tell."""
    if commands(text) or speaks_as(text, session.user.name):
        return True
    if not is_unclear(text):
        return False
    names = {"assistant": session.assistant.name, "user": session.user.name}
    found = await session.models.decide(
        "gate",
        [SystemMessage(ROLE_OK_PROMPT.format(**names)), HumanMessage(text)],
        RoleOk,
        purpose="role",
        fallback=RoleOk(role_ok=True),
        max_tokens=20,
    )
    return not found.role_ok


def _doubt(session: Session, answer: AssistantTurn, turn: UserTurn, used: Used | None) -> str:
    """Return what to say of an answer that is worth a second try; empty for one that stands.

    Whether a thing really cannot be done in words is asked once more: a 1.5B said so of four
    instructions in its recorded sessions, and was wrong each time.
    """
    if answer.status == "cannot":
        return CANNOT_PROMPT if used is None else ""
    return _flake(session, answer, turn, used)


def _flake(session: Session, answer: AssistantTurn, turn: UserTurn, used: Used | None) -> str:
    """Return what to say of an answer without a result of its own; empty for one with it."""
    if answer.status != "solution":
        return ""
    if used is not None and used.ok:
        return ""  # what a tool has just given is a result, also when it was given before
    if promises(answer.solution, turn.instruction):
        return PROMISE_PROMPT
    if turn.input and alike(answer.solution, turn.input) > ALIKE:
        return INPUT_PROMPT
    if len(words(answer.solution)) < SENTENCE:
        return ""  # a figure, or a yes, may well answer two instructions
    said = [message.solution for message in session.messages if message.status == "solution"]
    return SAME_PROMPT if any(alike(one, answer.solution) > ALIKE for one in said) else ""


def _supported(session: Session, answer: AssistantTurn, used: Used) -> AssistantTurn:
    """Return an answer without numbers from nowhere: else the tool's own words stand."""
    sources = [*session.sources(), used.output if used.ok else ""]
    if not unsupported_numbers(answer.solution, sources):
        return answer
    if not used.ok:
        return AssistantTurn(status="cannot", solution=FAILED.format(error=used.output[-300:]))
    note("the assistant's numbers are not in the tool's output, which is given instead")
    return AssistantTurn(status="solution", solution=used.output[:OUTPUT_SHOWN])


def _with_output(said: str, used: Used, *, whole: bool) -> str:
    """Return an answer with what the tool gave, and with the program where that is `whole`."""
    output = used.output.strip()
    shown = output[:OUTPUT_SHOWN]
    if said in shown:
        said = shown  # the answer is a part of it
    elif output not in said:
        said += f"\nOutput of {used.tool}:\n{shown}"
    return f"{said}\n{FENCE}{used.code.strip()}\n```" if whole and used.tool == PYTHON else said


def _message(session: Session, answer: AssistantTurn, used: Used | None, turn: UserTurn) -> Message:
    said = answer.solution.strip()
    if used is not None and used.ok and answer.status == "solution":
        said = _with_output(said, used, whole=asks_for_program(turn.instruction))
    text = f"{LABELS[answer.status]}: {said}"
    return Message(
        turn=session.turn,
        seat="assistant",
        speaker=session.assistant.name,
        text=text,
        status=answer.status,
        solution=answer.solution.strip(),
        tool=used.tool if used else "",
        code=used.code if used else "",
        output=used.output if used else "",
        ok=used.ok if used else True,
    )
