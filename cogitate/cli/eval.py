"""`cogitate eval SUITE`: loops and models measured on a suite, and results compared.

The table and the JSON go to stdout, the progress to stderr. What was tried is kept as it ends;
the same command goes on where it was stopped.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.cli.counting import counting_bar
from cogitate.cli.output import write_json
from cogitate.errors import SetupError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from cogitate.lab.runner import Plan

COMPARE, LIST, SHOW = "compare", "list", "show"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the options of `eval` say."""

    loops: str
    models: str | None
    data: Path | None
    corpus: Path | None
    limit: int | None
    repeat: int
    seed: int
    temperature: float
    max_steps: int | None
    max_tokens: int | None
    max_seconds: float | None
    least: float | None
    expect: str | None
    not_worse: bool
    fresh: bool
    offline: bool
    as_json: bool


@click.command("eval")
@click.argument("what", nargs=-1, metavar="[SUITE | compare A [B] | show A | list]")
@click.option("--loops", default="auto", show_default=True, help="Loops, or `bare`, by commas.")
@click.option("--models", help="Models, by commas; default: the embedded model.")
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    envvar="COGITATE_DATA",
    help="The folder of the suites' files, or one JSONL file.",
)
@click.option(
    "--corpus",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of documents that the agent may read.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first N cases.")
@click.option("--repeat", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first repeat.")
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.0, show_default=True)
@click.option("--max-steps", type=click.IntRange(min=1), help="Turns of one attempt; default 64.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Of one attempt; default 60000.")
@click.option("--max-seconds", type=click.FloatRange(min=0.1), help="Of one attempt; default 240.")
@click.option("--min", "least", type=click.FloatRange(0, 1), help="Exit 1 below this success.")
@click.option("--expect", help='An order to be confirmed, the best first: "sc>cot".')
@click.option("--not-worse", is_flag=True, help="Of compare: exit 1 where B is worse than A.")
@click.option("--fresh", is_flag=True, help="Forget what was tried before.")
@click.option("--offline/--online", default=False, help="No download of a model.")
@click.option("--json", "as_json", is_flag=True, help="Print one object instead of the table.")
def eval(what: tuple[str, ...], **options: Any) -> None:  # noqa: A001 - the command's name
    """Measure loops and models on a SUITE, or on a JSONL file of your own.

    `compare A B` sets two results against each other, `compare A` the methods of one, `show A`
    draws the table of one, also when it is not finished, `list` shows what is kept. A and B are
    the ids of evaluations, the starts of these, or `last`.

    Exit codes: 0; 1 a success is below --min, or B is worse; 2 usage; 3 a model or a package
    is missing.
    """
    asked = Asked(**options)
    if what[:1] == (COMPARE,):
        _compare(what[1:], asked)
    elif what == (LIST,):
        _list(asked)
    elif what[:1] == (SHOW,):
        _show(what[1:], asked)
    else:
        _measure(what, asked)


# ------------------------------------------------------------------------------------ measure


def _measure(what: tuple[str, ...], asked: Asked) -> None:
    import asyncio

    from cogitate.cli import eval_view
    from cogitate.lab.report import order_of
    from cogitate.lab.runner import evaluate

    plan = _plan(what, asked)
    if asked.expect:  # a slip in it must not show after hours of work
        order_of(asked.expect, plan.methods())
    models = _Models(asked, plan)
    try:
        with counting_bar(f"eval {plan.suite}") as report:
            found = asyncio.run(evaluate(plan, models, report=report, fresh=asked.fresh))
    except KeyboardInterrupt:
        click.echo("cogitate: the same command goes on from here", err=True)
        raise
    _say(found, asked)
    short = eval_view.below(found, asked.least)
    if short:
        click.echo(f"cogitate: below --min {asked.least:g}: {', '.join(short)}", err=True)
        click.get_current_context().exit(1)


def _say(found: dict[str, Any], asked: Asked) -> None:
    """Write a report as it was asked for."""
    from cogitate.cli import eval_view

    _add_order(found, asked)
    if asked.as_json:
        write_json(found)
    else:
        eval_view.show_report(found)


def _plan(what: tuple[str, ...], asked: Asked) -> "Plan":
    from cogitate.lab.attempts import CAPS
    from cogitate.lab.runner import Plan
    from cogitate.lab.suites import OWN, SUITES, load_cases
    from cogitate.llm.catalogue import DEFAULT_MODEL

    if len(what) > 1 or (not what and (asked.data is None or asked.data.is_dir())):
        raise click.UsageError(f"name one suite: {', '.join(SUITES)}; or --data FILE alone")
    suite = what[0] if what else OWN
    limits = {
        "steps": asked.max_steps,
        "tokens": asked.max_tokens,
        "seconds": asked.max_seconds,
    }
    given: dict[str, Any] = {name: most for name, most in limits.items() if most is not None}
    return Plan(
        suite=suite,
        cases=load_cases(suite, asked.data, asked.limit),
        models=_named(asked.models or DEFAULT_MODEL),
        loops=_named(asked.loops),
        repeat=asked.repeat,
        seed=asked.seed,
        temperature=asked.temperature,
        caps=replace(CAPS, **given),
        corpus=asked.corpus.resolve() if asked.corpus else None,
    )


def _named(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


class _Models:
    """Gives models by name, one in memory at a time."""

    def __init__(self, asked: Asked, plan: "Plan") -> None:
        self.asked, self.plan = asked, plan
        self.name = ""
        self.model: BaseChatModel | None = None

    def __call__(self, name: str) -> "BaseChatModel":
        if self.model is None or name != self.name:
            self.model, self.name = None, name
            self.model = self._load(name)
        return self.model

    def _load(self, name: str) -> "BaseChatModel":
        from cogitate.cli.models import progress_bar
        from cogitate.llm import load_model

        with progress_bar() as report:
            return load_model(
                name,
                offline=self.asked.offline,
                report=report,
                announce=lambda line: click.echo(f"cogitate: {line}", err=True),
                seed=self.plan.seed,
                temperature=self.plan.temperature,
            )


# ------------------------------------------------------------------------------------ results


def _show(names: tuple[str, ...], asked: Asked) -> None:
    from cogitate.lab.report import summarise
    from cogitate.lab.results import find_results, read_header

    if len(names) != 1:
        raise click.UsageError("name one evaluation; `cogitate eval list` shows them")
    folder = find_results(names[0])
    _say(summarise(read_header(folder), _records(folder)), asked)


def _records(folder: Path) -> list[dict[str, Any]]:
    from cogitate.lab.results import read_records

    found = read_records(folder)
    if not found:
        raise SetupError(f"the evaluation {folder.name!r} has no attempts yet; run it again")
    return found


def _compare(names: tuple[str, ...], asked: Asked) -> None:
    from cogitate.cli import eval_view
    from cogitate.lab.report import across, as_data, by_method, pairwise
    from cogitate.lab.results import find_results

    if len(names) not in (1, 2):
        raise click.UsageError("name one or two evaluations; `cogitate eval list` shows them")
    folders = [find_results(name) for name in names]
    records = [_records(folder) for folder in folders]
    made = across(*records) if len(records) == 2 else pairwise(by_method(records[0]))
    found: dict[str, Any] = {
        "compared": [folder.name for folder in folders],
        "differences": [as_data(one) for one in made],
    }
    _add_order(found, asked)
    if asked.as_json:
        write_json(found)
    else:
        eval_view.show_comparison(found)
    worse = [one["second"] for one in found["differences"] if one["high"] < 0]
    if asked.not_worse and worse:
        click.echo(f"cogitate: worse than before: {', '.join(worse)}", err=True)
        click.get_current_context().exit(1)


def _add_order(found: dict[str, Any], asked: Asked) -> None:
    """Add what became of the order that `--expect` names."""
    if not asked.expect:
        return
    from cogitate.lab.report import expected_order, order_of
    from cogitate.lab.statistics import Difference

    plain = [{k: v for k, v in d.items() if k not in DERIVED} for d in found["differences"]]
    names = order_of(asked.expect, [d[one] for d in plain for one in ("first", "second")])
    found["order"] = expected_order(names, [Difference(**one) for one in plain])


DERIVED = ("separated", "verdict")


def _list(asked: Asked) -> None:
    from cogitate.cli import eval_view
    from cogitate.lab.results import REPORT, all_results

    headers = [{**header, "done": (path / REPORT).is_file()} for path, header in all_results()]
    if asked.as_json:
        write_json(headers)
    else:
        eval_view.show_list(headers)
