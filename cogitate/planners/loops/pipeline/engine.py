"""How a pipeline is carried out, turn by turn: what can run runs side by side, the rest waits.

It keeps no state: how the pipeline stands is read from the turn's messages, so a run that is
taken up again after a crash repeats no finished node. A node that fails is tried once more;
then it is left out, or ends the pipeline, as it says itself.
"""

import asyncio
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.errors import ModelError
from cogitate.llm.decide import choose
from cogitate.planners.base import Turn, go_on, hand_on
from cogitate.planners.loops.pipeline.mending import mended
from cogitate.planners.loops.pipeline.modules import HANDED, MODULES, expert_for, run_module
from cogitate.planners.loops.pipeline.nodes import (
    Node,
    Signature,
    filled,
    leaks,
    ready,
    references,
    without_references,
)
from cogitate.planners.loops.pipeline.reading import NotRead, as_kind, field_of, inside, plain
from cogitate.planners.loops.pipeline.standing import (
    Policy,
    Standing,
    asked_of,
    facts,
    preview,
    show,
    standing,
)
from cogitate.planners.loops.plan.restate import restated

PASSING = re.compile(r"did not finish|time|connect|network|unavailable|again", re.IGNORECASE)
"""Errors that may pass by themselves: the same call is tried again as it is."""
PICK_PROMPT = (
    "Which of the numbers is the answer to the question? Reply with its place in the list."
)


async def advance(
    turn: Turn, nodes: Sequence[Node], known: Mapping[str, Signature], policy: Policy
) -> AIMessage | None:
    """Return the next calls, or None when nothing is left that can run."""
    found = standing(turn, nodes, policy)
    show(nodes, found)
    if any(node.id in found.failed and node.on_fail == "abort" for node in nodes):
        return None
    open_nodes = ready(nodes, set(found.values), found.failed)[: policy.parallel]
    if not open_nodes or turn.last:
        return None
    work = _Work(turn, nodes, known, policy, found)
    await asyncio.gather(*(work.one(node) for node in open_nodes))
    move = AIMessage("", tool_calls=work.calls)
    move.additional_kwargs.update(confirms=True, again=work.again)
    partial = "\n".join(preview(found.values[n], policy) for n in sorted(found.values)[-1:])
    return go_on(move, partial=partial, made=work.made, broken=work.broken)


@dataclass
class _Work:
    """What the nodes of one turn bring: calls for the tools, and what modules made."""

    turn: Turn
    nodes: Sequence[Node]
    known: Mapping[str, Signature]
    policy: Policy
    found: Standing
    calls: list[Any] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    async def one(self, node: Node) -> None:
        """Run one node, or make the call by which it is run."""
        try:
            args = await self._args(node)
            if leaks({k: v for k, v in args.items() if references(node.args.get(k))}):
                raise NotRead("a placeholder was left in the arguments")
            if node.tool in HANDED:
                await self._hand(node, args)
            elif node.tool in MODULES:
                await self._module(node, args)
            else:
                self._call(node, await self._tried_anew(node, args))
        except (NotRead, ModelError, TimeoutError) as error:
            self.broken[str(node.id)] = str(error) or "it took too long"

    async def _args(self, node: Node) -> dict[str, Any]:
        """Return the arguments with the results that they name; texts of modules are whole."""
        args: dict[str, Any] = {}
        for name, value in node.args.items():
            try:
                args[name] = self._filled(node, name, value, {})
            except NotRead as error:
                if not error.candidates:
                    raise
                args[name] = await self._picked(node, name, value, error)
            if self._is_sentence(node, value, args[name]):
                args[name] = await self._extracted(name, args[name])
        return args

    def _is_sentence(self, node: Node, value: Any, given: Any) -> bool:
        """Return whether a tool would be sent a module's whole sentence as a text."""
        numbers = references(value) if node.tool not in MODULES else []
        modules = [n for n in self.nodes if n.id in numbers and n.tool in MODULES]
        return bool(modules) and isinstance(given, str) and len(given.split()) > 1

    async def _extracted(self, name: str, text: str) -> str:
        """Return the words of a text that a parameter takes; the text when they are not in it."""
        asked = {"what": name, "text": plain(text)}
        found = await run_module(self.turn.model, "extract", asked, self.turn.task.goal)
        return found if found and found in text else plain(text)

    def _filled(self, node: Node, name: str, value: Any, picked: Mapping[int, str]) -> Any:
        kind = self.known[node.tool].inputs[name]

        def read(number: int, part: str, whole: bool) -> Any:
            text = picked.get(number) or self.found.values[number]
            text = field_of(text, part) if part else text
            given = asked_of(next(n for n in self.nodes if n.id == number))
            if whole:
                return as_kind(text, kind, given)
            return inside(text, name, given)

        return filled(value, read)

    async def _picked(self, node: Node, name: str, value: Any, error: NotRead) -> Any:
        """Return the argument where a result holds several numbers: the model says which."""
        number = references(value)[0]
        source = next(n for n in self.nodes if n.id == number)
        places = [str(place) for place in range(1, len(error.candidates) + 1)]
        listed = "; ".join(f"{p}) {c}" for p, c in zip(places, error.candidates, strict=True))
        text = plain(self.found.values[number])[:300]
        asked = f"Question: {' '.join(asked_of(source))}\nAnswer: {text}\nNumbers: {listed}"
        shown = [SystemMessage(PICK_PROMPT), HumanMessage(asked)]
        chosen = next(iter(await choose(self.turn.model, shown, places, purpose="pick")))
        return self._filled(node, name, value, {number: error.candidates[int(chosen) - 1]})

    async def _tried_anew(self, node: Node, args: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a second try, mended where the tool found fault with them."""
        errors = self.found.errors.get(node.id, [])
        if not errors or PASSING.search(errors[-1]):
            return args
        sources = [self.turn.task.goal, *self.turn.task.notes, *self.found.values.values()]
        return await mended(self.turn.planner, self.known[node.tool], args, errors[-1], sources)

    def _call(self, node: Node, args: dict[str, Any]) -> None:
        same = _same_call(self.turn, node.tool, args)
        if same is not None:  # the same call gave a result already, for another node
            self.made[str(node.id)] = same
            return
        if any(c["name"] == node.tool and c["args"] == args for c in self.calls):
            return  # it waits a turn and takes the result of its twin
        call_id = f"n{node.id}-{uuid.uuid4().hex[:8]}"
        self.calls.append({"name": node.tool, "args": args, "id": call_id})
        if node.id in self.found.errors:
            self.again.append(call_id)

    async def _hand(self, node: Node, args: dict[str, Any]) -> None:
        goal = str(args["question"])
        said = [(" ".join(asked_of(n)), self.found.values[n.id]) for n in self._sources(node)]
        if said:
            sources = [self.turn.task.goal, *self.turn.task.notes]
            part = without_references(str(node.args["question"]))
            goal = await restated(self.turn.model, part, said, sources)
        attempt = len(self.found.errors.get(node.id, [])) + 1
        [call] = hand_on(goal, tasks=[f"step-{node.id}.{attempt}"]).tool_calls
        call["id"] = f"n{node.id}-{uuid.uuid4().hex[:8]}"
        self.calls.append(call)

    async def _module(self, node: Node, args: dict[str, Any]) -> None:
        texts = {k: preview(str(v), self.policy) for k, v in args.items()}
        if self.policy.shared or "facts" in texts:
            sources = self.nodes if self.policy.shared else self._sources(node)
            texts["facts" if "facts" in texts else "text"] = facts(sources, self.found, self.policy)
        model = await expert_for(
            self.turn.planner,
            self.turn.model,
            node.tool,
            " ".join(asked_of(node)),
            self.policy.experts,
        )
        work = run_module(model, node.tool, texts, self.turn.task.goal)
        text = await asyncio.wait_for(work, self.policy.seconds)
        if not text:
            raise NotRead(f"{node.tool} brought nothing")
        self.made[str(node.id)] = text

    def _sources(self, node: Node) -> list[Node]:
        return [n for n in self.nodes if n.id in node.needs]


def _same_call(turn: Turn, tool: str, args: dict[str, Any]) -> str | None:
    """Return what the same call gave in this step, if it went well."""
    wanted = {
        call["id"]
        for message in turn.messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["name"] == tool and call["args"] == args
    }
    return next((m.text for m in turn.good if m.tool_call_id in wanted), None)
