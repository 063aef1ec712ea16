"""Measures long-term memory: what it finds, how quick it is, how much memory it takes.

python -m bench.memory [--json FILE] [--data DIR] [--embeddings NAME] [--vectors FILE.npz]
                       [--sizes 1000,10000,100000,1000000] [--skip PART]
                       [--reflect MODEL [--minutes MINUTES]]

What it finds is measured on LoCoMo and MemoryBank, which are read from DIR and left out
without it, and on plans that change (memory_recency.py). `--vectors` keeps the vectors for the
next time: a small model on two cores takes ten minutes for them. `--reflect` measures with
reflections, too, on as many talks of each kind as a chat model reflects on in MINUTES.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import memory_recall, memory_recency, memory_speed

SIZES = "1000,10000,100000,1000000"
AIMS = {
    "locomo_recall_at_10": (0.70, "at least"),
    "chinese_mrr": (0.72, "at least"),
    "p50_ms_10k": (1.0, "at most"),
    "p50_ms_100k": (35.0, "at most"),
    "p50_ms_1m": (200.0, "at most"),
    "gb_1m": (2.5, "at most"),
}
SHORT = {"10000": "p50_ms_10k", "100000": "p50_ms_100k", "1000000": "p50_ms_1m"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says, and print a report."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/dev"))
    parser.add_argument("--embeddings", default="auto")
    parser.add_argument("--vectors", type=Path, help="keep the vectors in this .npz file")
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--reflect", metavar="MODEL", help="a chat model that reflects")
    parser.add_argument("--minutes", type=float, default=memory_recall.MINUTES)
    parser.add_argument("--skip", choices=["recall", "speed"])
    given = parser.parse_args(arguments)
    figures: dict[str, Any] = {"begun": time.strftime("%Y-%m-%d %H:%M:%S")}
    if given.skip != "recall":
        figures |= asyncio.run(_recall(given))
    if given.skip != "speed":
        sizes = [int(size) for size in given.sizes.split(",") if size]
        figures["speed"] = memory_speed.speed(sizes, _say)
        for size, name in SHORT.items():
            if size in figures["speed"]:
                figures[name] = figures["speed"][size]["p50_ms"]
        if "1000000" in figures["speed"]:
            figures["gb_1m"] = figures["speed"]["1000000"]["gb"]
    for name, (aim, least) in AIMS.items():
        if name in figures:
            _say(f"{name:<20} {figures[name]:>8}   aim: {least} {aim}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


async def _recall(given: argparse.Namespace) -> dict[str, Any]:
    """Return what is found, as far as there is data."""
    from cogitate.llm.embed import load_embeddings

    figures: dict[str, Any] = {}
    embedder = memory_recall.KeptVectors(load_embeddings(given.embeddings).base, given.vectors)
    model = None
    if given.reflect:
        from cogitate.llm.load import load_model

        model = load_model(given.reflect)
    for name, file, talks in (
        ("locomo", "locomo10.jsonl", memory_recall.locomo),
        ("chinese", "memorybank_cn.jsonl", memory_recall.chinese),
    ):
        if not (given.data / file).exists():
            _say(f"{name}: left out, there is no {str(given.data / file)!r}")
            continue
        reflecting = memory_recall.Reflecting(model, given.minutes) if model else None
        found = await memory_recall.measure(talks(given.data), embedder, reflecting)
        embedder.save()
        figures[name] = found
        _table(name, found)
        for text in reflecting.kept if reflecting else ():
            _say(f"    concluded: {text}")
    told = memory_recency.story()
    figures["recency"] = await memory_recency.measure(embedder, told)
    embedder.save()
    _say(f"plans that change and old facts: {len(told.questions):,} questions")
    _say("\n".join(f"  {line}" for line in memory_recency.table(figures["recency"])))
    if "locomo" in figures:
        figures["locomo_recall_at_10"] = figures["locomo"]["default"]["recall_at_10"]
    if "chinese" in figures:
        figures["chinese_mrr"] = figures["chinese"]["default"]["mrr"]
    return {**figures, "embedder": embedder.name}


def _table(name: str, found: dict[str, Any]) -> None:
    _say(f"{name}: {found['questions']:,} questions")
    for way, means in found.items():
        if way != "questions":
            shown = "  ".join(f"{key} {value:,.3f}" for key, value in means.items())
            _say(f"  {way:<24} {shown}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
