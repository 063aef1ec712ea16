"""The ways of working by name, those that are named loops included."""

from difflib import get_close_matches

from cogitate.errors import SetupError
from cogitate.planners.base import Way
from cogitate.planners.loops.art import art
from cogitate.planners.loops.autogpt import autogpt
from cogitate.planners.loops.babyagi import babyagi
from cogitate.planners.loops.calls import calls
from cogitate.planners.loops.codeact import codeact
from cogitate.planners.loops.inline import inline
from cogitate.planners.loops.pal import pal
from cogitate.planners.loops.pipeline.compose import compose
from cogitate.planners.loops.pipeline.rewoo import rewoo
from cogitate.planners.loops.plan.loop import plan
from cogitate.planners.loops.ps import ps
from cogitate.planners.loops.reflexion.loop import reflexion
from cogitate.planners.thoughts.way import thinking
from cogitate.planners.ways.compute import compute
from cogitate.planners.ways.documents import documents
from cogitate.planners.ways.files import files
from cogitate.planners.ways.listing import listing
from cogitate.planners.ways.react import act, react, react_briefly, tools
from cogitate.planners.ways.read import read
from cogitate.planners.ways.remembered import remembered
from cogitate.planners.ways.reply import noted, reply
from cogitate.planners.ways.summary import summary
from cogitate.planners.ways.tables import tables
from cogitate.planners.ways.translation import translation
from cogitate.planners.ways.web import web

WAYS: dict[str, Way] = {
    "compute": compute,
    "tables": tables,
    "read": read,
    "files": files,
    "summary": summary,
    "listing": listing,
    "translation": translation,
    "documents": documents,
    "web": web,
    "tools": tools,
    "remembered": remembered,
    "reply": reply,
    "noted": noted,
    "pal": pal,
    "codeact": codeact,
    "calls": calls,
    "reflexion": reflexion,
    "standard": thinking("standard"),
    "cot": thinking("cot"),
    "sc": thinking("sc"),
    "sc-sure": thinking("sc", agree=0.5),
    "tot": thinking("tot"),
    "got": thinking("got"),
    "pot": thinking("pot"),
    "act": act,
    "react": react,
    "plan": plan,
    "rewoo": rewoo,
    "compose": compose,
    "ps": ps,
    "react-briefly": react_briefly,
    "art": art,
    "inline": inline,
    "babyagi": babyagi,
    "autogpt": autogpt,
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
