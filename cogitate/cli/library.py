"""`cogitate library`: the worked examples by task that the loop `art` shows a model.

A program that a run wrote can be mended in an editor and taken into the library.
"""

import json
from dataclasses import asdict
from pathlib import Path

import click

from cogitate.cli.output import write_json, write_text
from cogitate.errors import SetupError

PROGRAM = "program.txt"


@click.group()
def library() -> None:
    """See and mend the worked examples of the loop `art`."""


@library.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print all tasks as one list.")
def list_tasks(as_json: bool) -> None:
    """List the tasks, one a line."""
    from cogitate.planners.loops.art import TaskLibrary

    records = TaskLibrary.load().records.values()
    if as_json:
        write_json([asdict(record) for record in records])
        return
    for record in records:
        write_text(f"{record.id}  ({record.skill}, {len(record.demos)})  {record.description}")


@library.command()
@click.argument("task_id", metavar="ID")
def show(task_id: str) -> None:
    """Show a task with its worked examples."""
    from cogitate.planners.loops.art import TaskLibrary

    record = TaskLibrary.load().named(task_id)
    write_text(f"{record.id}: {record.description} ({record.skill}, {record.licence})")
    for demo in record.demos:
        write_text(f"\n{demo.input}\n{demo.program}\n(verified by {demo.verified_by})")


@library.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add(file: Path) -> None:
    """Add the tasks of a JSONL FILE; each wins over the one with its id."""
    from cogitate.planners.loops.art.library import keep_task, read_tasks

    for record in read_tasks(file):
        keep_task(record)
        write_text(record.id)


@library.command()
@click.argument("run", default="last")
@click.option(
    "--id", "task_id", required=True, help="The task's id; one that is there is added to."
)
@click.option("--description", help="What kind of task it is, for a new id.")
@click.option("--edit/--as-it-is", default=True, help="Mend the program in $EDITOR first.")
def take(run: str, task_id: str, description: str | None, edit: bool) -> None:
    """Take the program that a RUN of `art` wrote into the library."""
    from cogitate.planners.loops.art.library import Demo, TaskLibrary, TaskRecord, keep_task
    from cogitate.planners.loops.art.program import parse
    from cogitate.runs.store import RunStore

    store = RunStore()
    run_id = store.find(run)
    path = store.workspace(run_id) / PROGRAM
    if not path.exists():
        raise SetupError(f"run {run_id} wrote no program; run a goal with --loop art first")
    text = path.read_text(encoding="utf-8")
    if edit:
        text = click.edit(text) or ""
    try:
        steps, answer = parse(text)
    except ValueError as error:
        raise SetupError(f"that is no program: {error}; nothing was taken") from error
    if not steps or answer is None:
        raise SetupError("that is no program: it needs a step and an ANSWER; nothing was taken")
    demo = Demo(
        input=store.row(run_id).goal,
        program=text.strip(),
        answer=answer,
        verified_by="a person" if edit else "nobody",
        source=f"run {run_id}",
    )
    before = TaskLibrary.load().records.get(task_id)
    if before is None and not description:
        raise SetupError(f"there is no task {task_id!r} yet; say what it is with --description")
    record = TaskRecord(
        id=task_id,
        skill=before.skill if before else "own",
        description=description or (before.description if before else ""),
        demos=(*(before.demos if before else ()), demo),
    )
    write_text(f"{task_id}: {len(record.demos)} worked examples, in {keep_task(record)}")


@library.command()
@click.argument("task_id", metavar="ID")
def forget(task_id: str) -> None:
    """Take a task out of use."""
    from cogitate.planners.loops.art.library import forget_task

    if not forget_task(task_id):
        raise SetupError(f"there is no task {task_id!r}; `cogitate library list` shows them")
    write_text(json.dumps({"forgotten": task_id}))
