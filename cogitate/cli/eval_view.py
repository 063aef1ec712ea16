"""The tables of `cogitate eval`."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from cogitate.cli.output import write_table, write_text

HEAD = ("LOOP", "CASES", "SUCCESS", "95 %", "TOKENS", "PER SUCCESS", "CALLS", "SECONDS", "STOPPED")


def show_report(report: Mapping[str, Any]) -> None:
    """Write the table of one evaluation, then what else is known."""
    methods: Mapping[str, Mapping[str, Any]] = report["methods"]
    write_table([HEAD, *(_row(name, row) for name, row in methods.items())])
    for name, row in methods.items():
        for line in _more(row):
            write_text(f"{name}: {line}")
    _show_sizes(methods)
    if report["differences"]:
        show_comparison(report)
    asked = report["eval"]
    write_text(
        f"{asked['id']}: data {asked['data']}, code {asked['code']}, seed {asked['seed']}; "
        + "; ".join(dict.fromkeys(asked["rules"].values()))
    )


def _row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    per = row["tokens_per_success"]
    return (
        name,
        str(row["cases"]) if row["tries"] == row["cases"] else f"{row['cases']} ({row['tries']})",
        _percent(row["success"]),
        f"{_percent(row['low'])} to {_percent(row['high'])}",
        f"{row['tokens']:,.0f}",
        "-" if per is None else f"{per:,.0f}",
        f"{row['calls']:.1f}",
        f"{row['seconds']:.1f}",
        _tally(row["stopped"]),
    )


def _show_sizes(methods: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a table of the success by how large the numbers are, where the cases differ in it."""
    sizes = dict.fromkeys(size for row in methods.values() for size in row.get("sizes", ()))
    if not sizes:
        return
    rows: list[tuple[str, ...]] = [("NUMBERS OF", "CASES", *methods)]
    for size in sizes:
        found = [row["sizes"].get(size) for row in methods.values()]
        cases = str(max(one["cases"] for one in found if one))
        rows.append((size, cases, *(_share(one) if one else "-" for one in found)))
    write_table(rows)


def _share(one: Mapping[str, float]) -> str:
    return f"{_percent(one['success'])} ({100 * one['low']:.0f} to {100 * one['high']:.0f})"


def _more(row: Mapping[str, Any]) -> list[str]:
    """Return the lines below the table: failures, further scores, categories, repeats."""
    lines = []
    if row["failures"]:
        lines.append(f"wrong by {_tally(row['failures'])}")
    if row["scores"]:
        lines.append(", ".join(f"{n} {_percent(v)}" for n, v in row["scores"].items()))
    if row["categories"]:
        groups = row["categories"].items()
        lines.append(", ".join(f"{n} {_percent(g['success'])} of {g['cases']}" for n, g in groups))
    if "flips" in row:
        rounds = ", ".join(f"{many} answers {count}" for many, count in row["rounds"].items())
        knowing = f"a critic that knew the right answers {_percent(row['oracle'])}"
        lines.append(f"flips {_tally(row['flips'])}; judged {rounds}; {knowing}")
    if "pass_at" in row:
        several = ", ".join(f"pass@{k} {_percent(v)}" for k, v in row["pass_at"].items())
        each = ", ".join(_percent(v) for v in row["repeats"].values())
        most = len(row["repeats"])
        lines.append(f"{several}, maj@{most} {_percent(row['majority'])}; repeats {each}")
    return lines


def show_comparison(found: Mapping[str, Any]) -> None:
    """Write what sets methods apart, a line each, then what became of an expected order."""
    for one in found["differences"]:
        write_text(
            f"{one['second']} against {one['first']}: {100 * one['mean']:+.1f} points "
            f"({100 * one['low']:+.1f} to {100 * one['high']:+.1f}, {one['cases']} cases), "
            f"only one right {one['only_second']}:{one['only_first']}, McNemar p {one['p']:.3g}, "
            f"Holm {one['p_holm']:.3g}: {one['verdict']}"
        )
    if not found["differences"]:
        click.echo("cogitate: there is one method only, and nothing to compare", err=True)
    if "order" in found:
        order = found["order"]
        write_text(
            f"expected order: {order['confirmed']} confirmed, {order['contradicted']} "
            f"contradicted, {order['not separated']} not separated"
        )
        if order["confirmed"] < len(order["pairs"]):
            write_text("orders of papers are those of large models; small ones may not follow them")


def show_list(headers: Sequence[Mapping[str, Any]]) -> None:
    """Write the evaluations that are kept, the newest first."""
    if not headers:
        click.echo("cogitate: no evaluations yet; `cogitate eval SUITE` makes one", err=True)
        return
    write_table(
        [
            (
                one["id"],
                "done" if one["done"] else "not finished",
                f"{one['cases']} x {one['repeat']}",
                ",".join(one["loops"]),
                ",".join(one["models"]),
            )
            for one in headers
        ]
    )


def below(report: Mapping[str, Any], least: float | None) -> list[str]:
    """Return the methods whose success is below `least`."""
    if least is None:
        return []
    return [name for name, row in report["methods"].items() if row["success"] < least]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
