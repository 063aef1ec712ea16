"""What a search knows: its thoughts, what each operation gave, what was judged before.

It is the sum of the changes that the turns of a run kept, so a search that was interrupted goes
on where it was, and nothing is asked twice. What it does not know: models.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cogitate.planners.thoughts.evaluating import asks
from cogitate.planners.thoughts.operations import Evaluate, Plan
from cogitate.planners.thoughts.thought import Move, Thought, ThoughtTask, read_thought

START = "t0"
ASKED, SAVED = "judgements of a model", "judgements that were saved"
"""What is counted of the model calls that judge states: those that were made, and those that were
not, since the state was there already or had its score."""


@dataclass
class Search:
    """One search. `change` is what has become known since it was taken up."""

    task: ThoughtTask
    plan: Plan
    thoughts: dict[str, Thought] = field(default_factory=dict)
    outputs: dict[int, list[str]] = field(default_factory=dict)
    """The thoughts that each operation gave, by its number in the plan."""
    cache: dict[str, float] = field(default_factory=dict)
    """Scores by way of judging and canonical state."""
    stack: list[str] = field(default_factory=list)
    """Depth first: the thoughts still to be gone into, the next one last."""
    counts: dict[str, int] = field(default_factory=dict)
    """Duplicates dropped, moves that may not be made, scores that were known."""
    judged_by: Evaluate | None = None
    """How new states are judged, if each is judged by itself."""
    change: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.thoughts:
            state = self.task.initial()
            root = Thought(id=START, state=state, text=self.task.render(state))
            self.thoughts[START], self.stack = root, [START]

    def of(self, ids: Iterable[str]) -> list[Thought]:
        """Return the thoughts with these ids."""
        return [self.thoughts[name] for name in ids]

    def inputs(self, number: int) -> list[Thought]:
        """Return the thoughts that an operation works on, once each."""
        after = self.plan[number].after
        ids = [i for n in after for i in self.outputs[n]] if after else [START]
        return self.of(dict.fromkeys(ids))

    def ready(self) -> int | None:
        """Return the number of the first operation whose predecessors are done; None at the end."""
        for number, planned in enumerate(self.plan):
            if number not in self.outputs and all(n in self.outputs for n in planned.after):
                return number
        return None

    def frontier(self) -> list[Thought]:
        """Return the thoughts that the last operation gave."""
        return self.of(self.outputs[max(self.outputs)]) if self.outputs else self.of([START])

    # ------------------------------------------------------------------- what changes it

    def add(self, move: Move, parents: Sequence[Thought], op: str, tokens: int = 0) -> Thought:
        """Return a new thought, checked by the task if it can be."""
        solved = self.task.verify(move.state) if self.task.is_terminal(move.state) else None
        valid = move.valid if solved is None else (solved or move.valid)
        thought = Thought(
            id=f"t{len(self.thoughts)}",
            state=move.state,
            text=move.text,
            parents=tuple(parent.id for parent in parents),
            depth=1 + max((parent.depth for parent in parents), default=0),
            valid=valid,
            solved=solved,
            op=op,
            tokens=tokens,
        )
        self._put(thought)
        return thought

    def _put(self, thought: Thought) -> None:
        self.thoughts[thought.id] = thought
        self.change.setdefault("thoughts", {})[thought.id] = thought.as_dict()

    def mark(self, name: str, *, score: float | None = None, valid: bool | None = None) -> None:
        """Note what was found out about a thought."""
        thought = self.thoughts[name]
        thought = thought if score is None else replace(thought, score=round(score, 6))
        self._put(thought if valid is None else replace(thought, valid=valid))

    def restate(self, name: str, state: Any, text: str) -> None:
        """Give a thought another state, such as what its program printed."""
        self._put(replace(self.thoughts[name], state=state, text=text))

    def know(self, key: str, score: float) -> None:
        """Keep a score for states that are the same."""
        self.cache[key] = score
        self.change.setdefault("cache", {})[key] = score

    def finish(self, number: int, ids: Iterable[str]) -> None:
        """Note what an operation gave."""
        self.outputs[number] = list(dict.fromkeys(ids))
        self.change.setdefault("outputs", {})[str(number)] = self.outputs[number]

    def push(self, ids: Sequence[str]) -> None:
        """Take the top thought off the stack and put others there, the best one first."""
        self.stack = [*self.stack[:-1], *reversed(ids)]
        self.change["stack"] = list(self.stack)

    def count(self, what: str, more: int = 1) -> None:
        """Count something that a reader of the trace should know."""
        if not more:
            return
        self.counts[what] = self.counts.get(what, 0) + more
        self.change.setdefault("counts", {})[what] = self.counts[what]

    def save(self, states: Iterable[Any], how: Evaluate | None) -> None:
        """Count what a model would have been asked about states that are known already."""
        if how is not None:
            self.count(SAVED, sum(asks(self.task, state, how) for state in states))

    def take(self, change: dict[str, Any]) -> None:
        """Take in a change that an earlier turn kept."""
        for name, data in change.get("thoughts", {}).items():
            self.thoughts[name] = read_thought(data)
        for number, ids in change.get("outputs", {}).items():
            self.outputs[int(number)] = list(ids)
        self.cache.update(change.get("cache", {}))
        self.counts.update(change.get("counts", {}))
        self.stack = list(change.get("stack", self.stack))

    # ------------------------------------------------------------------------ what it found

    def key(self, state: Any) -> str:
        """Return what states that are the same share."""
        return f"{self.task.name} {self.task.canonical(state)}"

    def known_states(self) -> set[str]:
        """Return the keys of all thoughts so far."""
        return {self.key(thought.state) for thought in self.thoughts.values()}

    def solutions(self) -> list[Thought]:
        """Return the thoughts that solve the task, by its own check."""
        return [thought for thought in self.thoughts.values() if thought.solved]

    def terminals(self) -> list[Thought]:
        """Return the thoughts to which nothing is to be added."""
        task, found = self.task, list(self.thoughts.values())
        return [t for t in found if t.id != START and task.is_terminal(t.state)]

    def best(self) -> Thought:
        """Return the best thought: solved, else with an answer, else with the highest score."""
        found = list(self.thoughts.values())
        answered = [t for t in found if self.task.answer(t.state)]
        pool = self.solutions() or answered or found
        return max(pool, key=lambda t: (t.score is not None, t.score or 0.0, t.depth))
