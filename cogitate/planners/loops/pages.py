"""A file as the result of a goal: whether one is asked for, and the page made of findings.

What a model words is held to the findings: each line is followed by the numbers of those that it
rests on, a line that rests on none is left out, and the findings stand below, word for word. What
it does not know: how findings come about.
"""

import re
from collections.abc import Sequence
from pathlib import PurePath

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn
from cogitate.planners.grounding import unsupported_numbers
from cogitate.planners.ways.saying import call, is_chinese
from cogitate.words import content_words

WRITES = "write_file"

PAGE_PROMPT = """\
You write one page of Markdown from findings: a title that begins with #, then one line for each \
thing that the findings say, with its numbers copied exactly. Add nothing that the findings do not \
say. Write in the language that is named."""
PAGE_EXAMPLE = [
    HumanMessage(
        "Goal: Write a page that compares the two vans.\nFindings:\n"
        "- How much does the red van carry? The red van carries 900 kg.\n"
        "- How much does the blue van carry? It carries 1,150 kg.\nLanguage: English"
    ),
    AIMessage(
        "# The two vans compared\n- The red van carries 900 kg.\n- The blue van carries 1,150 kg."
    ),
]

PAGE_TOKENS = 400
SHOWN = 300
_NAMED = re.compile(
    r"(?:\b(?:to|into|in|as|called|named|file)\s+|[到为成入叫]\s*)[`\"'“]?"
    r"(?P<name>[\w-]+(?:\.[\w-]+)*\.(?:md|txt|html))\b",
    re.IGNORECASE,
)
_SAVES = re.compile(
    r"\b(write|save|store|put|record|export|create|draft|produce|make)\b|写|保存|存|记录|生成|导出",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(results?|answers?|findings?|everything|both|down|finally|then|after that)\b|"
    r"结果|答案|都|最后|然后|[把并将]",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"\b(?:write|draft|produce|create)\s+(?:me\s+)?(?:an?|one|the)\b[^.?!]{0,30}?"
    r"\b(?P<noun>page|report|document)\b|写(?:一[份篇页]|出)[^。？！]{0,20}?(?:报告|文档|页)",
    re.IGNORECASE,
)


def wanted_file(turn: Turn) -> str:
    """Return the name of the file that the goal asks to be written, empty when it asks for none."""
    goal = turn.task.goal
    if not any(tool.name == WRITES for tool in turn.tools):
        return ""
    there = {file["path"] for file in turn.task.survey["files"]} if turn.task.survey else set()
    for match in _NAMED.finditer(goal):
        if match["name"] not in there and _SAVES.search(goal[: match.start()]):
            return PurePath(match["name"]).name
    page = _PAGE.search(goal)
    return f"{(page['noun'] or 'report').lower()}.md" if page else ""


def only_saves(text: str) -> bool:
    """Return whether a part of a goal asks for nothing but that what was found is written down."""
    match = _NAMED.search(text)
    if match is None or not _SAVES.search(text[: match.start()]):
        return False
    rest = _SAVES.sub(" ", text.replace(match[0], " "))
    return not set(content_words(_FOUND.sub(" ", rest)))


async def write_page(turn: Turn, name: str, findings: Sequence[tuple[str, str]]) -> AIMessage:
    """Return the call that writes the page of findings: what was asked, and what it gave."""
    kept = [(" ".join(ask.split()), " ".join(text.split())) for ask, text in findings]
    listed = "\n".join(f"- {ask} {text[:SHOWN]}" for ask, text in kept)
    language = "Chinese" if is_chinese(turn.task.goal) else "English"
    asked = f"Goal: {turn.task.goal}\nFindings:\n{listed}\nLanguage: {language}"
    said = await complete(
        turn.model,
        [SystemMessage(PAGE_PROMPT), *PAGE_EXAMPLE, HumanMessage(asked)],
        purpose="page",
        stop=["```"],
        max_tokens=PAGE_TOKENS,
    )
    return call(WRITES, path=name, text=page_of(said, turn.task.goal, kept))


def written(turn: Turn) -> AIMessage:
    """Return the answer with what became of the file that the goal asked for."""
    answers = [str(data["answer"]) for data in turn.thoughts if "answer" in data]
    return AIMessage("\n".join([*answers[-1:], turn.results[-1].text]))


def page_of(said: str, goal: str, findings: Sequence[tuple[str, str]]) -> str:
    """Return the page: the lines that findings support, each with their numbers, and the findings.

    Args:
        said: what a model wrote.
        goal: what was asked; the title when the model gave none.
        findings: what each finding was asked by, and its text.
    """
    lines = [" ".join(line.split()) for line in said.splitlines()]
    titles = [line for line in lines if line.startswith("#")]
    title = titles[0].lstrip("# ") if titles else " ".join(goal.split())[:100]
    body = []
    for line in dict.fromkeys(lines):
        marks = _marks(line, findings) if line and not line.startswith("#") else []
        if marks:
            body.append(f"{line} {''.join(f'[{number}]' for number in marks)}")
    chinese = is_chinese(goal)
    sources = [f"{n}. {ask} {text}" for n, (ask, text) in enumerate(findings, start=1)]
    head = "依据" if chinese else "Findings"
    return "\n".join([f"# {title}", "", *body, *([""] if body else []), f"## {head}", *sources, ""])


def _marks(line: str, findings: Sequence[tuple[str, str]]) -> list[int]:
    """Return the numbers of the findings that a line rests on; none when a number is not theirs."""
    sources = [f"{ask} {text}" for ask, text in findings]
    if unsupported_numbers(line, sources, small=-1):
        return []
    words = set(content_words(line))
    shared = [len(words & set(content_words(source))) for source in sources]
    best = max(shared, default=0)
    if best < max(1, len(words) // 3):
        return []
    return [at for at, count in enumerate(shared, start=1) if count == best][:2]


__all__ = ["WRITES", "only_saves", "page_of", "wanted_file", "write_page", "written"]
