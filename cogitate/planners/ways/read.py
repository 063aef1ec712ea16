"""read: the lines of the person's files that bear on the goal, read and cited.

Searching is code, also with the goal translated where files are in the other language. Then
the model is asked line by line whether it says what the goal asks for, which a 1.5B model
answers nearly always right; choosing among numbered lines it confuses the numbers. The best
line is the evidence: it is put into words, checked by code, and cited.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.evidence import asks_place, coverage
from cogitate.planners.gates import holds
from cogitate.planners.grounding import unsupported_names, unsupported_numbers
from cogitate.planners.ways.saying import call, is_chinese, say
from cogitate.values import Hit
from cogitate.words import content_words

TRANSLATE_PROMPT = "Translate into {language}, and write only the translation: {goal}"

FOUND = 0.6
"""Share of the sought words that a line must hold to be the place that is asked for."""
WEAK = 0.5
"""Below this share the files are searched in the other language as well."""
CERTAIN = 3.0
"""Log-odds at which a line is taken without asking about the next ones."""
MOST_ASKED = 9
"""Lines that the model is asked about, the likeliest first."""
MOST_PLACES = 5
AROUND = 2
LONGEST = 300

_ASKING = re.compile(
    r"\b(mention(s|ed)?|contains?|talks? about|says?|appears?|find|found|stands?|written|names?|"
    r"words?|files?|documents?|notes?|lines?|number)\b|提到了?|出现在?|写着|包含|说到|记录|里面?|在",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\"([^\"]{2,})\"|“([^”]{2,})”|「([^」]{2,})」|'([^']{3,})'(?!\w)|《([^》]{2,})》"
)
_NUMBERED = re.compile(r"^\s*(\d+): (.*)$")
_PLACED = re.compile(r"^(.+?):(\d+): (.*)$")


async def read(turn: Turn) -> AIMessage:
    """Search, read around the best lines, and answer with the place."""
    goal, results = turn.task.goal, turn.results
    if not results:
        return call("search_files", words=sought(goal))
    searched = [m for m in results if m.name == "search_files"]
    opened = [m for m in results if m.name == "read_file"]
    words = _words(turn)
    hits = _ranked(turn, placed_lines(searched), words)
    best = coverage(words, hits[0]) if hits else 0.0
    if asks_place(goal) and best >= FOUND:
        return AIMessage(_places(goal, [h for h in hits if coverage(words, h) >= best - 1e-9]))
    if len(searched) == 1 and not opened and not turn.last and best < WEAK:
        return await _search_again(turn)
    if not hits:
        return no_evidence("no line of the files has to do with it")
    if not opened and not turn.last:
        return _open(hits)
    return await _answer(turn, _ranked(turn, _lines(turn, hits, opened), words))


def sought(goal: str) -> str:
    """Return what to search for: the words that the goal quotes, else all of it."""
    quoted = _QUOTED.findall(goal)
    return " ".join(next(part for part in match if part) for match in quoted) or goal


def _words(turn: Turn) -> set[str]:
    """Return the content words that were searched for, without those that only ask."""
    texts = [
        str(c["args"].get("words", ""))
        for m in turn.messages
        if isinstance(m, AIMessage)
        for c in m.tool_calls
        if c["name"] == "search_files"
    ]
    return set(content_words(_ASKING.sub(" ", texts[-1] if texts else sought(turn.task.goal))))


def _ranked(turn: Turn, hits: Sequence[Hit], words: set[str]) -> list[Hit]:
    """Return the lines that cover most of the goal first; rows of tables only for a place."""
    survey = turn.task.survey
    kinds = {f["path"]: f["kind"] for f in survey["files"]} if survey else {}
    texts = [h for h in hits if asks_place(turn.task.goal) or kinds.get(h["path"]) != "table"]
    first = set(content_words(_ASKING.sub(" ", sought(turn.task.goal))))
    return sorted(texts, key=lambda hit: -max(coverage(words, hit), coverage(first, hit)))


def _places(goal: str, found: Sequence[Hit]) -> str:
    """Return the answer to where something stands: each place with its line."""
    form = "{path}，第 {line} 行：{text}" if is_chinese(goal) else "{path}, line {line}: {text}"
    lines = [form.format(**{**h, "text": h["text"].strip()}) for h in found[:MOST_PLACES]]
    return "\n".join(lines)


async def _search_again(turn: Turn) -> AIMessage:
    """Return the call that searches for the goal in the other language."""
    language = "English" if is_chinese(turn.task.goal) else "Chinese"
    prompt = TRANSLATE_PROMPT.format(language=language, goal=turn.task.goal)
    text = await complete(
        turn.model, [HumanMessage(prompt)], purpose="translate", stop=["\n"], max_tokens=60
    )
    return call("search_files", words=text.strip() or turn.task.goal)


def _open(hits: Sequence[Hit]) -> AIMessage:
    """Return the call that reads around the best line, and around the best of another file."""
    first = hits[0]
    other = next((hit for hit in hits if hit["path"] != first["path"]), None)
    move = call("read_file", path=first["path"], start=max(1, first["line"] - 3), lines=9)
    if other is not None:
        start = max(1, other["line"] - AROUND)
        more = call("read_file", path=other["path"], start=start, lines=2 * AROUND + 1)
        move.tool_calls.extend(more.tool_calls)
    return move


def placed_lines(results: Sequence[ToolMessage]) -> list[Hit]:
    """Return the lines that search results name, in order."""
    found: list[Hit] = []
    for message in results:
        for line in message.text.splitlines():
            if message.status != "error" and (match := _PLACED.match(line)):
                found.append(Hit(path=match[1], line=int(match[2]), text=match[3], score=0.0))
    return found


def _lines(turn: Turn, hits: Sequence[Hit], opened: Sequence[ToolMessage]) -> list[Hit]:
    """Return the lines that may hold the answer: the search's hits and those around them."""
    paths = {
        c["id"]: str(c["args"].get("path", ""))
        for m in turn.messages
        if isinstance(m, AIMessage)
        for c in m.tool_calls
    }
    found = {(hit["path"], hit["line"]): hit for hit in hits}
    for message in opened:
        path = paths.get(message.tool_call_id, "")
        for line in message.text.splitlines():
            match = _NUMBERED.match(line)
            if match and len(match[2].strip()) > 1 and message.status != "error":
                place = (path, int(match[1]))
                found.setdefault(place, Hit(path=path, line=place[1], text=match[2], score=0.0))
    return list(found.values())


async def _answer(turn: Turn, lines: Sequence[Hit]) -> AIMessage:
    """Ask about line after line, and answer with the one that says it."""
    goal = turn.task.goal
    best, odds = lines[0], float("-inf")
    for line in lines[:MOST_ASKED]:
        found = await holds(turn.model, f"{line['path']}: {line['text'][:LONGEST]}", goal)
        if found > odds:
            best, odds = line, found
        if found >= CERTAIN:
            break
    if odds < 0:
        return no_evidence("no line that was read says what is asked for")
    if asks_place(goal):
        return AIMessage(_places(goal, [best]))
    said = await say(turn, best["text"], values=False)
    text = str(said.text)
    sources = [best["path"], best["text"], goal]
    if unsupported_numbers(text, sources) or unsupported_names(text, sources):
        text = best["text"].strip()
    return AIMessage(f"{text} {citation(goal, best)}")


def citation(goal: str, cited: Hit) -> str:
    """Return where the answer stands, in the language of the goal."""
    if is_chinese(goal):
        return f"（{cited['path']}，第 {cited['line']} 行）"
    return f"({cited['path']}, line {cited['line']})"
