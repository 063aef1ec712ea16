"""How well questions about 200 files find their passage, and how many are answered rightly.

    python -m bench.documents FOLDER [--answers N] [--without N] [--model NAME] [--seed N] [--json]

FOLDER is what `python -m bench.corpus FOLDER` wrote; it is written when it is not there. The
index is kept in FOLDER/memory.db. `--answers` has the real model answer N of the questions, and
`--without` so many that have no answer in the files, of which only a refusal is right.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import corpus
from bench.corpus_text import Question, bare
from cogitate import Agent, Step, load_model
from cogitate.home import home
from cogitate.llm.embed import Embedder, load_embeddings
from cogitate.llm.kept import KeptVectors
from cogitate.memory.documents import Options, index
from cogitate.memory.documents.library import Library
from cogitate.memory.stream import MemoryStream
from cogitate.tools.retrieve import retrieve_tool
from cogitate.values import Task

SCOPE = "corpus"
RANKS = (1, 3, 5, 10)


class Kept:
    """The best embedder here, with the vectors of documents in a file."""

    def __init__(self, place: Path) -> None:
        self._base: Embedder = load_embeddings()
        self._kept = KeptVectors(self._base, place)
        self.name, self.dimension = self._base.name, self._base.dimension

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._kept.embed_documents(list(texts))

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return self._base.embed_query(text)


def rank(question: Question, passages: Sequence[Any], root: Path) -> int:
    """Return at which place the right passage is, from 1; 0 when it is not there."""
    for number, passage in enumerate(passages, 1):
        path = root / passage["path"]
        if corpus.holds(question, passage["text"], {"path": str(path)}):
            return number
    return 0


async def recall(library: Library, questions: Sequence[Question], root: Path) -> dict[str, Any]:
    """Return the share of right passages among the first 1, 3, 5 and 10, by language, too."""
    ranks: dict[str, list[int]] = {}
    misses, seconds = [], []
    for question in questions:
        begun = time.perf_counter()
        found = await library.passages(question.question, max(RANKS))
        seconds.append(time.perf_counter() - begun)
        at = rank(question, found, root)
        for name in ("all", question.language):
            ranks.setdefault(name, []).append(at)
        if not 1 <= at <= 5:
            misses.append({"question": question.question, "file": question.file, "rank": at})
    return {
        **{name: _figures(values) for name, values in ranks.items()},
        "questions": len(questions),
        "seconds_median": round(sorted(seconds)[len(seconds) // 2], 3),
        "not_among_5": misses,
    }


def _figures(ranks: Sequence[int]) -> dict[str, float]:
    found = {f"recall@{k}": sum(1 <= r <= k for r in ranks) / len(ranks) for k in RANKS}
    found["mrr"] = sum(1 / r for r in ranks if r) / len(ranks)
    return {name: round(value, 3) for name, value in found.items()}


async def _plan(task: Task) -> list[Step]:
    return [] if task.tried else [Step(way="documents", goal=task.goal)]


async def answers(library: Library, asked: Sequence[Question], model: str) -> dict[str, Any]:
    """Return what became of each question: right, wrong, or refused.

    An answer is right when it holds the value, beside its marks and sources, and cites the right
    file. Of a question without an answer (its `file` is empty) only a refusal is right.
    """
    tools = [retrieve_tool(library)]
    agent = Agent(model=load_model(model) if model else load_model(), tools=tools, planner=_plan)
    rows = []
    for question in asked:
        begun = time.perf_counter()
        result = None
        async for event in agent.stream(question.question):
            result = getattr(event, "result", result)
        text = result.answer if result and result.ok else ""
        cited = sources(text)
        row = {
            "question": question.question,
            "wanted": question.answer,
            "file": question.file,
            "answer": text or (result.stopped if result else ""),
            "refused": not text,
            "real": bool(cited) and await _are_indexed(library, cited) if text else True,
            "seconds": round(time.perf_counter() - begun, 1),
        }
        said = says_value(text, question.answer)
        row["right"] = said and question.file in cited if question.file else not text
        rows.append(row)
        print(json.dumps(row, ensure_ascii=False), file=sys.stderr, flush=True)
    return {**_sums(rows), "rows": rows}


def _sums(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return how many of each, apart for questions with an answer and without."""
    there = [row for row in rows if row["file"]]
    absent = [row for row in rows if not row["file"]]
    seconds = sorted(row["seconds"] for row in rows) or [0.0]
    return {
        "asked": len(there),
        "right": sum(row["right"] for row in there),
        "wrong": sum(not row["right"] and not row["refused"] for row in there),
        "not_found": sum(row["refused"] for row in there),
        "asked_without_answer": len(absent),
        "refused": sum(row["refused"] for row in absent),
        "citations_that_do_not_exist": sum(not row["real"] for row in rows),
        "seconds_median": seconds[len(seconds) // 2],
    }


def sources(text: str) -> list[str]:
    """Return the files that an answer names as its sources."""
    lines = re.findall(r"^\[\d+\] (.+)$", text, re.MULTILINE)
    return [re.sub(r"(, (pages?|lines?) [\d-]+|，第 [\d-]+ [页行])$", "", line) for line in lines]


def says_value(text: str, value: str) -> bool:
    """Return whether an answer says a value, not counting its marks and its sources."""
    body = bare(re.sub(r"\[\d+\]", "", re.split(r"\n(?:Sources:|来源：)", text)[0])).lower()
    wanted = re.escape(bare(value).lower())
    start = r"(?<![\d.])" if value[:1].isdigit() else ""
    end = r"(?!\.?\d)" if value[-1:].isdigit() else ""
    return bool(value) and re.search(f"{start}{wanted}{end}", body) is not None


async def _are_indexed(library: Library, paths: Sequence[str]) -> bool:
    found = [await library.passages("file", 1, path=path) for path in paths]
    return all(passages[0]["path"] == path for passages, path in zip(found, paths, strict=True))


async def measure(given: argparse.Namespace) -> dict[str, Any]:
    """Return the figures that the command line asks for."""
    folder: Path = given.folder
    if not (folder / "questions.jsonl").exists():
        corpus.write(folder, given.seed)
    questions = corpus.read(folder)
    files = (folder / "files").absolute()
    embedder = Kept(given.vectors or home() / "cache" / "vectors.db")
    async with MemoryStream(folder / "memory.db", embeddings=embedder) as stream:
        begun = time.perf_counter()
        report = await index(files, stream, options=Options(scope=SCOPE))
        found: dict[str, Any] = {
            "files": report.counts,
            "index_seconds": round(time.perf_counter() - begun, 1),
        }
        library = Library(stream, SCOPE, root=files)
        found["recall"] = await recall(library, questions, files)
        if given.answers:
            rng = random.Random(given.seed)
            some = rng.sample(questions, min(given.answers, len(questions)))
            some += corpus.unanswered(given.seed)[: given.without]
            rng.shuffle(some)
            found["answers"] = await answers(library, some, given.model)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.documents", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answers", type=int, default=0, help="how many questions to answer")
    parser.add_argument("--without", type=int, default=0, help="and how many without an answer")
    parser.add_argument("--model", default="", help="the model's name; the default one if empty")
    parser.add_argument("--vectors", type=Path, help="where vectors are kept between runs")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    found = asyncio.run(measure(given))
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for name, figures in found["recall"].items():
        print(f"{name}: {figures}")
    if "answers" in found:
        print({name: value for name, value in found["answers"].items() if name != "rows"})


if __name__ == "__main__":
    main()
