"""Compares ways to a tool call on BFCL's cases: ours, llama-cpp-python's handlers, ReAct text.

    python -m bench.tool_calls --data DATA [--limit N] [--skip N] [--categories a,b] [--forms a,b]
                               [--model NAME] [--out FILE.jsonl] [--json FILE] [--verbose]

The same model file and the same cases for all, greedy, in one process; of each case one form
after another. Calls are checked by BFCL's AST rules (cogitate/lab/calls.py). `ours` is the loop
`calls`; `one a turn` is the model with its tools bound, one call a turn. `handler` is
`create_chat_completion(tools=..., tool_choice="auto")` with the template of the file, as it is;
`handler, lenient` also takes calls out of its text, wherever they stand; `handler, chatml` is its
`chat_format="chatml-function-calling"`, which constrains calls. With --out, a run goes on where it
was stopped. What it does not know: calls that rest on results.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from bench.call_forms import FORMS, LENIENT, ONE, OURS, Form, forms_of
from bench.forms import embedded
from cogitate.lab.checkers import score_calls
from cogitate.lab.report import verdict
from cogitate.lab.results import code_hash
from cogitate.lab.statistics import Difference, compare, wilson
from cogitate.lab.suites import Case, load_cases

CATEGORIES = {
    "simple_python": "bfcl_simple",
    "multiple": "bfcl_multiple",
    "parallel": "bfcl_parallel",
    "irrelevance": "bfcl_irrelevance",
}
CLIPPED = 400


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one form made of one case, judged."""

    id: str
    category: str
    form: str
    model: str
    code: str
    """Of our forms: a hash of the package, so that a mended one is tried again."""
    correct: bool
    why: str
    calls: list[dict[str, Any]]
    text: str
    read: int
    written: int
    seconds: float

    def line(self) -> str:
        """Return what `--verbose` shows."""
        sign = "✓" if self.correct else "✗"
        return f"{sign} {self.id:18} {self.form:17} {self.seconds:5.1f} s {self.why[:110]}"


class Kept:
    """The lines of a run; kept in a file, where there is one, as they are made."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lines: dict[tuple[str, str, str, str], Line] = {}
        if path is not None and path.exists():
            for text in path.read_text(encoding="utf-8").splitlines():
                self._take(Line(**json.loads(text)))

    def _take(self, line: Line) -> None:
        self.lines[line.model, line.code, line.form, line.id] = line

    def add(self, line: Line) -> None:
        """Take a line, and write it."""
        self._take(line)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")


async def tried(name: str, form: Form, case: Case, model: str, code: str) -> Line:
    """Return what a form makes of a case."""
    given = await form(case)
    score = score_calls(case.data, tuple(given.calls))
    return Line(
        id=case.id,
        category=case.category,
        form=name,
        model=model,
        code=code,
        correct=score.correct,
        why=given.error or score.why,
        calls=[dict(call) for call in given.calls],
        text=given.text[:CLIPPED],
        read=given.usage.read,
        written=given.usage.written,
        seconds=round(given.seconds, 2),
    )


def table(lines: Sequence[Line]) -> str:
    """Return each form's share of right cases with its interval, by category, and its cost."""
    names = [name for name in FORMS if any(one.form == name for one in lines)]
    rows = [f"{'':15}" + "".join(f"{name:>24}" for name in names)]
    groups = [c for c in CATEGORIES if any(one.category == c for one in lines)]
    for category in [*groups, "all"]:
        mine = [one for one in lines if category in (one.category, "all")]
        rows.append(f"{category:15}" + "".join(f"{_share(mine, n):>24}" for n in names))
    for what, digits in (("seconds", 1), ("read", 0), ("written", 0)):
        values = [[getattr(one, what) for one in lines if one.form == n] for n in names]
        means = (f"{sum(each) / max(1, len(each)):.{digits}f}" for each in values)
        rows.append(f"{what + ' a case':15}" + "".join(f"{mean:>24}" for mean in means))
    return "\n".join(rows)


def _share(lines: Sequence[Line], form: str) -> str:
    mine = [one.correct for one in lines if one.form == form]
    low, high = wilson(sum(mine), len(mine))
    return f"{sum(mine)} of {len(mine)} ({100 * low:.0f} to {100 * high:.0f} %)"


def compared(lines: Sequence[Line]) -> str:
    """Return ours against every other form, by category, on the cases that both have."""
    rows = []
    for category in [*CATEGORIES, "all"]:
        mine = [one for one in lines if category in (one.category, "all")]
        passed = {
            name: {one.id: float(one.correct) for one in mine if one.form == name} for name in FORMS
        }
        for name in FORMS:
            if name != OURS and passed[name] and passed[OURS]:
                rows.append(
                    f"{category}: {_told(compare((name, OURS), passed[name], passed[OURS]))}"
                )
    return "\n".join(rows)


def _told(one: Difference) -> str:
    mean, low, high = (f"{100 * value:+.1f}" for value in (one.mean, one.low, one.high))
    only = f"only one right {one.only_second}:{one.only_first}, McNemar p {one.p:.3g}"
    span = f"{mean} points ({low} to {high}, {one.cases} cases)"
    return f"{one.second} against {one.first}: {span}, {only}: {verdict(one)}"


def cases_of(given: argparse.Namespace) -> list[Case]:
    """Return the cases that the command line asks for, one of each category after another.

    A run that is cut off has then something of each.
    """
    end = given.skip + given.limit
    each = [
        load_cases(CATEGORIES[category], given.data)[given.skip : end]
        for category in given.categories.split(",")
    ]
    return [case for row in zip_longest(*each) for case in row if case is not None]


async def run(given: argparse.Namespace) -> list[Line]:
    """Try every form on every case that was not tried yet; return the lines that were asked for."""
    model = embedded(given.model)
    kept, forms, ours = Kept(given.out), forms_of(model), code_hash()
    asked = []
    for case in cases_of(given):
        for name in given.forms.split(";"):
            code = ours if name in (OURS, ONE) else ""
            key = (model.name, code, name, case.id)
            if key not in kept.lines:
                kept.add(await tried(name, forms[name], case, model.name, code))
                if given.verbose:
                    print(kept.lines[key].line(), flush=True)
            asked.append(kept.lines[key])
    return asked


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the forms as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.tool_calls", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="the folder of the BFCL files")
    parser.add_argument("--limit", type=int, default=30, help="cases of each category")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first N of each")
    parser.add_argument("--categories", default=",".join(CATEGORIES), help="NAME,NAME")
    parser.add_argument("--forms", default=";".join(FORMS), help=f"NAME;NAME, such as {LENIENT!r}")
    parser.add_argument("--model", help="an embedded model, as in `cogitate run --model`")
    parser.add_argument("--out", type=Path, help="keep each line here, and go on from it")
    parser.add_argument("--json", type=Path, help="write all lines here at the end")
    parser.add_argument("--verbose", action="store_true", help="a line for each form and case")
    given = parser.parse_args(arguments)
    lines = asyncio.run(run(given))
    print(f"\n{table(lines)}\n\n{compared(lines)}")
    if given.json:
        text = json.dumps([asdict(one) for one in lines], ensure_ascii=False, indent=1)
        given.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
