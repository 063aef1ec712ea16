"""What there is to look at: a town's folder, a role-play's, a file of one, or a run by its id."""

from pathlib import Path

from cogitate.agents.town.diary import LOG
from cogitate.cli.pages.contract import Page
from cogitate.errors import SetupError
from cogitate.runs.record import JOURNAL, kept
from cogitate.runs.store import FILES, RunStore

TRANSCRIPT = "transcript.json"


def found(what: str) -> tuple[Path, Page]:
    """Return the folder that `what` names and the page that shows it.

    Raises:
        SetupError: there is neither a town nor a role-play.
    """
    path = Path(what)
    if path.is_file():
        return (path.parent, _of_file(path))
    folder = path if path.is_dir() else _run_folder(what)
    for name in (LOG, TRANSCRIPT, f"{FILES}/{TRANSCRIPT}"):
        if (folder / name).is_file():
            return folder, _of_file(folder / name)
    raise SetupError(
        f"there is neither a town ({LOG}) nor a role-play ({TRANSCRIPT}) in {str(folder)!r}; "
        "give the folder that `cogitate town run` or `cogitate roleplay` printed"
    )


def _run_folder(what: str) -> Path:
    """Return the folder of a run; of a town's run, that of the town."""
    store = RunStore()
    try:
        folder = store.root / store.find(what)
    except SetupError as error:
        raise SetupError(f"{what!r} is no folder and no run: {error}") from error
    if (folder / JOURNAL).is_file():
        accepted = kept(folder).accepted
        if accepted.what == "town" and accepted.origin:
            return Path(accepted.origin["folder"])
    return folder


def _of_file(path: Path) -> Page:
    if path.name == LOG:
        from cogitate.cli.pages.town import town_page

        return town_page(path.parent)
    from cogitate.cli.pages.roleplay import roleplay_page

    return roleplay_page(path)
