"""What forms and choices cost on the embedded engine, against free text."""

import time

from langchain_core.messages import HumanMessage

from bench.engine_speed import on_engine, timed
from cogitate import ChatLlama
from cogitate.llm.constrain import schema_grammar
from cogitate.llm.draw import Sampling
from cogitate.llm.engine import Engine
from cogitate.llm.form import bounded
from cogitate.llm.rows import Row
from cogitate.llm.writing import Writer
from cogitate.runs.meter import usage_of

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
