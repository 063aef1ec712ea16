"""A file as the result of a goal: whether one is asked for, and the page made of findings.

What a model words is held to the findings: each line is followed by the numbers of those that it
rests on, a sentence that rests on none is left out, and the findings stand below, word for word.
What it does not know: how findings come about.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn
from cogitate.planners.grounding import unsupported_numbers
from cogitate.planners.outputs import named_output
from cogitate.planners.ways.saving import WRITES
from cogitate.planners.ways.saying import call, is_chinese
from cogitate.words import content_words

PAGES = (".md", ".txt", ".html")

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
_PAGE = re.compile(
    r"\b(?:write|draft|produce|create)\s+(?:me\s+)?(?:an?|one|the)\b[^.?!]{0,30}?"
    r"\b(?P<noun>page|report|document)\b|写(?:一[份篇页]|出)[^。？！]{0,20}?(?:报告|文档|页)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？])")


def wanted_file(turn: Turn) -> str:
    """Return the name of the file that the goal asks to be written, empty when it asks for none."""
    goal = turn.task.goal
    if not any(tool.name == WRITES for tool in turn.tools):
        return ""
    name = named_output(goal, turn.task.survey)
    if name.lower().endswith(PAGES):
        return name
    page = _PAGE.search(goal)
    return f"{(page['noun'] or 'report').lower()}.md" if page else ""


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


def is_written(turn: Turn) -> bool:
    """Return whether the last thing that was done is the writing of the page."""
    kept = any("answer" in data for data in turn.thoughts)
    return kept and bool(turn.results) and turn.results[-1].name == WRITES


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
    body = [sound for line in dict.fromkeys(lines) if (sound := _sound(line, findings))]
    chinese = is_chinese(goal)
    sources = [f"{n}. {ask} {text}" for n, (ask, text) in enumerate(findings, start=1)]
    head = "依据" if chinese else "Findings"
    return "\n".join([f"# {title}", "", *body, *([""] if body else []), f"## {head}", *sources, ""])


def _sound(line: str, findings: Sequence[tuple[str, str]]) -> str:
    """Return the sentences of a line that findings support, with the numbers of those."""
    if not line or line.startswith("#"):
        return ""
    kept, marks = [], list[int]()
    for sentence in _SENTENCE_END.split(line):
        found = _marks(sentence, findings)
        if found:
            kept.append(sentence)
            marks += [mark for mark in found if mark not in marks]
    return f"{' '.join(kept)} {''.join(f'[{number}]' for number in marks)}" if kept else ""


def _marks(text: str, findings: Sequence[tuple[str, str]]) -> list[int]:
    """Return the numbers of the findings that a sentence rests on.

    It rests on none when one of its numbers is not theirs, or half of its words are not.
    """
    sources = [f"{ask} {said}" for ask, said in findings]
    if unsupported_numbers(text, sources, small=-1):
        return []
    words = set(content_words(text))
    shared = [words & set(content_words(source)) for source in sources]
    best = max(map(len, shared), default=0)
    marks = [at for at, found in enumerate(shared, start=1) if len(found) == best][:2]
    held = set().union(*(shared[mark - 1] for mark in marks))
    return marks if 2 * len(held) > len(words) else []


__all__ = ["is_written", "page_of", "wanted_file", "write_page", "written"]
