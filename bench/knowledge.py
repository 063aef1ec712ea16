"""Compares the conditions of ReAct on questions over pages: what the documentation of Python says.

    python -m bench.knowledge [--model NAME] [--limit N] [--loops react,act,...] [--json FILE]

The pages are the `pydoc` text of modules of the standard library and of the public classes in
them, one page each; the questions take two hops (an error of a module, then what it derives
from) or are claims to be judged; the gold answers come from introspection. Each condition gets
the same questions, tools and limits. Following Yao et al. 2022, section 3, with another corpus.
"""

import argparse
import asyncio
import builtins
import importlib
import inspect
import json
import pydoc
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cogitate import Agent, Limits, load_model
from cogitate.agents.loops import LOOPS
from cogitate.answers import normalise_answer
from cogitate.tools.pages import Pages, page_tools

MODULES = (
    "json csv zipfile tarfile configparser shutil subprocess socket sqlite3 ssl asyncio queue "
    "copy pickle struct binascii zlib lzma smtplib ftplib imaplib poplib http.client urllib.error "
    "xml.sax xml.dom email.errors concurrent.futures decimal statistics getopt optparse argparse "
    "locale calendar mailbox netrc uuid ipaddress string textwrap difflib heapq bisect fractions "
    "collections collections.abc enum graphlib contextlib functools io pathlib tempfile threading "
    "datetime zoneinfo random itertools operator weakref types dataclasses"
).split()
CONDITIONS = ("standard", "cot", "sc", "act", "react", "react-sc", "sc-react")
STEPS = 8
PAGE = 6_000
"""Characters of a page: the rest of a long page holds methods, which no question is about."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question whose answer introspection knows."""

    id: str
    text: str
    gold: str
    kind: str


def documentation() -> Pages:
    """Return the pages: a module or a public class each, as `pydoc` writes it."""
    texts: dict[str, str] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        about = inspect.getdoc(module) or f"Module {name}."
        errors = [e.__name__ for e in _errors(name)]
        raised = f"\nThe exception classes of {name} are: {', '.join(errors)}." if errors else ""
        texts[name] = f"{about[:PAGE]}{raised}"
        for found in {*_classes(module), *_errors(name)}:
            base = found.__bases__[0]
            head = f"{found.__name__} is a class of {name}. It derives from {base.__name__}. "
            texts[f"{name}.{found.__name__}"] = head + _plain(found)[:PAGE]
    for found in vars(builtins).values():
        if isinstance(found, type) and issubclass(found, BaseException):
            base = found.__bases__[0]
            texts[found.__name__] = (
                f"{found.__name__} is a built-in exception. It derives from {base.__name__}. "
                f"{inspect.getdoc(found) or ''}"
            )
    return Pages(texts)


def _plain(found: type) -> str:
    return pydoc.plain(pydoc.render_doc(found)).replace("\n", " ")


def _classes(module: Any) -> list[type]:
    return [
        value
        for name, value in sorted(vars(module).items())
        if inspect.isclass(value) and value.__module__ == module.__name__ and name[0] != "_"
    ]


def _errors(name: str) -> list[type]:
    """Return the exception classes that a module gives its users under its own name."""
    module = importlib.import_module(name)
    found = [v for k, v in sorted(vars(module).items()) if inspect.isclass(v) and k[0] != "_"]
    return [v for v in found if issubclass(v, Exception) and not hasattr(builtins, v.__name__)]


def questions(pages: Pages) -> list[Question]:
    """Return all questions that the pages can answer, in an order that a seed fixed."""
    found = [*_two_hops(pages), *_claims(pages)]
    random.Random(233).shuffle(found)
    return found


def _two_hops(pages: Pages) -> Iterator[Question]:
    for name in MODULES:
        errors = _errors(name)
        if len(errors) != 1:
            continue
        error = errors[0]
        if pages.titled(f"{name}.{error.__name__}") is None:
            continue
        yield Question(
            id=f"base-{name}",
            kind="two hops",
            text=f"From which class does the exception class of the Python module {name} derive?",
            gold=error.__bases__[0].__name__,
        )
        grand = error.__bases__[0].__bases__[0]
        if pages.titled(error.__bases__[0].__name__) and grand is not object:
            yield Question(
                id=f"grand-{name}",
                kind="two hops",
                text=f"The exception class of the Python module {name} derives from a class. "
                "From which class does that one derive?",
                gold=grand.__name__,
            )


def _claims(pages: Pages) -> Iterator[Question]:
    draw = random.Random(7)
    classes = sorted(t for t in pages.texts if t.count(".") == 1 and t[0].islower())
    for title in draw.sample(classes, 20):
        base = pages.texts[title].partition("It derives from ")[2].partition(".")[0]
        right = draw.random() < 0.5
        shown = base if right else draw.choice(["ValueError", "OSError", "dict", "tuple", "Enum"])
        yield Question(
            id=f"claim-{title}",
            kind="claim",
            text=f"Is this claim true? The class {title} derives from {shown}. Answer yes or no.",
            gold="yes" if shown == base else "no",
        )


def right(question: Question, answer: str) -> bool:
    """Return whether an answer gives the gold, and for a claim nothing else than the gold."""
    words = normalise_answer(answer).split()
    if question.kind == "claim":
        denied = words[:1] == ["no"] or bool({"not", "false"} & set(words))
        return bool(words) and denied == (question.gold == "no")
    gold = normalise_answer(question.gold)
    return gold in words


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one condition made of one question."""

    loop: str
    question: str
    right: bool
    stopped: str
    answer: str
    steps: int
    read: int
    written: int
    seconds: float


async def ask(model: Any, pages: Pages, question: Question, loop: str) -> Outcome:
    """Return what `loop` makes of a question; an error counts as wrong."""
    limits = Limits(steps=STEPS, seconds=180.0)
    agent = Agent(model=model, tools=page_tools(pages), loop=loop, limits=limits, offline=True)
    began = time.monotonic()
    found = await agent.arun(question.text)
    return Outcome(
        loop=loop,
        question=question.id,
        right=found.ok and right(question, found.answer),
        stopped=found.stopped,
        answer=found.answer,
        steps=found.steps,
        read=found.usage.read,
        written=found.usage.written,
        seconds=round(time.monotonic() - began, 1),
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each condition."""
    head = f"{'':12}{'right':>8}{'answered':>10}{'over steps':>12}{'tokens':>9}{'seconds':>9}"
    rows = [head]
    for loop in dict.fromkeys(one.loop for one in outcomes):
        mine = [one for one in outcomes if one.loop == loop]
        hits, ends = sum(o.right for o in mine), sum(o.stopped == "answered" for o in mine)
        over, cost = sum(o.steps > STEPS for o in mine), sum(o.read + o.written for o in mine)
        seconds = sum(o.seconds for o in mine)
        rows.append(
            f"{loop:12}{f'{hits}/{len(mine)}':>8}{ends:>10}{over:>12}"
            f"{cost // len(mine):>9}{seconds / len(mine):>9.1f}"
        )
    return "\n".join(rows)


async def compare(
    model: Any, loops: Sequence[str], limit: int | None, *, verbose: bool
) -> list[Outcome]:
    """Return the outcomes of all conditions on the same questions."""
    pages = documentation()
    outcomes = []
    for question in questions(pages)[:limit]:
        for loop in loops:
            outcomes.append(await ask(model, pages, question, loop))
            if verbose:
                one = outcomes[-1]
                mark = "right" if one.right else "wrong"
                print(f"{loop:10} {mark} {one.stopped:11} {question.text} -> {one.answer[:90]!r}")
    return outcomes


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the conditions as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.knowledge", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="as in `cogitate run --model`")
    parser.add_argument("--limit", type=int, help="ask the first N questions only")
    parser.add_argument("--loops", default=",".join(c for c in CONDITIONS if c in LOOPS))
    parser.add_argument("--json", type=Path, help="write each outcome here")
    parser.add_argument("--verbose", action="store_true", help="a line for each outcome")
    given = parser.parse_args(arguments)
    loops = given.loops.split(",")
    model = load_model(given.model)
    outcomes = asyncio.run(compare(model, loops, given.limit, verbose=given.verbose))
    print(table(outcomes))
    if given.json:
        text = json.dumps([asdict(one) for one in outcomes], ensure_ascii=False, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
