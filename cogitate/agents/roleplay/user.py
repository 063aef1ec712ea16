"""The user's seat: one instruction a message, or that the task is done.

Each message is checked before the assistant sees it; what breaks a rule is written anew with a
word on what was wrong, as often as the rule allows, and then the session ends.
"""

import json
from collections import Counter
from typing import Literal

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.agents.roleplay.asking import RAISED
from cogitate.agents.roleplay.checks import (
    ALIKE,
    alike,
    gives_instruction,
    is_done_word,
    is_token,
    only_thanks,
    parrots,
    solves,
    speaks_as,
)
from cogitate.agents.roleplay.critic import best_of
from cogitate.agents.roleplay.person import ask_person
from cogitate.agents.roleplay.prompts import (
    ANOTHER_PROMPT,
    FINISHED_PROMPT,
    LANGUAGE_PROMPT,
    NOT_DONE_PROMPT,
    ONE_INSTRUCTION_PROMPT,
    TOKEN_PROMPT,
    USER_PROMPT,
    USER_TURN_PROMPT,
    YOUR_PART_USER_PROMPT,
)
from cogitate.agents.roleplay.session import CHINESE, Ended, Session, note
from cogitate.agents.roleplay.values import DONE_TOKEN, Message
from cogitate.agents.roleplay.view import memo_text
from cogitate.llm.llama import ChatLlama
from cogitate.words import CJK_CHARACTER

REMINDERS = 2
FINISHED_ODDS = 0.6
"""Log-odds above which a task is taken to be finished: of 14 hand-made cases (1.5B) 12 right."""
TURN_TOKENS = 700
NONE = frozenset(("", "none", "null", "n/a", "no input", "无", "没有"))
Fault = Literal["", "nothing", "thanks", "flip", "early", "token", "language", "again"]


FINISHED_EXAMPLE = [
    HumanMessage(
        "Task: Compute the mean of 3, 5 and 10 and write a sentence about it.\n"
        "Done:\n- Compute the mean of 3, 5 and 10. -> The mean is 6.0."
    ),
    AIMessage("no"),
    HumanMessage(
        "Task: Compute the mean of 3, 5 and 10 and write a sentence about it.\n"
        "Done:\n- Compute the mean of 3, 5 and 10. -> The mean is 6.0.\n"
        "- Write a sentence about it. -> On average the numbers are 6."
    ),
    AIMessage("yes"),
    HumanMessage(
        "Task: 写一首关于雨的短诗，并翻译成英文。\nDone:\n- 写短诗 -> 雨落屋檐，夜深人静。"
    ),
    AIMessage("no"),
    HumanMessage("Task: 计算1到100的和。\nDone:\n- 计算1到100的和 -> 和是5050。"),
    AIMessage("yes"),
    HumanMessage(
        "Task: Plan a party: a guest list, a menu and a budget.\n"
        "Done:\n- Write the guest list. -> Ann, Bo, Cy.\n- Write the menu. -> soup, pasta, cake."
    ),
    AIMessage("no"),
    HumanMessage("Task: Write a haiku about rain.\nDone:\n- Write it. -> Soft rain on the roof"),
    AIMessage("yes"),
]


class UserTurn(BaseModel):
    """The user's next message."""

    type: Literal["instruct", "done"]
    instruction: str = Field(max_length=300)
    input: str | None = Field(default=None, max_length=600)


async def next_instruction(session: Session) -> UserTurn | None:
    """Return the user's next instruction; None when the user ends the session.

    Raises:
        Ended: a rule ends it.
    """
    tried: Counter[str] = Counter()
    hint = ""
    while True:
        asked = _asked(session, hint)
        turn = await _proposed(session, asked, anew=sum(tried.values()))
        turn = _token_alone(turn)
        fault = _fault(session, turn, tried) if session.play.checks else ""
        if fault == "again" and await _finished(session, least=0.0):
            turn, fault = UserTurn(type="done", instruction=""), ""  # nothing more comes to mind
        if fault:
            tried[fault] += 1
            hint = _reacted(session, fault, tried)
            continue
        session.user_view.keep(asked, json.dumps(turn.model_dump(), ensure_ascii=False))
        if turn.type == "done":
            return None
        session.thanks = 0
        return _clean(turn)


def said_by_user(session: Session, turn: UserTurn) -> Message:
    """Return the message that the assistant reads."""
    text = f"INSTRUCTION: {turn.instruction}\nINPUT: {turn.input or 'none'}"
    return Message(
        turn=session.turn,
        seat="user",
        speaker=session.user.name,
        text=text,
        instruction=turn.instruction,
        input=turn.input or "",
    )


def _asked(session: Session, hint: str) -> str:
    asked = USER_TURN_PROMPT.format(
        state=_state(session),
        user=session.user.name,
        task=session.task,
        language=session.language,
    )
    return f"{asked}\n{hint}" if hint else asked


def _state(session: Session) -> str:
    """Return in a sentence how far the work is."""
    if session.plan:
        steps = [f"{n}. {step}" for n, step in enumerate(session.plan, start=1)]
        done = ", ".join(str(at + 1) for at in session.ticked) or "none"
        left = "; ".join(s for at, s in enumerate(steps) if at not in session.ticked)
        return f"Steps finished: {done}. Steps open: {left or 'none, so it is done'}."
    finished = sum(item["outcome"] == "done" for item in session.memo)
    return f"Instructions carried out so far: {finished}." if finished else "Nothing is done yet."


async def _proposed(session: Session, asked: str, anew: int) -> UserTurn:
    if session.play.human == "user":
        return await _from_person(session)
    if not anew and await _finished(session):
        return UserTurn(type="done", instruction="")
    shown = session.user_view.shown(asked)

    async def make(heat: float | None, seed: int) -> UserTurn:
        warm = {"temperature": RAISED, "seed": 10 * session.turn + anew} if anew else {}
        if heat is not None:
            warm = {"temperature": heat, "seed": seed}
        return await session.models.decide("user", shown, UserTurn, max_tokens=TURN_TOKENS, **warm)

    return await best_of(session, "user", make, _as_text, _from_text)


async def _finished(session: Session, least: float = FINISHED_ODDS) -> bool:
    """Return whether a small model takes the task to be finished.

    Asked to write its next message it always wrote one more instruction (a 1.5B, measured), so
    that it is asked this first, in one forward pass, after worked examples.
    """
    model = session.models.of["user"]
    done = [item for item in session.memo if item["outcome"] == "done"]
    if not (session.play.checks and done and isinstance(model, ChatLlama)):
        return False
    if session.plan:
        return not session.open
    asked = f"Task: {session.task}\nDone:\n{memo_text(done)}"
    shown = [SystemMessage(FINISHED_PROMPT), *FINISHED_EXAMPLE, HumanMessage(asked)]
    odds = await session.models.choose("gate", shown, ["yes", "no"], "finished?")
    return odds["yes"] - odds["no"] > least


async def _from_person(session: Session) -> UserTurn:
    last = session.messages[-1].text if session.messages else f"Task: {session.task}"
    how = f"You are {session.user.name}: your next instruction, or `done`."
    return _from_text(await ask_person(f"{last}\n{how}"))


def _as_text(turn: UserTurn) -> str:
    if turn.type == "done":
        return DONE_TOKEN
    return f"{turn.instruction} (input: {turn.input})" if turn.input else turn.instruction


def _from_text(text: str) -> UserTurn:
    """Return a person's words as a message: `done` or the token alone end the session."""
    if is_token(text) or is_done_word(text):
        return UserTurn(type="done", instruction="")
    head, _, given = text.partition("INPUT:")
    head = head.strip().removeprefix("INSTRUCTION:").strip()
    return UserTurn(type="instruct", instruction=head[:300], input=given.strip()[:600] or None)


def _token_alone(turn: UserTurn) -> UserTurn:
    text = turn.instruction
    if turn.type == "instruct" and (is_token(text) or is_done_word(text)):
        return UserTurn(type="done", instruction="")
    return turn


def _clean(turn: UserTurn) -> UserTurn:
    """Return an instruction without the token and without an input that says there is none."""
    text = " ".join(turn.instruction.replace(DONE_TOKEN, " ").split())
    given = (turn.input or "").strip()
    return UserTurn(
        type="instruct", instruction=text, input=None if given.lower() in NONE else given
    )


def _fault(session: Session, turn: UserTurn, tried: Counter[str]) -> Fault:
    """Return which rule a message breaks, the first in this order."""
    text, person = turn.instruction, session.play.human == "user"
    if turn.type == "done":
        return "early" if not person and _is_early(session) else ""
    if only_thanks(text):
        return "thanks"
    if not gives_instruction(text) or parrots(text, _prompts(session)):
        return "nothing"
    if person:
        return ""
    if solves(text) or _is_solution(turn.input or "") or speaks_as(text, session.assistant.name):
        return "flip"
    fault = _blemish(session, turn)
    return "" if tried[fault] else fault


def _blemish(session: Session, turn: UserTurn) -> Fault:
    """Return what is worth one more try, and no more than one."""
    if DONE_TOKEN in turn.instruction:
        return "token"
    if session.language == CHINESE and not CJK_CHARACTER.search(turn.instruction):
        return "language"
    return "again" if _is_asked_before(session, turn) else ""


def _prompts(session: Session) -> str:
    """Return what the user is told in each session alike, without the task."""
    names = {"user": session.user.name, "language": session.language}
    return USER_PROMPT + USER_TURN_PROMPT.format(state="", task="", **names)


def _is_solution(given: str) -> bool:
    """Return whether an input carries a labelled solution; code may well be an input."""
    return "```" not in given and solves(given)


def _is_early(session: Session) -> bool:
    """Return whether work is open; an end is turned down for that once in a session."""
    worked = any(item["outcome"] == "done" for item in session.memo)
    return session.counts.early == 0 and (not worked or bool(session.open))


def _is_asked_before(session: Session, turn: UserTurn) -> bool:
    return any(alike(turn.instruction, item["instruction"]) > ALIKE for item in session.memo)


def _reacted(session: Session, fault: Fault, tried: Counter[str]) -> str:
    """Return what the user is told, after counting; the rule may end the session here."""
    session.counts.retries += 1
    note(f"the user's message was turned down: {fault}")
    match fault:
        case "nothing":
            session.counts.reminders += 1
            if tried["nothing"] > REMINDERS:
                raise Ended("no_instruction", f"no instruction after {REMINDERS} reminders")
            return ONE_INSTRUCTION_PROMPT
        case "thanks":
            thanked(session)
            return ONE_INSTRUCTION_PROMPT
        case "flip":
            session.counts.flips += 1
            if tried["flip"] > 1:
                raise Ended("role_flip", "the user did the assistant's work, twice")
            return YOUR_PART_USER_PROMPT
        case "early":
            session.counts.early += 1
            return NOT_DONE_PROMPT.format(open="; ".join(session.open) or "nothing was done yet")
        case "token":
            return TOKEN_PROMPT
        case "language":
            return LANGUAGE_PROMPT.format(language=session.language)
    return ANOTHER_PROMPT


def thanked(session: Session) -> None:
    """Count a message that is thanks alone; the second one in a row ends the session."""
    session.thanks += 1
    if session.thanks >= 2:
        raise Ended("closing", "only thanks were exchanged")
