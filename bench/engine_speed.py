"""How fast the hardware reads and writes tokens by the embedded engine, and what a pass takes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.reuse import AGENTS
from cogitate import ChatLlama
from cogitate.llm.engine import BATCH, Engine
from cogitate.llm.rows import Row


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
