"""Ways of working: each has its own short prompt, its own form and its own tool.

compute: a Python program.  tables: one SQL query.  read: lines of files, cited.
documents: passages of indexed documents, cited.  web: search results, cited.
tools: the person's own tools.  remembered: notes of earlier runs.  reply: words alone.
noted: for what a person only tells.  react: one loop over all tools, for models that can.
"""

from difflib import get_close_matches

from cogitate.errors import SetupError
from cogitate.planners.base import Way
from cogitate.planners.ways.compute import compute
from cogitate.planners.ways.documents import documents
from cogitate.planners.ways.react import react, tools
from cogitate.planners.ways.read import read
from cogitate.planners.ways.remembered import remembered
from cogitate.planners.ways.reply import noted, reply
from cogitate.planners.ways.tables import tables
from cogitate.planners.ways.web import web

WAYS: dict[str, Way] = {
    "compute": compute,
    "tables": tables,
    "read": read,
    "documents": documents,
    "web": web,
    "tools": tools,
    "remembered": remembered,
    "reply": reply,
    "noted": noted,
    "react": react,
}


def way_named(name: str) -> Way:
    """Return the way of working called `name`.

    Raises:
        SetupError: there is none.
    """
    if name not in WAYS:
        near = get_close_matches(name, WAYS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(WAYS)}"
        raise SetupError(f"a plan names the way of working {name!r}, which there is not; {hint}")
    return WAYS[name]


NEEDS = {
    "compute": "python",
    "tables": "query_tables",
    "read": "search_files",
    "documents": "retrieve",
    "web": "web_search",
}
"""The tool without which a way is not open."""
