"""The critic: of several proposals for one message, which is sent. A model, or a person."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.agents.roleplay.asking import RAISED
from cogitate.agents.roleplay.person import ask_person
from cogitate.agents.roleplay.prompts import ASSISTANT_CRITERIA, CRITIC_PROMPT, USER_CRITERIA
from cogitate.agents.roleplay.session import Session, note
from cogitate.agents.roleplay.values import Seat

T = TypeVar("T")
CRITIC_SEES = 600
"""Characters of a proposal that the critic reads."""
HOW = "Write the number of the one to send, or another text in its place."


class Choice(BaseModel):
    """Which proposal is best, and why."""

    choice: int = Field(ge=1, le=9)
    why: str = Field(max_length=150)


async def best_of(
    session: Session,
    seat: Seat,
    make: Callable[[float | None, int], Awaitable[T]],
    text_of: Callable[[T], str],
    edited: Callable[[str], T],
) -> T:
    """Return the proposal that the critic chooses; the only one where there is no critic.

    Args:
        session: the session.
        seat: whose message it is.
        make: writes a proposal, at a temperature and with a seed; the first at the model's own.
        text_of: a proposal as text.
        edited: a person's own text as a proposal.
    """
    found = [await make(None, 0)]
    person = session.play.human == "critic"
    if not (session.play.critic or person):
        return found[0]
    for number in range(1, session.play.proposals):
        other = await make(RAISED, 100 * session.turn + number)
        if text_of(other) not in [text_of(one) for one in found]:
            found.append(other)
    shown = [f"{n}) {text_of(one)[:CRITIC_SEES]}" for n, one in enumerate(found, start=1)]
    if person:
        reply = await ask_person(f"Proposals of the {seat}:\n" + "\n".join([*shown, HOW]))
        if re.fullmatch(r"\d", reply) and 1 <= int(reply) <= len(found):
            return found[int(reply) - 1]
        return edited(reply)
    return found[0] if len(found) == 1 else found[await _chosen(session, seat, shown)]


async def _chosen(session: Session, seat: Seat, shown: Sequence[str]) -> int:
    """Return the index of the proposal that the critic's model takes; the first after nonsense."""
    user = seat == "user"
    head = CRITIC_PROMPT.format(
        task=session.task,
        speaker=(session.user if user else session.assistant).name,
        criteria=USER_CRITERIA if user else ASSISTANT_CRITERIA,
    )
    last = session.messages[-1].text[:CRITIC_SEES] if session.messages else ""
    asked = f"Before: {last}\n" if last else ""
    fallback = Choice(choice=1, why="")
    found = await session.models.decide(
        "critic",
        [SystemMessage(head), HumanMessage(asked + "\n".join(shown))],
        Choice,
        fallback=fallback,
        max_tokens=160,
    )
    if found is fallback or found.choice > len(shown):
        session.counts.fallbacks += 1
        note("the critic named no proposal; the first one is sent")
        return 0
    note(f"critic: {found.choice} of {len(shown)}. {found.why}")
    return found.choice - 1
