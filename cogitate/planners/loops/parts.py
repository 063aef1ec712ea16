"""The parts of an objective: what loops over tasks or goals begin with."""

import re

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from cogitate.llm.decide import decide
from cogitate.planners.base import Turn
from cogitate.planners.grounding import unsupported_numbers
from cogitate.planners.ways.react import own_tools
from cogitate.planners.ways.tables import table_list

PARTS_PROMPT = """\
Split an objective into its parts, at most 5, as JSON. Each part is ONE full question that has one \
answer, in the language of the objective. Write names and numbers out in full in each. Add nothing \
that the objective does not ask for."""
PARTS_EXAMPLE = [
    HumanMessage(
        "Objective: Find the city with the most customers, how many that is and who looks after "
        "it, and tell me what 12 percent of 350 is."
    ),
    AIMessage(
        '{"parts":["Which city has the most customers?",'
        '"How many customers does the city with the most customers have?",'
        '"Who looks after the city with the most customers?","What is 12 percent of 350?"]}'
    ),
    HumanMessage("Objective: 查出会议室在几楼、能坐多少人，并算出2024年三月有多少个星期一。"),
    AIMessage('{"parts":["会议室在几楼？","会议室能坐多少人？","2024年三月有多少个星期一？"]}'),
    HumanMessage("Objective: What is the capital of the country with the most people?"),
    AIMessage(
        '{"parts":["Which country has the most people?",'
        '"What is the capital of the country with the most people?"]}'
    ),
]

_EACH = re.compile(r"\b(?:each|every)(?: of the)? (?P<noun>\w+)", re.IGNORECASE)
_LISTED = re.compile(
    r"(?P<names>[\w.+#-]+(?:, [\w.+#-]+)*,? and [\w.+#-]+) (?P<noun>\w+)", re.IGNORECASE
)
MOST = 5
LONGEST = 200


class Parts(BaseModel):
    """The parts of an objective."""

    parts: list[str] = Field(min_length=1, max_length=MOST)


async def parts_of(turn: Turn) -> list[str]:
    """Return the parts of the turn's goal as questions; the goal itself after nonsense."""
    goal = turn.task.goal
    found = await decide(
        turn.planner,
        [SystemMessage(PARTS_PROMPT), *PARTS_EXAMPLE, HumanMessage(f"Objective: {goal}")],
        Parts,
        purpose="parts",
        fallback=Parts(parts=[goal]),
        max_tokens=300,
    )
    written = [part.strip()[:LONGEST] for part in found.parts if len(part.strip()) > 1]
    parts = [one for part in written for one in spread(part, goal)]
    known = [goal, *turn.task.notes]
    sound = [part for part in dict.fromkeys(parts) if not unsupported_numbers(part, known)]
    return sound[:MOST] or [goal]


def spread(part: str, goal: str) -> list[str]:
    """Return a part that speaks of each thing of a list in the goal as one part for each of them.

    "How long does each module take?" is no task of its own: which modules, it does not say.
    """
    each, listed = _EACH.search(part), _LISTED.search(goal)
    if not each or not listed or _singular(each["noun"]) != _singular(listed["noun"]):
        return [part]
    names = [name for name in re.split(r", and |, | and ", listed["names"]) if name]
    noun = _singular(each["noun"])
    return [f"{part[: each.start()]}the {name} {noun}{part[each.end() :]}" for name in names]


def _singular(noun: str) -> str:
    return noun.lower().removesuffix("s")


def materials(turn: Turn) -> str:
    """Return a line each for the tables, the texts and the person's own tools; empty for none."""
    survey, lines = turn.task.survey, []
    if survey and survey["tables"]:
        lines.append("Tables: " + table_list(survey))
    texts = [f["path"] for f in survey["files"] if f["kind"] == "text"] if survey else []
    if texts:
        lines.append("Texts: " + ", ".join(texts[:12]))
    own = [f"{t.name}: {t.description.strip().splitlines()[0][:80]}" for t in own_tools(turn.tools)]
    if own:
        lines.append("Tools: " + "; ".join(own[:8]))
    return "".join(f"{line}\n" for line in lines)
