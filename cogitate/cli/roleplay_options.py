"""The options of a role-play session, for one and for many."""

from collections.abc import Callable
from typing import Any

import click

from cogitate.cli.settings import (
    folder_setting,
    model_setting,
    offline_setting,
    quiet_setting,
    sandbox_setting,
    setting,
)

PLAY_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    model_setting,
    setting("--critic-model", metavar="NAME", help="Another model for the critic."),
    click.option("--assistant-model", metavar="NAME", help="Another model for the assistant."),
    click.option("--user-model", metavar="NAME", help="Another model for the user."),
    click.option(
        "--tools",
        multiple=True,
        metavar="SPEC",
        help="What the assistant may use, like `run --tools`; `none` for nothing. Default: python.",
    ),
    click.option("--planner/--no-planner", default=False, help="Lay the task out first."),
    click.option("--critic", is_flag=True, help="A model chooses among proposals."),
    click.option("--max-turns", type=click.IntRange(min=1), default=20, show_default=True),
    click.option(
        "--words",
        type=click.IntRange(min=1),
        default=50,
        show_default=True,
        help="Most words of the concrete task.",
    ),
    click.option("--as-is", is_flag=True, help="Take the task as it is, not made concrete."),
    click.option(
        "--no-checks",
        is_flag=True,
        help="UNSAFE, to compare: only the done token and the limits end a session.",
    ),
    click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True)),
    setting("--seed", type=int, help="Make a local model's choices repeatable."),
    setting("--temperature", type=click.FloatRange(0, 2), default=0.0, show_default=True),
    folder_setting,
    sandbox_setting,
    offline_setting,
    quiet_setting,
)


def play_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a session."""
    for add in reversed(PLAY_OPTIONS):
        command = add(command)
    return command
