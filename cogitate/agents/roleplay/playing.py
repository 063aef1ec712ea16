"""The body of a role-play: prepare, take turns until a rule ends it, sum up."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.agents.roleplay.asking import Models
from cogitate.agents.roleplay.assistant import OUTPUT_SHOWN, SOLUTION_TOKENS, solution_of
from cogitate.agents.roleplay.checks import ALIKE, alike, holds, names
from cogitate.agents.roleplay.doing import needs_tool
from cogitate.agents.roleplay.preparing import heads, planned, specified
from cogitate.agents.roleplay.prompts import OPENING_PROMPT, STEP_PROMPT, SUMMARY_PROMPT
from cogitate.agents.roleplay.session import Ended, Session
from cogitate.agents.roleplay.user import TURN_TOKENS, next_instruction, said_by_user
from cogitate.agents.roleplay.values import (
    DONE_TOKEN,
    STOPPED,
    Message,
    Seat,
    Termination,
)
from cogitate.agents.roleplay.view import FULL, RoleView, context_of
from cogitate.agents.stops import Halted
from cogitate.errors import ContextOverflow
from cogitate.memory.base import Memory
from cogitate.planners.grounding import unsupported_numbers
from cogitate.runs.context import current
from cogitate.runs.events import Planned
from cogitate.values import Step, StopReason

if TYPE_CHECKING:
    from cogitate.agents.roleplay.play import RolePlay

SUMMARY_TOKENS = 260
TWO_TURNS = 2
TWO_RESULTS = 2

STEP_EXAMPLE = [
    HumanMessage("Step: Compute the mean of 3, 5 and 10.\nResult: The mean is 6.0."),
    AIMessage("yes"),
    HumanMessage("Step: Write a poem about rain.\nResult: A poem about rain will be written."),
    AIMessage("no"),
    HumanMessage("Step: 列出三种水果。\nResult: 苹果、香蕉、橙子。"),
    AIMessage("yes"),
    HumanMessage("Step: Draw a bar chart of the ages.\nResult: The mean age is 42."),
    AIMessage("no"),
    HumanMessage("Step: 把价格换算成欧元。\nResult: 产品名称有三个：云舟、星河、远山。"),
    AIMessage("no"),
]


@dataclass(frozen=True, kw_only=True)
class Closed:
    """How a session ended."""

    session: Session
    termination: Termination | None
    stopped: StopReason
    why: str
    summary: str


async def play_out(play: "RolePlay", models: Models) -> Closed:
    """Return how a session ended, after playing it. Every end is an orderly one."""
    room = int(FULL * context_of(models.of["assistant"]) / 2)
    session = Session(
        play=play,
        models=models,
        user_view=RoleView("", room),
        assistant_view=RoleView("", room),
        task=play.task.strip(),
        tools=play.tools,
    )
    try:
        await _prepare(session)
        await _take_turns(session)
    except Ended as ended:
        stopped = STOPPED[ended.rule]
        unsolved = session.open or not _results(session)
        if ended.rule == "done" and unsolved and play.checks:
            stopped = "no_evidence"
        return await _close(session, ended.rule, stopped, ended.why)
    except Halted as halted:
        failed = halted.reason == "model_error"
        return await _close(session, "model_end" if failed else None, halted.reason, halted.why)
    raise AssertionError("a session ends by a rule or by the run")


async def _prepare(session: Session) -> None:
    play = session.play
    session.task = await specified(play, session.models)
    session.plan = await planned(play, session.models, session.task)
    if session.plan:
        steps = tuple(Step(way="roleplay", goal=step) for step in session.plan)
        current().emit(Planned(steps=steps, why=session.task))
    told = await heads(play, session.task, session.plan)
    session.user_view.head, session.assistant_view.head = told["user"], told["assistant"]
    session.user_view.hear(OPENING_PROMPT.format(assistant=session.assistant.name))


async def _take_turns(session: Session) -> None:
    """Play turn after turn; only `Ended` and `Halted` leave."""
    while True:
        # Steps that a resumed run is allowed on top are turns here.
        most = session.play.max_turns + int(current().raised.get("steps", 0))
        if session.turn >= most:
            current().stopping("steps")
            raise Ended("max_turns", f"the limit of {most} turns was reached")
        session.turn += 1
        current().turns += 1
        try:
            await _turn(session)
        except ContextOverflow as error:
            raise Ended("context", str(error)) from error
        except Halted as halted:
            if isinstance(halted.__cause__, ContextOverflow):
                raise Ended("context", halted.why) from halted
            raise


async def _turn(session: Session) -> None:
    _make_room(session, session.user_view, TURN_TOKENS)
    turn = await next_instruction(session)
    if turn is None:
        session.say(
            Message(turn=session.turn, seat="user", speaker=session.user.name, text=DONE_TOKEN)
        )
        raise Ended("done", "the user said that the task is done")
    session.say(said_by_user(session, turn))
    _watch_repeats(session, "user")
    _make_room(session, session.assistant_view, SOLUTION_TOKENS)
    message = await solution_of(session, turn)
    session.say(message)
    _watch_repeats(session, "assistant")
    session.user_view.hear(message.text)
    await _tick(session, message)


def _make_room(session: Session, view: RoleView, answer: int) -> None:
    if not view.fits(session.memo, answer):
        raise Ended("context", "the conversation does not fit the model's context any more")


def _watch_repeats(session: Session, seat: Seat) -> None:
    """End the session where a side says for the second time what it said two turns before."""
    if not session.play.checks:
        return
    own = [m for m in session.messages if m.seat == seat]
    text = own[-1].instruction or own[-1].text
    before = own[-1 - TWO_TURNS] if len(own) > TWO_TURNS else None
    same = before is not None and alike(text, before.instruction or before.text) > ALIKE
    session.repeats[seat] = session.repeats.get(seat, 0) + 1 if same else 0
    if session.repeats[seat] >= TWO_TURNS:
        raise Ended("closing", f"the {seat} says the same over and over")


async def _tick(session: Session, message: Message) -> None:
    """Tick off the open steps that the last result completes, in their order.

    That is the first of them, and what the instruction named besides: asked whether a result
    does a step that nobody asked for, a 1.5B said yes in 10 of 14 cases.
    """
    if session.memo[-1]["outcome"] != "done":
        return
    instruction, left = session.memo[-1]["instruction"], session.open
    for at, step in enumerate(session.plan):
        if at in session.ticked:
            continue
        if step != left[0] and not names(instruction, step, besides=left[0]):
            return
        if message.tool and message.ok and alike(step, instruction) > ALIKE:
            session.ticked.append(at)  # just this was asked for, and a tool gave it
            continue
        if not message.tool and await needs_tool(session, step):
            return  # what a tool must do is not done by saying so
        shown = f"Step: {step}\nResult: {message.text.partition(': ')[2][:OUTPUT_SHOWN]}"
        asked = [SystemMessage(STEP_PROMPT), *STEP_EXAMPLE, HumanMessage(shown)]
        odds = await session.models.choose("gate", asked, ["yes", "no"], "step?")
        if odds["yes"] <= odds["no"]:
            return
        session.ticked.append(at)


def _results(session: Session) -> list[str]:
    return [item["text"] for item in session.memo if item["outcome"] == "done"]


async def _close(
    session: Session, rule: Termination | None, stopped: StopReason, why: str
) -> Closed:
    summary = await _summary(session, may_ask=rule not in (None, "model_end", "context"))
    await _remember(session, summary)
    return Closed(session=session, termination=rule, stopped=stopped, why=why, summary=summary)


async def _summary(session: Session, *, may_ask: bool) -> str:
    """Return the solution in few words: the model's, when it holds what the session found."""
    answers = [m for m in session.messages if m.seat == "assistant"]
    each = (
        (item["instruction"], message.text.partition(": ")[2].strip())
        for message, item in zip(answers, session.memo, strict=False)
        if item["outcome"] == "done"
    )
    found = list(dict.fromkeys(each))
    results = [result for _, result in found]
    if len(found) < TWO_RESULTS:
        plain = "\n".join(results) or "Nothing was solved."
    else:
        plain = "\n\n".join(f"{instruction}\n{result}" for instruction, result in found)
    if not may_ask or (len(found) < TWO_RESULTS and len(plain) <= OUTPUT_SHOWN):
        return plain
    asked = SUMMARY_PROMPT.format(language=session.language)
    try:
        text = await session.models.complete(
            "assistant",
            session.assistant_view.shown(asked),
            purpose="summary",
            max_tokens=SUMMARY_TOKENS,
        )
    except (Halted, ContextOverflow):
        return plain
    whole = all(holds(text, result[:OUTPUT_SHOWN]) for result in results)
    return text if whole and not unsupported_numbers(text, session.sources()) else plain


async def _remember(session: Session, summary: str) -> None:
    if not _results(session):
        return
    text = f"{session.task} -> {summary}"[:1_000]
    for memory in (session.play.assistant_memory, session.play.user_memory):
        if memory is not None:
            await current().outcome("remember", {"text": text}, partial(_keep, memory, text))


async def _keep(memory: Memory, text: str) -> bool:
    await memory.remember(text)
    return True
