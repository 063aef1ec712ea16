"""files: what is counted or measured over the files of the folder, by a Python program.

Lines, words, sizes, headings: no model counts them. Programs are written and voted on as for
`compute`; these may read the folder, and the names of its files come from nowhere else.
"""

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.planners.base import Turn
from cogitate.planners.grounding import sources_of
from cogitate.planners.outputs import named_output
from cogitate.planners.ways.compute import FIX_PROMPT, Kind, by_programs, unsound
from cogitate.planners.ways.programs import foreign_values
from cogitate.planners.ways.votes import Try

FILES_PROMPT = """\
You write a short Python program that counts or measures something in the files that are listed, \
and prints it. Open a file by its name; os.listdir(FOLDER) lists all of them. Print a value with \
the name of what it is of. There is no network. At most 15 lines."""

FILES_EXAMPLE = [
    HumanMessage(
        "Texts: plan.md, 地址.txt. Tables: orders.csv\nQ: How many lines does each text file have?"
    ),
    AIMessage(
        '```python\nfor name in ["plan.md", "地址.txt"]:\n'
        '    with open(name, encoding="utf-8") as file:\n'
        "        print(name, len(file.read().splitlines()))\n```"
    ),
    HumanMessage("Texts: plan.md, 地址.txt\nQ: How often does the word budget occur in plan.md?"),
    AIMessage(
        '```python\nimport re\ntext = open("plan.md", encoding="utf-8").read()\n'
        'print(len(re.findall(r"\\bbudget\\b", text, re.IGNORECASE)))\n```'
    ),
    HumanMessage("Texts: plan.md, 地址.txt. Tables: orders.csv\nQ: 哪个文件最大？"),
    AIMessage(
        "```python\nimport os\n"
        "sizes = {name: os.path.getsize(os.path.join(FOLDER, name)) "
        "for name in os.listdir(FOLDER)}\n"
        "name = max(sizes, key=sizes.get)\nprint(name, sizes[name])\n```"
    ),
]

MOST_FILES = 40
_READS = ("open(", "FOLDER", "read_text", "read_csv")


async def files(turn: Turn) -> AIMessage:
    """Count or measure over the files of the folder."""
    return await by_programs(turn, Kind(head=_head, fault=_fault))


def _head(turn: Turn) -> list[BaseMessage]:
    question = HumanMessage(f"{_listing(turn)}\nQ: {turn.task.goal}")
    return [SystemMessage(FILES_PROMPT), *FILES_EXAMPLE, question]


def _listing(turn: Turn) -> str:
    there = turn.task.survey["files"] if turn.task.survey else []
    kinds = (("Texts", "text"), ("Tables", "table"), ("Others", "other"))
    shown = there[:MOST_FILES]
    names = {kind: [file["path"] for file in shown if file["kind"] == kind] for _, kind in kinds}
    more = f" and {len(there) - MOST_FILES} more" if len(there) > MOST_FILES else ""
    return ". ".join(f"{title}: {', '.join(names[k])}" for title, k in kinds if names[k]) + more


def _fault(turn: Turn, one: Try) -> tuple[str, str]:
    if not any(way in one.written for way in _READS):
        why = "it looked at no file"
        return why, FIX_PROMPT.format(error=why)
    sources = [*sources_of(turn.task, []), _listing(turn)]
    name = named_output(turn.task.goal, turn.task.survey)
    return unsound(one, foreign_values(one.written, sources), name)


__all__ = ["files"]
