"""Measures the embedded engine against what the hardware must do, and against llama-cpp-python.

    python -m bench.local_engine [--model NAME] [--quick] [--json [FILE]]

The floor of a workload is the time that its prompt tokens take when each is read once, and its
output tokens one after another, both at speeds that are measured in the same run, between the
workloads. Four workloads: two role-players in turn (also by `llama_cpp.Llama`, alone and with
its RAM cache); eight agents that share the head of their prompts; four requests at once; a form
against free text. What it does not know: other machines, and what runs beside it; the ratios
are of seconds on the clock, and of CPU seconds of this process.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from bench.forms import embedded
from bench.reuse import AGENTS, QUESTIONS, floor_of, listing
from cogitate import ChatLlama
from cogitate.llm.constrain import schema_grammar
from cogitate.llm.draw import Sampling
from cogitate.llm.engine import BATCH, Engine
from cogitate.llm.form import bounded, plain
from cogitate.llm.rows import Row
from cogitate.llm.writing import Writer
from cogitate.runs.meter import usage_of

TOKENS = 32
"""Tokens of one answer."""
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 60},
        "about": {"type": "string", "maxLength": 300},
        "parts": {"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 6},
        "year": {"type": "integer"},
    },
    "required": ["name", "about", "parts", "year"],
}
TOPICS = "a harbour,a library,a mill,a lighthouse,an orchard,a bakery,a school,a bridge".split(",")


@dataclass(kw_only=True)
class Work:
    """What a workload came to."""

    seconds: float = 0.0
    cpu: float = 0.0
    read: int = 0
    written: int = 0
    turns: list[tuple[list[int], list[int]]] = field(default_factory=list)
    """Prompt and output of each answer, in order."""


@dataclass(frozen=True, kw_only=True)
class Speeds:
    """Tokens a second: prompts read in one piece, answers written one token after another."""

    read: float
    write: float
    read_cpu: float
    write_cpu: float

    def floor(self, unique: int, written: int) -> tuple[float, float]:
        """Return the least seconds, and CPU seconds, for so many tokens."""
        return (
            unique / self.read + written / self.write,
            unique / self.read_cpu + written / self.write_cpu,
        )


def timed(job: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what `job` returns, its seconds and its CPU seconds."""
    begun, cpu = time.monotonic(), time.process_time()
    found = job()
    return found, time.monotonic() - begun, time.process_time() - cpu


def on_engine(model: ChatLlama, job: Callable[[Engine], Any]) -> Any:
    """Return what `job` returns on the engine's own thread."""
    loaded = model.loaded
    return loaded.scheduler.worker.submit(job, loaded.engine).result()


def speeds(model: ChatLlama, length: int = 800, count: int = 32) -> Speeds:
    """Measure both speeds with nothing in the cache but one conversation."""

    def measure(engine: Engine) -> Speeds:
        engine.clear()
        prompt = engine.tokenize(AGENTS[0])[:length]
        reading = engine.place(prompt, count)
        assert reading is not None

        def read() -> None:
            for start in range(0, len(prompt), BATCH):
                engine.decode([Row(reading.sequence, prompt[start : start + BATCH])])

        def write() -> None:
            for _ in range(count):
                engine.decode([Row(reading.sequence, [int(engine.logits().argmax())])])

        _, read_s, read_cpu = timed(read)
        _, write_s, write_cpu = timed(write)
        engine.release(reading)
        engine.clear()
        return Speeds(
            read=len(prompt) / read_s,
            write=count / write_s,
            read_cpu=len(prompt) / read_cpu,
            write_cpu=count / write_cpu,
        )

    found: Speeds = on_engine(model, measure)
    return found


def mean(found: Sequence[Speeds]) -> Speeds:
    """Return the speeds over several measurements: all tokens by all seconds."""

    def over(name: str) -> float:
        return len(found) / sum(1 / getattr(one, name) for one in found)

    return Speeds(
        read=over("read"),
        write=over("write"),
        read_cpu=over("read_cpu"),
        write_cpu=over("write_cpu"),
    )


# ---------------------------------------------------------------- two role-players


def roleplay(model: ChatLlama, turns: int) -> Work:
    """Two role-players with prompts of about 800 tokens speak in turn."""
    writer = model.bind(max_tokens=TOKENS)
    talks: list[list[BaseMessage]] = [[SystemMessage(agent)] for agent in AGENTS]
    work = Work()
    for turn in range(turns):
        for number, talk in enumerate(talks):
            places = (3 + number, 17 - number, 30)
            talk.append(HumanMessage(QUESTIONS[turn % len(QUESTIONS)].format(*places)))
            answer, seconds, cpu = timed(lambda talk=talk: writer.invoke(talk))
            usage = usage_of(answer)
            work.seconds += seconds
            work.cpu += cpu
            work.read += usage.read
            work.written += usage.written
            engine = model.loaded.engine
            output = engine.tokenize(answer.text)
            work.turns.append((model.loaded.prompt(plain(talk), ""), output))
            talk.append(AIMessage(answer.text))
    return work


def high_level(model: ChatLlama, work: Work, cached: bool) -> Work:
    """The same prompts and as many tokens by `llama_cpp.Llama`, with or without its cache."""
    import llama_cpp

    engine = model.loaded.engine
    llama = llama_cpp.Llama(
        model_path=str(model.path),
        n_ctx=engine.n_ctx,
        n_batch=BATCH,
        n_threads=engine.threads,
        n_threads_batch=engine.threads,
        verbose=False,
    )
    if cached:
        llama.set_cache(llama_cpp.LlamaRAMCache(capacity_bytes=4 << 30))
    found = Work()
    for prompt, output in work.turns:
        _, seconds, cpu = timed(
            lambda prompt=prompt, output=output: llama.create_completion(
                prompt, max_tokens=max(len(output), 1), temperature=0.0, repeat_penalty=1.0
            )
        )
        found.seconds += seconds
        found.cpu += cpu
        found.written += len(output)
    llama.close()
    return found


# ---------------------------------------------------------------- many at once


def shared_prompts(count: int = 8) -> list[list[BaseMessage]]:
    """Return prompts that share a head of about 800 tokens."""
    head = AGENTS[1]
    return [
        [SystemMessage(head), HumanMessage(f"Say in one sentence what {TOPICS[n]} is for.")]
        for n in range(count)
    ]


def own_prompts(count: int = 4) -> list[list[BaseMessage]]:
    """Return prompts that share nothing."""
    return [
        [
            HumanMessage(
                f"{TOPICS[n]}: {listing(TOPICS[n:], 'note {number} on {name} {size}', 5)}\n"
                f"Write a story about {TOPICS[n]}."
            )
        ]
        for n in range(count)
    ]


def asked(model: ChatLlama, prompts: list[list[BaseMessage]], at_once: bool) -> Work:
    """Ask all, one after another or all at once, with nothing in the cache before."""
    on_engine(model, Engine.clear)
    writer = model.bind(max_tokens=TOKENS)

    async def gather() -> list[AIMessage]:
        return list(await asyncio.gather(*(writer.ainvoke(prompt) for prompt in prompts)))

    def one_by_one() -> list[AIMessage]:
        return [writer.invoke(prompt) for prompt in prompts]

    answers, seconds, cpu = timed((lambda: asyncio.run(gather())) if at_once else one_by_one)
    work = Work(seconds=seconds, cpu=cpu)
    for prompt, answer in zip(prompts, answers, strict=True):
        usage = usage_of(answer)
        work.read += usage.read
        work.written += usage.written
        output = model.loaded.engine.tokenize(answer.text)
        work.turns.append((model.loaded.prompt(plain(prompt), ""), output))
    return work


def passes(model: ChatLlama, rounds: int = 12) -> dict[str, float]:
    """Return how long llama.cpp takes for one token of each of 1, 2, 4 and 8 conversations.

    The median in ms of `llama_decode` alone: what these say is what the machine allows.
    """

    def measure(engine: Engine) -> dict[str, float]:
        engine.clear()
        prompt = engine.tokenize(AGENTS[0])[: 64 + rounds]
        for place in range(8):
            engine.decode([Row(place, [prompt[place], *prompt[1:64]])])
        found = {}
        for count in (1, 2, 4, 8):
            taken = []
            for token in prompt[64:]:
                rows = [Row(place, [token]) for place in range(count)]
                taken.append(timed(lambda rows=rows: engine.decode(rows))[1])
            found[f"pass_ms_{count}"] = 1000 * sorted(taken)[rounds // 2]
        engine.clear()
        return found

    found: dict[str, float] = on_engine(model, measure)
    return found


def drift(model: ChatLlama, count: int = 4) -> dict[str, float]:
    """Return how much logits differ between a pass alone and one beside others, at most."""

    def measure(engine: Engine) -> dict[str, float]:
        import numpy

        prompts = [engine.tokenize(f"Tell me of {t} and why.")[:8] for t in TOPICS[:count]]
        alone = []
        for prompt in prompts:
            engine.clear()
            engine.decode([Row(0, prompt[:-1])])
            engine.decode([Row(0, prompt[-1:])])
            alone.append(engine.logits())
        engine.clear()
        for place, prompt in enumerate(prompts):
            engine.decode([Row(place, prompt[:-1])])
        engine.decode([Row(place, prompt[-1:]) for place, prompt in enumerate(prompts)])
        beside = [engine.logits(place) for place in range(count)]
        engine.clear()
        gaps = [float(numpy.abs(a - b).max()) for a, b in zip(alone, beside, strict=True)]
        same = sum(int(a.argmax()) == int(b.argmax()) for a, b in zip(alone, beside, strict=True))
        return {"beside_others_largest_difference": max(gaps), "same_first_token": same / count}

    found: dict[str, float] = on_engine(model, measure)
    return found


# ---------------------------------------------------------------- forms and choices


def grammar(model: ChatLlama, rounds: int) -> dict[str, float]:
    """Return what a form costs: seconds a token against free text, and CPU ms of its own."""
    question = "Describe a lighthouse: its name, what it is, its parts and the year."
    free, formed = model.bind(max_tokens=64), model.bind(schema=bounded(SCHEMA), max_tokens=64)
    formed.invoke(question)  # the first use of a form reads the vocabulary
    free.invoke(question)
    rates: dict[str, list[float]] = {"free": [], "formed": []}
    for _ in range(rounds):
        for name, writer in (("free", free), ("formed", formed)):
            answer, seconds, _ = timed(lambda writer=writer: writer.invoke(question))
            rates[name].append(seconds / max(usage_of(answer).written, 1))
    each = {name: sorted(found)[len(found) // 2] for name, found in rates.items()}

    def own(engine: Engine) -> tuple[float, int]:
        constraint = model.loaded.constrainer.start(schema_grammar(bounded(SCHEMA)), closing=True)
        engine.clear()
        prompt = model.loaded.prompt([{"role": "user", "content": question}], "")
        engine.decode([Row(0, prompt)])
        writer = Writer(0, Sampling(max_tokens=200), constraint, engine.is_end)
        spent, written = 0.0, 0
        while True:
            logits = engine.logits()
            begun = time.thread_time()
            tokens = writer.next(logits)
            spent += time.thread_time() - begun
            if not tokens:
                return spent, written
            written += len(tokens)
            engine.decode([Row(0, tokens)])

    spent, written = on_engine(model, own)
    return {
        "grammar_cost": each["formed"] / each["free"],
        "grammar_cpu_ms_per_token": 1000 * spent / max(written, 1),
        "vocabulary": float(model.loaded.engine.n_vocab),
    }


def choices(model: ChatLlama, rounds: int) -> dict[str, float]:
    """Return what a choice costs by one pass, by reading all options, and by decoding one."""
    apart = ["search the web", "run a program", "ask the person", "write a file"]
    alike = [f"the way to {one}" for one in apart]
    seconds: dict[str, float] = dict.fromkeys(("one_pass", "side_by_side", "decoded"), 0.0)
    same = 0
    for index in range(rounds):
        asked_for = f"Number {index}: what is {37 + index} times {14 + index}? What do you do?"
        texts = [HumanMessage(f"{asked_for} One of: {', '.join(apart)}.")]
        form = {"type": "string", "enum": apart}
        begun = time.monotonic()
        first = next(iter(model.choose(texts, apart)))
        seconds["one_pass"] += time.monotonic() - begun
        begun = time.monotonic()
        model.choose(texts, alike)
        seconds["side_by_side"] += time.monotonic() - begun
        begun = time.monotonic()
        decoded = model.bind(schema=form, max_tokens=16).invoke(texts).text.strip('"')
        seconds["decoded"] += time.monotonic() - begun
        same += first == decoded
    return {
        "choice_one_pass_seconds": seconds["one_pass"] / rounds,
        "choice_side_by_side_seconds": seconds["side_by_side"] / rounds,
        "choice_decoded_seconds": seconds["decoded"] / rounds,
        "choice_same_as_decoded": same / rounds,
    }


def resident(model: ChatLlama) -> dict[str, float]:
    """Return the memory in use beyond the file and the KV cache, in MB (Linux)."""
    engine = model.loaded.engine
    family = engine.metadata("general.architecture") or ""

    def number(key: str) -> int:
        return int(engine.metadata(f"{family}.{key}") or 0)

    heads, heads_kv = number("attention.head_count"), number("attention.head_count_kv")
    width = number("embedding_length") // max(heads, 1) * heads_kv
    cache = engine.n_ctx * number("block_count") * width * 2 * 2
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    used = pages * 4096
    file = model.path.stat().st_size
    return {
        "resident_mb": used / 1e6,
        "file_mb": file / 1e6,
        "cache_mb": cache / 1e6,
        "snapshots_mb": engine.snapshots.size / 1e6,
        "resident_beyond_file_and_cache_mb": (used - file - cache) / 1e6,
    }


# ---------------------------------------------------------------- the report


def measured(model: ChatLlama, quick: bool) -> dict[str, float]:
    """Run all workloads and return the figures by name."""
    turns = 2 if quick else 8
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731 - one use
    say("speeds")
    known = [speeds(model)]
    say("two role-players")
    on_engine(model, Engine.clear)
    play = roleplay(model, turns)
    known.append(speeds(model))
    around_play = mean(known)
    say("eight agents with one head")
    shared = asked(model, shared_prompts(), at_once=False)
    known.append(speeds(model))
    around_shared = mean(known[1:])
    shared_at_once = asked(model, shared_prompts(), at_once=True)
    say("four requests, one after another and at once")
    rounds = 1 if quick else 3
    alone = [asked(model, own_prompts(), at_once=at) for at in [False, True] * rounds]
    one_by_one, at_once = alone[::2], alone[1::2]
    known.append(speeds(model))
    each = passes(model)
    unique = floor_of(one_by_one[0].turns)
    say("forms and choices")
    forms = grammar(model, rounds) | choices(model, 2 if quick else 6)
    memory = resident(model)
    say("llama-cpp-python")
    plain_llama = high_level(model, play, cached=False)
    ram_cache = high_level(model, play, cached=True)
    play_floor = around_play.floor(floor_of(play.turns), play.written)
    shared_floor = around_shared.floor(floor_of(shared.turns), shared.written)
    at_once_floor = around_shared.floor(floor_of(shared_at_once.turns), shared_at_once.written)
    found = mean(known)

    def by_passes(count: int) -> float:
        """Return the seconds that four requests take in llama.cpp alone, `count` at once."""
        return unique / found.read + TOKENS * 4 / count * each[f"pass_ms_{count}"] / 1000

    return {
        "read_tokens_per_second": found.read,
        "write_tokens_per_second": found.write,
        "roleplay_x_floor": play.seconds / play_floor[0],
        "roleplay_x_floor_cpu": play.cpu / play_floor[1],
        "roleplay_read_x_unique": play.read / floor_of(play.turns),
        "roleplay_plain_x_floor": plain_llama.seconds / play_floor[0],
        "roleplay_ram_cache_x_floor": ram_cache.seconds / play_floor[0],
        "roleplay_plain_x_ours": plain_llama.seconds / play.seconds,
        "roleplay_ram_cache_x_ours": ram_cache.seconds / play.seconds,
        "shared_prefix_x_floor": shared.seconds / shared_floor[0],
        "shared_prefix_x_floor_cpu": shared.cpu / shared_floor[1],
        "shared_prefix_at_once_x_floor": shared_at_once.seconds / at_once_floor[0],
        "shared_prefix_read_x_unique": shared_at_once.read / floor_of(shared_at_once.turns),
        "parallel_speedup": sum(w.seconds for w in one_by_one) / sum(w.seconds for w in at_once),
        "parallel_speedup_of_llama_cpp": by_passes(1) / by_passes(4),
        **each,
        "parallel_speedup_cpu": sum(w.cpu for w in one_by_one) / sum(w.cpu for w in at_once),
        "parallel_same_text": sum(
            a[1] == b[1] for a, b in zip(one_by_one[0].turns, at_once[0].turns, strict=True)
        )
        / len(at_once[0].turns),
        **drift(model),
        **forms,
        **memory,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the engine as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.local_engine", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="an embedded model, as in `cogitate run --model`")
    parser.add_argument("--quick", action="store_true", help="fewer turns, to try it out")
    parser.add_argument(
        "--json", nargs="?", const="-", help="print the figures as JSON, or write them to a file"
    )
    given = parser.parse_args(arguments)
    model = embedded(given.model)
    figures = {"model": model.name} | measured(model, given.quick)
    text = json.dumps(figures, indent=1)
    if given.json == "-":
        print(text)
        return
    if given.json:
        Path(given.json).write_text(text + "\n", encoding="utf-8")
    print(f"\n{model.name}: the embedded engine")
    for name, value in figures.items():
        if isinstance(value, float):
            print(f"{name:40}{value:10.3f}")


if __name__ == "__main__":
    main()
