"""The tools that ship, by name. Nothing of them is imported before one is asked for."""

import difflib
import importlib
from collections.abc import Iterable

from langchain_core.tools import BaseTool

from cogitate.errors import SetupError

SHIPPED: dict[str, str] = {
    "python": "cogitate.tools.python:python",
    "query_tables": "cogitate.tools.tables:query_tables",
    "calculate": "cogitate.tools.calculate:calculate",
    "list_files": "cogitate.tools.files:list_files",
    "read_file": "cogitate.tools.files:read_file",
    "write_file": "cogitate.tools.files:write_file",
    "search_files": "cogitate.tools.files:search_files",
    "web_search": "cogitate.tools.web:web_search",
    "fetch_page": "cogitate.tools.fetch:fetch_page",
}
"""Name -> `module:attribute`. The order is the order in which a model is shown them."""

NEED_FOLDER = frozenset({"query_tables", "list_files", "read_file", "search_files"})
NEED_NETWORK = frozenset({"web_search", "fetch_page"})


def shipped_tools(
    names: Iterable[str] | None = None, *, folder: bool = True, offline: bool = False
) -> list[BaseTool]:
    """Return the tools that ship, in their fixed order.

    Args:
        names: which ones; None for all.
        folder: whether the run has a folder of the person's; without one the tools that read
            it are left out, also when they are named.
        offline: whether to leave out the tools that need the network.

    Raises:
        SetupError: a name is not that of a tool that ships.
    """
    wanted = list(SHIPPED) if names is None else list(names)
    for name in wanted:
        if name not in SHIPPED:
            close = difflib.get_close_matches(name, SHIPPED, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}? " if close else ""
            raise SetupError(f"no tool {name!r} ships; {hint}There are: {', '.join(SHIPPED)}")
    left_out = (frozenset() if folder else NEED_FOLDER) | (NEED_NETWORK if offline else frozenset())
    return [shipped_tool(name) for name in SHIPPED if name in wanted and name not in left_out]


def shipped_tool(name: str) -> BaseTool:
    """Return the tool that ships as `name`, imported now."""
    module, _, attribute = SHIPPED[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, BaseTool):
        raise SetupError(f"{SHIPPED[name]} is a {type(found).__name__}, not a tool")
    return found
