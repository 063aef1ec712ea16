"""`cogitate page`: a town's day or a role-play as one HTML file that works offline."""

from pathlib import Path

import click


@click.command()
@click.argument("what", metavar="DIR_OR_RUN")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page is written; default: page.html in the folder that it shows.",
)
def page(what: str, out: Path | None) -> None:
    """Write the page that shows DIR_OR_RUN: a town's folder, a role-play's, or a run's id.

    The path of the page is printed. It is one file: open it in a browser, send it, keep it.
    """
    from cogitate.cli.pages.finding import found
    from cogitate.cli.pages.html import page_html
    from cogitate.errors import SetupError

    folder, shown = found(what)
    path = folder / "page.html" if out is None else out
    try:
        path.write_text(page_html(shown), encoding="utf-8", newline="\n")
    except OSError as error:
        raise SetupError(
            f"cannot write {str(path)!r} ({error.strerror}); choose another place with --out"
        ) from error
    click.echo(str(path))
