"""read: the lines of the person's files that bear on the goal, read and cited.

Searching is code: by words, by meaning, and both again with the goal translated where the files
are in the other language. Then the model is asked line by line whether it says what the goal
asks for, alone and with what leads up to it, which a 1.5B model answers nearly always right;
choosing among numbered lines it confuses the numbers. The best line is the evidence: it is put
into words, checked by code, and cited. Where the goal asks for a total that the lines only give the
parts of, programs work it out from them (`compute`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from langchain_core.messages import AIMessage, HumanMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.evidence import asks_difference, asks_place, coverage, names_total
from cogitate.planners.gates import holds, holds_within
from cogitate.planners.grounding import numbers_in, unsupported_names, unsupported_numbers
from cogitate.planners.ways.compute import compute
from cogitate.planners.ways.saying import call, is_chinese, say
from cogitate.planners.ways.texts import is_heading, under, unmarked, whole
from cogitate.planners.ways.translation import same_numbers, translated
from cogitate.values import Hit
from cogitate.words import MONTHS, content_words

TRANSLATE_PROMPT = "Translate into {language}, and write only the translation: {goal}"

FOUND = 0.6
"""Share of the sought words that a line must hold to be the place that is asked for."""
WEAK = 0.5
"""Below this share the files are searched in the other language as well."""
CERTAIN = 3.0
"""Log-odds at which a line is taken without asking about the next ones."""
MOST_ASKED = 10
"""Lines that the model is asked about, the likeliest first."""
FEW = 3
"""The best of them are asked about once more, with what leads up to them."""
ENOUGH = 0.3
"""Sum of both log-odds from which a line says it. Measured on 14 goals in two languages: the lines
that say it began at 2.5, those of goals without an answer ended at 0.28."""
PARTS = 2
"""Figures from which a line may give the parts of a total instead of the total."""
FREE = 2
"""Whole numbers up to this may be in a sentence that its line does not have them in."""
MOST_PLACES = 5
MOST_PARTS = 2
OWN_WORDS = 2
"""Content words from which a part of a question stands by itself."""
LONGEST = 300

_COMPARES = re.compile(
    r"\b(than|more|less|fewer|lower\w*|rais\w+|ris\w+|increas\w+|reduc\w+|discount|off|"
    r"cheaper|difference|longer|shorter|earlier|later)\b|[比多少涨降差减增]|便宜|折",
    re.IGNORECASE,
)
"""How a line says a difference by itself; one that is to be worked out is not read."""
_COUNTED = re.compile(r"(?<![总一])共计?\s*[\d.,一二两三四五六七八九十百千万]+\s*([一-鿿])")
"""What lines say a total of: 共十二次 says how many times, not how many hours."""
_WHEN = re.compile(
    rf"\b\d{{4}}-\d\d(?:-\d\d)?\b|\d{{1,2}}[:：]\d\d|\d+\s*[年月日号点]|\b(?:19|20)\d\d\b|"
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{'|'.join(MONTHS)})\b|"
    rf"\b(?:{'|'.join(MONTHS)})\s+\d{{1,2}}\b",
    re.IGNORECASE,
)
"""Dates, years and times of day: they are no parts of a total."""
UNTOLD = "the lines that were read do not say the total"
_ASKING = re.compile(
    r"\b(mention(s|ed)?|contains?|talks? about|says?|appears?|find|found|stands?|written|names?|"
    r"words?|files?|documents?|notes?|lines?|number)\b|提到了?|出现在?|写着|包含|说到|记录|里面?|在",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\"([^\"]{2,})\"|“([^”]{2,})”|「([^」]{2,})」|'([^']{3,})'(?!\w)|《([^》]{2,})》"
)
_PARTS = re.compile(
    r"\band (on |in |at |by |to )?(what|who|when|where|how|which)\b|"
    r"(多少|什么|哪|几|谁).*[,，;；?？和].*(多少|什么|哪|几|谁)",
    re.IGNORECASE,
)


async def read(turn: Turn) -> AIMessage:
    """Search by words, then by meaning, and answer with the place."""
    goal = turn.task.goal
    if turn.thoughts:
        return await _reckoned(turn)
    searches = _searches(turn)
    if not searches:
        return call("search_files", words=sought(goal))
    by_words = _ranked(turn, searches)
    best = max((_cover(searches, hit) for hit in by_words[:1]), default=0.0)
    if asks_place(goal) and best >= FOUND:
        same = [h for h in by_words if _cover(searches, h) >= best - 1e-9]
        return AIMessage(_places(goal, same))
    if len(searches) == 1 and not turn.last:
        return await _search_wider(turn, translated=best < WEAK)
    by_meaning = [[h for h in s.hits if _fits(turn, h)] for s in searches if s.meaning]
    lines = _in_turn(by_words, *by_meaning)
    if not lines:
        return no_evidence("no line of the files has to do with it")
    return await _answer(turn, lines)


@dataclass(frozen=True)
class Search:
    """One search that was made: what for, how, and the lines it found."""

    words: str
    meaning: bool
    hits: list[Hit]


def _searches(turn: Turn) -> list[Search]:
    """Return the searches of this step, those that found nothing too."""
    asked = {
        c["id"]: c["args"]
        for m in turn.messages
        if isinstance(m, AIMessage)
        for c in m.tool_calls
        if c["name"] == "search_files"
    }
    found = []
    for result in turn.results:
        args = asked.get(result.tool_call_id)
        if args is not None:
            data = result.artifact if isinstance(result.artifact, dict) else {}
            meaning = bool(args.get("meaning"))
            found.append(Search(str(args.get("words", "")), meaning, list(data.get("hits", []))))
    return found


def sought(goal: str) -> str:
    """Return what to search for: the words that the goal quotes, else all of it."""
    quoted = _QUOTED.findall(goal)
    return " ".join(next(part for part in match if part) for match in quoted) or goal


def _cover(searches: Sequence[Search], hit: Hit) -> float:
    """Return the largest share of the sought words, of any wording, that a line holds."""
    wordings = [set(content_words(_ASKING.sub(" ", s.words))) for s in searches if not s.meaning]
    return max((coverage(words, hit) for words in wordings), default=0.0)


def _fits(turn: Turn, hit: Hit) -> bool:
    """Return whether a line is one of a text, or a row of a table where a place is asked for."""
    survey = turn.task.survey
    kinds = {f["path"]: f["kind"] for f in survey["files"]} if survey else {}
    return asks_place(turn.task.goal) or kinds.get(hit["path"]) != "table"


def _ranked(turn: Turn, searches: Sequence[Search]) -> list[Hit]:
    """Return the lines that were found by words, those that cover most of them first."""
    found = [hit for s in searches if not s.meaning for hit in s.hits if _fits(turn, hit)]
    return sorted(found, key=lambda hit: -_cover(searches, hit))


def _in_turn(*lists: Sequence[Hit]) -> list[Hit]:
    """Return the best of each list, then the second ones, and so on, each line once."""
    found: dict[tuple[str, int], Hit] = {}
    for row in zip_longest(*lists):
        for hit in row:
            if hit is not None:
                found.setdefault((hit["path"], hit["line"]), hit)
    return list(found.values())


def _places(goal: str, found: Sequence[Hit]) -> str:
    """Return the answer to where something stands: each place with its line."""
    form = "{path}，第 {line} 行：{text}" if is_chinese(goal) else "{path}, line {line}: {text}"
    lines = [form.format(**{**h, "text": h["text"].strip()}) for h in found[:MOST_PLACES]]
    return "\n".join(lines)


async def _search_wider(turn: Turn, *, translated: bool) -> AIMessage:
    """Return the calls that search by meaning, and in the other language if need be."""
    move = call("search_files", words=turn.task.goal, meaning=True)
    if not translated:
        return move
    language = "English" if is_chinese(turn.task.goal) else "Chinese"
    prompt = TRANSLATE_PROMPT.format(language=language, goal=turn.task.goal)
    text = await complete(
        turn.model, [HumanMessage(prompt)], purpose="translate", stop=["\n"], max_tokens=60
    )
    if text.strip():
        for more in (call("search_files", words=text.strip(), meaning=m) for m in (False, True)):
            move.tool_calls.extend(more.tool_calls)
    return move


async def _answer(turn: Turn, lines: Sequence[Hit]) -> AIMessage:
    """Answer with the line that says it; of a question in two parts, with the line of each."""
    goal = turn.task.goal
    questions = questions_of(goal)
    most = MOST_PARTS if len(questions) == 1 and _PARTS.search(goal) else 1
    found = [hit for one in questions for hit in (await _saying(turn, lines, one))[:most]]
    said = [hit for at, hit in enumerate(found) if hit not in found[:at]]
    if not said:
        return no_evidence("no line that was read says what is asked for")
    if asks_place(goal):
        return AIMessage(_places(goal, said[:1]))
    result = "\n".join(dict.fromkeys(unmarked(whole(hit)) for hit in said))
    cited = " ".join(citation(goal, hit) for hit in said)
    if names_total(goal) and not _tells_total(goal, result):
        programs = any(tool.name == "python" for tool in turn.tools) and not turn.last
        return go_on(known=result, cited=cited) if programs else no_evidence(UNTOLD)
    text = str((await say(turn, result, values=False)).text)
    if is_chinese(text) != is_chinese(goal):
        text = await _in_language(turn, text)
    sources = [goal, result, *(hit["path"] for hit in said)]
    if unsupported_numbers(text, sources, small=FREE) or unsupported_names(text, sources):
        text = result
    if asks_difference(goal) and not (numbers_in(text) and _COMPARES.search(result)):
        return no_evidence("the lines that were read do not say the difference")
    translated = is_chinese(goal) != is_chinese(result) and text != result
    # A small model translates badly at times: the words of the file stand beside its own.
    return AIMessage(f"{text} {cited}" + (f"\n“{result}”" if translated else ""))


def _tells_total(goal: str, result: str) -> bool:
    """Return whether lines say a total themselves: by a word for it, or as their one figure."""
    counted = any(unit in goal for unit in _COUNTED.findall(result))
    figures = numbers_in(_WHEN.sub(" ", result))
    return counted or names_total(result) or len(figures) < PARTS


async def _reckoned(turn: Turn) -> AIMessage:
    """Work out from the lines that were found what they give the parts of, by programs."""
    kept = turn.thoughts[0]
    begun = next(i for i, m in enumerate(turn.messages) if "thinking" in m.additional_kwargs)
    task = replace(turn.task, notes=(*turn.task.notes, str(kept["known"])))
    made = await compute(replace(turn, task=task, messages=turn.messages[begun + 1 :]))
    return AIMessage(f"{made.text} {kept['cited']}") if made.text else made


async def _in_language(turn: Turn, text: str) -> str:
    """Return a sentence in the language of the goal, or as it is where its figures would change."""
    said = await translated(turn, text, "Chinese" if is_chinese(turn.task.goal) else "English")
    return said if said and "\n" not in said and same_numbers(text, said) else text


async def _saying(turn: Turn, lines: Sequence[Hit], question: str) -> list[Hit]:
    """Ask about line after line, and return those that say what is asked for, the surest first."""
    alone: list[tuple[float, Hit]] = []
    asked = [line for line in lines if not is_heading(line["text"])]
    for line in asked[:MOST_ASKED]:
        odds = await holds(turn.model, f"{under(line)}: {whole(line)[:LONGEST]}", question)
        alone.append((odds, line))
        if odds >= CERTAIN:
            break
    alone.sort(key=lambda item: -item[0])
    scored = [(a + await holds_within(turn.model, hit, question), hit) for a, hit in alone[:FEW]]
    scored.sort(key=lambda item: -item[0])
    return [hit for odds, hit in scored if odds >= ENOUGH]


def questions_of(goal: str) -> list[str]:
    """Return the two questions of "who ..., and when does ...?", else the goal alone.

    Both must stand by themselves: in "who keeps it, and how much?" the second does not.
    """
    match = _PARTS.search(goal)
    if match is None or not match[2]:
        return [goal]
    first = goal[: match.start()].rstrip(" ,;")
    second = goal[match.start() + len("and ") :]
    if min(len(content_words(first)), len(content_words(second))) < OWN_WORDS:
        return [goal]
    return [f"{first}?", second[0].upper() + second[1:]]


def citation(goal: str, cited: Hit) -> str:
    """Return where the answer stands, in the language of the goal."""
    if is_chinese(goal):
        return f"（{cited['path']}，第 {cited['line']} 行）"
    return f"({cited['path']}, line {cited['line']})"
