"""Fills in random forms with a real model: does each output parse, validate, and end in time?

    python -m bench.constrained [--model NAME] [--cases N] [--seed N] [--json FILE]

Each case is a random pydantic class, a prompt and a budget of tokens, from the fewest that the
form can be filled in with upwards. What it does not know: whether what is filled in is true.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from bench.forms import embedded
from bench.random_forms import forms, prompts
from cogitate import ChatLlama
from cogitate.llm.constrain import schema_grammar
from cogitate.llm.form import bounded
from cogitate.llm.structured import shape_of

BESIDE = 8
"""Forms that are filled in at once."""


@dataclass(kw_only=True)
class Tally:
    """What came of all cases."""

    cases: int = 0
    valid: int = 0
    shortened: int = 0
    """Outputs that were brought to their end because the tokens ran out."""
    over_budget: int = 0
    tokens: int = 0
    longest_seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def least_tokens(model: ChatLlama, schema: type[BaseModel]) -> int:
    """Return how many tokens the form can be filled in with, as far as is known."""
    loaded = model.loaded
    grammar = schema_grammar(bounded(shape_of(schema)))

    def ask(_: object) -> int:
        return loaded.constrainer.start(grammar, closing=True).least(1_000)

    return loaded.scheduler.worker.submit(ask, None).result()


async def filled(model: ChatLlama, case: tuple[type[BaseModel], str, int], tally: Tally) -> None:
    """Fill in one form and note what came of it."""
    schema, prompt, spare = case
    begun = time.monotonic()
    limit = least_tokens(model, schema) + spare
    asked = model.with_structured_output(schema, include_raw=True, max_tokens=limit)
    found: Any = await asked.ainvoke(prompt)
    raw = found["raw"]
    written = raw.usage_metadata["output_tokens"]
    tally.cases += 1
    tally.tokens += written
    tally.over_budget += written > limit
    tally.shortened += bool(raw.response_metadata.get("shortened"))
    tally.longest_seconds = max(tally.longest_seconds, time.monotonic() - begun)
    if found["parsing_error"] is None and isinstance(found["parsed"], schema):
        tally.valid += 1
    else:
        shape = json.dumps(schema.model_json_schema(), ensure_ascii=False)
        tally.problems.append(f"{limit} tokens: {raw.text!r}: {found['parsing_error']}: {shape}")


def measure(model: ChatLlama, cases: int, number: int) -> Tally:
    """Return what came of so many random cases."""
    tally = Tally()
    case = st.tuples(forms(), prompts, st.integers(0, 40))

    @seed(number)
    @settings(
        max_examples=-(-cases // BESIDE),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(case, min_size=BESIDE, max_size=BESIDE))
    def fill(some: list[tuple[type[BaseModel], str, int]]) -> None:
        async def all_at_once() -> None:
            await asyncio.gather(*(filled(model, one, tally) for one in some))

        asyncio.run(all_at_once())
        if tally.cases % 80 < BESIDE:
            print(f"{tally.cases} cases, {tally.valid} valid", flush=True)

    fill()
    return tally


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill in forms as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.constrained", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", default="qwen2.5-coder-0.5b", help="an embedded model")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here")
    given_options = parser.parse_args(arguments)
    model = embedded(given_options.model)
    tally = measure(model, given_options.cases, given_options.seed)
    for problem in tally.problems[:10]:
        print(f"✗ {problem[:600]}")
    print(
        f"\n{tally.valid} of {tally.cases} valid, {tally.over_budget} over their budget, "
        f"{tally.shortened} ended because the tokens ran out, {tally.tokens} tokens, "
        f"longest {tally.longest_seconds:.1f} s"
    )
    if given_options.json:
        given_options.json.write_text(json.dumps(tally.__dict__, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
