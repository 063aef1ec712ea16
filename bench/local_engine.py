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
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from bench.engine_forms import choices, grammar
from bench.engine_speed import Speeds, mean, on_engine, passes, speeds, timed
from bench.forms import embedded
from bench.reuse import AGENTS, QUESTIONS, floor_of, listing
from cogitate import ChatLlama
from cogitate.llm.engine import BATCH, Engine
from cogitate.llm.form import plain
from cogitate.llm.rows import Row
from cogitate.runs.meter import usage_of

TOKENS = 32
"""Tokens of one answer."""
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


def role_players(model: ChatLlama, turns: int, known: list[Speeds]) -> dict[str, float]:
    """Return the figures of two role-players in turn, ours and llama-cpp-python's."""
    known.append(speeds(model))
    play = roleplay(model, turns)
    known.append(speeds(model))
    plain_llama = high_level(model, play, cached=False)
    ram_cache = high_level(model, play, cached=True)
    floor, floor_cpu = mean(known[-2:]).floor(floor_of(play.turns), play.written)
    return {
        "roleplay_x_floor": play.seconds / floor,
        "roleplay_x_floor_cpu": play.cpu / floor_cpu,
        "roleplay_read_x_unique": play.read / floor_of(play.turns),
        "roleplay_plain_x_floor": plain_llama.seconds / floor,
        "roleplay_ram_cache_x_floor": ram_cache.seconds / floor,
        "roleplay_plain_x_ours": plain_llama.seconds / play.seconds,
        "roleplay_ram_cache_x_ours": ram_cache.seconds / play.seconds,
    }


def one_head(model: ChatLlama, known: list[Speeds]) -> dict[str, float]:
    """Return the figures of eight agents that share the head of their prompts."""
    in_turn = asked(model, shared_prompts(), at_once=False)
    known.append(speeds(model))
    at_once = asked(model, shared_prompts(), at_once=True)
    around = mean(known[-2:])
    floor, floor_cpu = around.floor(floor_of(in_turn.turns), in_turn.written)
    return {
        "shared_prefix_x_floor": in_turn.seconds / floor,
        "shared_prefix_x_floor_cpu": in_turn.cpu / floor_cpu,
        "shared_prefix_at_once_x_floor": at_once.seconds
        / around.floor(floor_of(at_once.turns), at_once.written)[0],
        "shared_prefix_read_x_unique": at_once.read / floor_of(at_once.turns),
    }


def beside(model: ChatLlama, rounds: int, known: list[Speeds]) -> dict[str, float]:
    """Return the figures of four requests that share nothing, and what llama.cpp would allow."""
    works = [asked(model, own_prompts(), at_once=at) for at in [False, True] * rounds]
    one_by_one, at_once = works[::2], works[1::2]
    known.append(speeds(model))
    each = passes(model)
    unique, read = floor_of(one_by_one[0].turns), mean(known).read

    def by_passes(count: int) -> float:
        """Return the seconds that the requests take in llama.cpp alone, `count` at once."""
        return unique / read + TOKENS * 4 / count * each[f"pass_ms_{count}"] / 1000

    pairs = zip(one_by_one[0].turns, at_once[0].turns, strict=True)
    return {
        "parallel_speedup": sum(w.seconds for w in one_by_one) / sum(w.seconds for w in at_once),
        "parallel_speedup_of_llama_cpp": by_passes(1) / by_passes(4),
        **each,
        "parallel_speedup_cpu": sum(w.cpu for w in one_by_one) / sum(w.cpu for w in at_once),
        "parallel_same_text": sum(a[1] == b[1] for a, b in pairs) / len(at_once[0].turns),
        **drift(model),
    }


def measured(model: ChatLlama, quick: bool) -> dict[str, float]:
    """Run all workloads and return the figures by name."""
    rounds = 1 if quick else 3
    known = [speeds(model)]
    figures: dict[str, float] = {}
    for name, work in (
        ("eight agents with one head", lambda: one_head(model, known)),
        ("four requests, alone and at once", lambda: beside(model, rounds, known)),
        ("forms and choices", lambda: grammar(model, rounds) | choices(model, 2 if quick else 6)),
        ("memory", lambda: resident(model)),
        ("two role-players", lambda: role_players(model, 2 if quick else 8, known)),
    ):
        print(name, file=sys.stderr, flush=True)
        figures |= work()
    found = mean(known)
    return {
        "read_tokens_per_second": found.read,
        "write_tokens_per_second": found.write,
        **figures,
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
