"""Ways of working: each has its own short prompt, its own form and its own tool.

compute: a Python program.  tables: one SQL query.  read: lines of files, cited.
web: search results, cited.  tools: the person's own tools.  reply: words alone.
react: one loop over all tools, for models that can.
"""

from cogitate.planners.base import Way
from cogitate.planners.ways.compute import compute
from cogitate.planners.ways.react import react, tools
from cogitate.planners.ways.read import read
from cogitate.planners.ways.reply import reply
from cogitate.planners.ways.tables import tables
from cogitate.planners.ways.web import web

WAYS: dict[str, Way] = {
    "compute": compute,
    "tables": tables,
    "read": read,
    "web": web,
    "tools": tools,
    "reply": reply,
    "react": react,
}

NEEDS = {
    "compute": "python",
    "tables": "query_tables",
    "read": "search_files",
    "web": "web_search",
}
"""The tool without which a way is not open."""
