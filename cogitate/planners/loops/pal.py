"""pal: the answer is what a program printed (PAL, Gao et al. 2022; Program of Thoughts, Chen 2022).

One program by default; several side by side vote. A program that fails is shown its error and
written again, until the same error comes twice. What distinguishes it from `compute`, with
which it shares the prompt and the reading of programs: no sentence is put around the output,
and where no program runs, the next way (a chain of thought) is told so: `no_program`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from cogitate.llm.decide import complete, complete_each
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.ways.compute import FENCE, PROGRAM_TOKENS, fault_of, head_of, text_of
from cogitate.planners.ways.programs import with_imports
from cogitate.planners.ways.votes import Try, ballot, ranked, rounds_of, tries_of

HEAT = 0.4
"""Temperature of the programs that vote, the first apart, which is the likeliest."""
HOTTER = 0.3
"""What each repair adds: at the same temperature the same program comes back."""
NO_PROGRAM = "no_program: {why}"

_PLACE = re.compile(r"line \d+[^\n]*:\n\s*([^\n]*)\n")


@dataclass(frozen=True, kw_only=True)
class Pal:
    """The way of one program and its repairs, or of a vote among several."""

    programs: int = 1
    """How many are written side by side in each attempt; the output of most is the answer."""
    attempts: int = 3
    """Most times that programs are written."""

    async def __call__(self, turn: Turn) -> AIMessage:
        """Return the output of the best program, or the calls of the next ones."""
        if not any(tool.name == "python" for tool in turn.tools):
            return no_evidence(NO_PROGRAM.format(why="there is no python tool"))
        tries = tries_of(turn, "code")
        faults = [fault_of(turn, t) for t in tries]
        sound = [t for t, (fault, _) in zip(tries, faults, strict=True) if not fault]
        if sound:
            return AIMessage(text_of(ranked(sound, text_of)[0][0]))
        attempts = rounds_of(turn)
        if turn.last or attempts >= self.attempts or _stuck(turn, tries, faults):
            why = faults[-1][0] if faults else "no program was run"
            return no_evidence(NO_PROGRAM.format(why=" ".join(why.split())[:200]))
        codes = await self._written(turn, _shown(turn, tries, faults), attempts)
        move = ballot("python", "code", [with_imports(code) for code in codes], tries)
        return move if move.tool_calls else no_evidence(NO_PROGRAM.format(why="none was written"))

    async def _written(self, turn: Turn, shown: list[BaseMessage], attempt: int) -> list[str]:
        """Return the programs of one attempt."""
        form: dict[str, Any] = {"purpose": "program", "opening": FENCE, "stop": ["```"]}
        if not isinstance(turn.model, ChatLlama):
            return [await complete(turn.model, shown, **form) for _ in range(self.programs)]
        heats = [HOTTER * attempt + (HEAT if number else 0.0) for number in range(self.programs)]
        form |= {"max_tokens": PROGRAM_TOKENS, "seed": attempt}
        if self.programs == 1:
            return [await complete(turn.model, shown, temperature=heats[0], **form)]
        return await complete_each(turn.model, shown, temperatures=heats, **form)


def _shown(
    turn: Turn, tries: Sequence[Try], faults: Sequence[tuple[str, str]]
) -> list[BaseMessage]:
    """Return the prompt: the question, and the last program with what was wrong with it."""
    shown = head_of(turn)
    if tries:
        shown.append(AIMessage(f"{FENCE}{tries[-1].written.strip()}\n```"))
        shown.append(HumanMessage(faults[-1][1]))
    return shown


def _stuck(turn: Turn, tries: Sequence[Try], faults: Sequence[tuple[str, str]]) -> bool:
    """Return whether the last attempt failed just as the one before it."""
    calls = [m for m in turn.messages if isinstance(m, AIMessage) and m.tool_calls]
    if len(calls) < 2:
        return False
    signatures = []
    for move in calls[-2:]:
        ids = {made["id"] for made in move.tool_calls}
        pairs = zip(tries, faults, strict=True)
        signatures.append(
            {_signature(t, f) for t, (f, _) in pairs if t.message.tool_call_id in ids}
        )
    return signatures[0] == signatures[1]


def _signature(one: Try, fault: str) -> str:
    """Return what an error is known by: its type and the text of its line, or what is wrong."""
    artifact = one.message.artifact
    kind = artifact.get("error_type", "") if isinstance(artifact, dict) else ""
    places = _PLACE.findall(one.message.text)
    return f"{kind} at {places[-1].strip()}" if kind and places else fault


pal = Pal()
