"""Measures what two agents in turn cost on one model: ours against plain llama-cpp-python.

    python -m bench.reuse [--model NAME] [--turns N] [--json FILE]

Two agents with different system prompts (about 700 tokens each) talk in turn. `ChatLlama` keeps
a sequence for each in one cache; `llama_cpp.Llama` has one sequence, and is given the very same
prompts and as many tokens to write. The floor is what any cache must read: the prompt tokens
behind the longest head that was seen before. What it does not know: temperatures above 0, and
more agents than sequences.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from bench.forms import embedded
from cogitate import ChatLlama
from cogitate.llm.form import plain
from cogitate.llm.sequences import common_prefix
from cogitate.runs.meter import usage_of

TURNS = 6
TOKENS = 64
"""Most tokens of one answer."""

LIBRARIAN = "You are the librarian of a small town. Answer in two whole sentences. Your shelves:\n"
HARBOUR = "You are the master of a small harbour. Answer in two whole sentences. Your berths:\n"
SUBJECTS = "maps birds bread bridges clocks comets dyes ferns fables knots lamps moths".split()
SHIPS = "Alba Bertha Cormorant Dora Elster Falke Greta Heron Iris Juno Kestrel Lotte".split()
QUESTIONS = (
    "What do you have at number {0}?",
    "And what is at number {1}?",
    "Which of these two was first?",
    "How many places do you have in all?",
    "What is at number {2}?",
    "Thank you. Say goodbye.",
)


def listing(names: Sequence[str], line: str, count: int) -> str:
    """Return `count` numbered lines, each with one of `names`."""
    rows = (
        line.format(number=n + 1, name=names[n % len(names)], year=1900 + n * 7 % 120, size=n + 20)
        for n in range(count)
    )
    return "\n".join(rows)


AGENTS = (
    LIBRARIAN + listing(SUBJECTS, "{number}. {size} books on {name}, since {year}", 40),
    HARBOUR + listing(SHIPS, "{number}. the ship {name}, {size} m, built {year}", 38),
)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer of one agent: its prompt as tokens, and what came of it."""

    prompt: list[int]
    output: list[int]
    read: int
    """Prompt tokens that were computed."""
    written: int
    seconds: float
    cpu_seconds: float
    """Of this process: what other processes do does not count."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What all turns cost."""

    read: int
    written: int
    seconds: float
    cpu_seconds: float


def floor_of(turns: Iterable[tuple[list[int], list[int]]]) -> int:
    """Return how many prompt tokens any cache must read, for (prompt, output) pairs in order.

    The last token of a prompt is always read, because what comes next depends on it.
    """
    seen: list[list[int]] = []
    total = 0
    for prompt, output in turns:
        shared = max((common_prefix(held, prompt) for held in seen), default=0)
        total += len(prompt) - min(shared, len(prompt) - 1)
        seen.append(prompt + output)
    return total


def cost(turns: Sequence[Turn]) -> Cost:
    """Return the sums over `turns`."""
    return Cost(
        read=sum(turn.read for turn in turns),
        written=sum(turn.written for turn in turns),
        seconds=sum(turn.seconds for turn in turns),
        cpu_seconds=sum(turn.cpu_seconds for turn in turns),
    )


def ours(model: ChatLlama, turns: int) -> list[Turn]:
    """Return the turns of all agents, one after another, by ChatLlama."""
    writer = model.bind(max_tokens=TOKENS)
    talks: list[list[BaseMessage]] = [[SystemMessage(agent)] for agent in AGENTS]
    done = []
    for index in range(turns):
        for number, talk in enumerate(talks):
            places = (3 + number, 17 - number, 30)
            talk.append(HumanMessage(QUESTIONS[index % len(QUESTIONS)].format(*places)))
            prompt = model.loaded.prompt(plain(talk), "")
            began, cpu = time.monotonic(), time.process_time()
            answer = writer.invoke(talk)
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu
            usage = usage_of(answer)
            done.append(
                Turn(
                    prompt=prompt,
                    output=model.loaded.engine.tokenize(answer.text),
                    read=usage.read,
                    written=usage.written,
                    seconds=seconds,
                    cpu_seconds=cpu,
                    text=answer.text,
                )
            )
            talk.append(AIMessage(answer.text))
    return done


def high_level(model: ChatLlama, turns: Sequence[Turn]) -> list[Turn]:
    """Return the same prompts and as many tokens, by `llama_cpp.Llama` on the same file."""
    llama, reads = _llama(model)
    done = []
    for turn in turns:
        reads.clear()
        began, cpu = time.monotonic(), time.process_time()
        answer: Any = llama.create_completion(
            turn.prompt, max_tokens=turn.written, temperature=0.0, repeat_penalty=1.0
        )
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        done.append(
            Turn(
                prompt=turn.prompt,
                output=turn.output,
                read=reads[0],
                written=int(answer["usage"]["completion_tokens"]),
                seconds=seconds,
                cpu_seconds=cpu,
                text=str(answer["choices"][0]["text"]),
            )
        )
    llama.close()
    return done


def _llama(model: ChatLlama) -> tuple[Any, list[int]]:
    """Return the high-level model, and the list to which it adds how much it evaluates at once."""
    import llama_cpp

    reads: list[int] = []

    class Counted(llama_cpp.Llama):
        """A Llama that says how many tokens it evaluates; the first of a call are the prompt."""

        def eval(self, tokens: Sequence[int]) -> None:
            reads.append(len(tokens))
            super().eval(tokens)

    engine = model.loaded.engine
    threads = os.cpu_count() or 1
    llama = Counted(
        model_path=str(model.path),
        n_ctx=engine.n_ctx,
        n_batch=512,
        n_threads=threads,
        n_threads_batch=threads,
        verbose=False,
    )
    return llama, reads


def report(mine: Sequence[Turn], other: Sequence[Turn]) -> str:
    """Return the table at the end of a run."""
    floor = floor_of((turn.prompt, turn.output) for turn in mine)
    left, right = cost(mine), cost(other)
    same = sum(a.text.strip() == b.text.strip() for a, b in zip(mine, other, strict=True))
    rows: list[tuple[str, Callable[[Cost], str]]] = [
        ("prompt tokens read", lambda c: str(c.read)),
        ("read : unique prompt tokens", lambda c: f"{c.read / floor:.2f}"),
        ("tokens written", lambda c: str(c.written)),
        ("seconds", lambda c: f"{c.seconds:.1f}"),
        ("CPU seconds", lambda c: f"{c.cpu_seconds:.1f}"),
    ]
    head = f"{f'{len(mine)} turns of {len(AGENTS)} agents':30}{'ours':>12}{'plain Llama':>14}"
    lines = [head, *(f"{name:30}{f(left):>12}{f(right):>14}" for name, f in rows)]
    times, cpu = right.seconds / left.seconds, right.cpu_seconds / left.cpu_seconds
    total = sum(len(turn.prompt) for turn in mine)
    return "\n".join(
        [
            *lines,
            f"unique prompt tokens {floor} of {total}; the same text in {same} of {len(mine)}",
            f"plain Llama : ours   {times:.2f} in seconds, {cpu:.2f} in CPU seconds",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure reuse as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.reuse", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="an embedded model, as in `cogitate run --model`")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of each agent")
    parser.add_argument("--json", type=Path, help="write what each turn cost here")
    given = parser.parse_args(arguments)
    model = embedded(given.model)
    mine = ours(model, given.turns)
    other = high_level(model, mine)
    print(f"\n{model.name}: agents with different system prompts in turn\n{report(mine, other)}")
    if given.json:
        data = {"ours": [asdict(t) for t in mine], "plain": [asdict(t) for t in other]}
        given.json.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
