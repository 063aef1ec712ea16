"""Measures what the first calls of a town's day cost: ours against plain llama-cpp-python.

    python -m bench.reuse_town [--model NAME] [--calls N]

A real town begins its day by ChatLlama. Then `llama_cpp.Llama` is given the very same prompts
in the same order, and writes as many tokens after each. Ours is timed with all that the town
does besides; what plain llama-cpp-python cannot do (forms, choices) it is not asked to do.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage

from bench.forms import embedded
from bench.local_engine import Work, high_level
from bench.reuse import floor_of
from bench.town import TOWN
from cogitate.agents.town import Town
from cogitate.llm import ChatLlama
from cogitate.llm.answer import Answer, Request

MADE: list[Request] = []
"""The requests so far, in order."""


class Recorded(ChatLlama):
    """A ChatLlama whose requests can be looked at afterwards."""

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> Any:
        made = super()._request(messages, stop, options)
        MADE.append(made)
        return made


async def begin_a_day(model: ChatLlama, folder: Path, calls: int) -> float:
    """Let a town live until it has made so many calls; return the seconds that took."""
    town = Town.load(TOWN, model=model, seed=0, folder=folder)
    begun = time.monotonic()
    async with aclosing(town.stream(1, None)) as events:
        async for _ in events:
            if len(MADE) >= calls:
                break
    return time.monotonic() - begun


def work_of(model: ChatLlama, requests: Sequence[Request]) -> Work:
    """Return the prompts that were read and what was written after each."""
    work = Work()
    for request in requests:
        drafts = request.drafts if isinstance(request, Answer) else []
        output = model.loaded.engine.tokenize(drafts[0].text) if drafts else []
        if request.prompt:
            work.turns.append((request.prompt, output))
            work.written += len(output)
    return work


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a town as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.reuse_town", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="an embedded model, as in `cogitate run --model`")
    parser.add_argument("--calls", type=int, default=24, help="how many calls at least")
    given = parser.parse_args(arguments)
    chosen = embedded(given.model)
    model = Recorded(path=chosen.path, name=chosen.name)
    _ = model.loaded  # loading counts for neither
    with tempfile.TemporaryDirectory() as folder:
        seconds = asyncio.run(begin_a_day(model, Path(folder) / "town", given.calls))
    work = work_of(model, MADE)
    plain = high_level(model, work, cached=False)
    total = sum(len(prompt) for prompt, _ in work.turns)
    print(
        f"{model.name}: {len(work.turns)} calls of a town, {total} prompt tokens "
        f"({floor_of(work.turns)} unique), {work.written} written\n"
        f"ours {seconds:.1f} s, plain llama-cpp-python {plain.seconds:.1f} s: "
        f"{plain.seconds / seconds:.2f} times as fast"
    )


if __name__ == "__main__":
    main()
