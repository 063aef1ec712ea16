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
_LIST = r"(?P<names>[\w.+#-]+(?:, [\w.+#-]+)*,? and [\w.+#-]+) (?P<noun>\w+)"
_LISTED = re.compile(_LIST, re.IGNORECASE)
_COMPARED = re.compile(
    rf"\b(?:comparisons?|compar\w+|differences?|differ)(?: (?:of|between|among))?(?: the)? {_LIST}",
    re.IGNORECASE,
)
_PURPOSE = re.compile(r"\s+(?:for|to|when|while)\b.*", re.IGNORECASE | re.DOTALL)
WHAT_OF_EACH = "What is there to say about the {name} {noun}{rest}?"
MOST = 5
MOST_SPREAD = 9
"""Parts when what is asked of each thing of a list is one part for each."""
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
    return sound[:MOST_SPREAD] or [goal]


def spread(part: str, goal: str) -> list[str]:
    """Return a part that speaks of each thing of a list in the goal as one part for each of them.

    "How long does each module take?" is no task of its own: which modules, it does not say. A
    comparison of things, where the goal is one, is put together from what is found of each.
    """
    each, listed = _EACH.search(part), _LISTED.search(goal)
    if each and listed and _singular(each["noun"]) == _singular(listed["noun"]):
        noun = _singular(each["noun"])
        head, rest = part[: each.start()], part[each.end() :]
        return [f"{head}the {name} {noun}{rest}" for name in _names(listed["names"])]
    compared = _COMPARED.search(part)
    if compared and _COMPARED.search(goal):
        # What they are compared for is no matter of a single one.
        rest = _PURPOSE.sub("", part[compared.end() :]).rstrip(" .?")
        noun = _singular(compared["noun"])
        return [
            WHAT_OF_EACH.format(name=name, noun=noun, rest=rest)
            for name in _names(compared["names"])
        ]
    return [part]


def _names(listed: str) -> list[str]:
    return [name for name in re.split(r", and |, | and ", listed) if name]


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
    about = [(t.name, t.description.strip().split("\n")[0]) for t in own_tools(turn.tools)]
    own = [f"{name}: {text[:80]}" for name, text in about]
    if own:
        lines.append("Tools: " + "; ".join(own[:8]))
    return "".join(f"{line}\n" for line in lines)
