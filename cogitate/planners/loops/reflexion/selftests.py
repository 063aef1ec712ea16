"""Tests for a function that is asked for: the goal's own examples, and tests the model writes.

What a goal shows (`>>> f(2)`, `f(2) == 4`, `f(2) -> 4`) is certain. What a model writes for
itself is often wrong: a test that says otherwise than the examples of the goal is dropped when
it cannot be read, never when it fails.
"""

import ast
import builtins
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from cogitate.llm.decide import complete
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn
from cogitate.planners.ways.saying import is_chinese

TESTS_PROMPT = """\
Write tests for the Python function that is asked for, one assert a line, five at most. Test usual \
cases, an empty one and a border, with small values whose result is certain."""
TESTS_EXAMPLE = [
    HumanMessage("Write a function last_word(text) that returns the last word of a text."),
    AIMessage(
        "```python\nassert last_word('a b') == 'b'\nassert last_word('one') == 'one'\n"
        "assert last_word('') == ''\nassert last_word('no more ') == 'more'\n```"
    ),
]
FENCE = "```python\n"
MOST = 5
"""Tests that the model writes; the reference means five and asks for one."""
TEST_TOKENS = 220
TEST_SECONDS = 3

_CODE = re.compile(
    r"\b(write|implement|complete|create|define|code|need)\b"
    r"(?![^.\n]{0,40}\b(about|(of|for|to) the function|entry|e-?mail|letter|JavaScript|TypeScript|"
    r"Java|Rust|SQL|Bash)\b)[^.\n]{0,40}\b(function\b(?!\s+of\b)|def \w+\()|"
    r"\bdef \w+\([^\n]*:\s*\n|(写|编写|实现|定义|补全)(?!.{0,12}关于).{0,20}函数",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\s*((what|which|where|who|whose|when|how|why|explain|describe)\b|谁|哪|什么|解释|说明)",
    re.IGNORECASE,
)
"""How a question about a function begins."""
_DOCTEST = re.compile(r"^[ \t]*>>> (.+)\n[ \t]*(\S.*)$", re.MULTILINE)
_CALL = r"(?<![\w.])([A-Za-z_]\w*\((?:[^()\n]|\([^()\n]*\))*\))\s*"
_SHOWN = re.compile(rf"{_CALL}(?:==|->|=>|returns?|返回|gives?|得到)\s*(?=([^\n]+))")
_SAID = re.compile(rf"{_CALL}(?:is|equals|should be|是|等于|应为)\s*(?=([^\n]+))")
"""These words also lead to what a function is for: only a literal after them is an example."""
_CUT = re.compile(r"(?=[\s，。；、,;]|[.](?:\s|$)|[\u4e00-\u9fff]|$)")
_GOES_ON = re.compile(r"\s*[-+*/%]|[\[(]|[.]\w|,\d|\s+(?:if|or|less|more|times)\b|\s*(?:或|表示)")

REPORT = "tests:"
"""What the line with the report begins with."""
_RUNNER = """
import json, signal
_codes, _tests = {codes!r}, {tests!r}
def _late(*_): raise TimeoutError("it took too long")
signal.signal(signal.SIGALRM, _late)
def _why(error): return (type(error).__name__ + ": " + str(error)).rstrip(": ")[:120]
def _report(code):
    space, found, late = {{"__name__": "trial", "_late": _late}}, [], ""
    for test in [code, *_tests]:
        try:
            signal.alarm({seconds})
            exec(late or test, space)
            found.append("")
        except BaseException as error:
            found.append(_why(error))
            late = "_late()" if isinstance(error, TimeoutError) else late
        finally:
            signal.alarm(0)
    return found
def _gained(found):
    weights = [len(_tests) + 1, *[2 if n < {given} else 1 for n in range(len(_tests))]]
    return sum(weight for weight, why in zip(weights, found) if not why)
_found = [_report(code) for code in _codes]
_best = max(range(len(_codes)), key=lambda n: _gained(_found[n]))
print(_codes[_best], *_tests, sep="\\n")  # so that the answer, which is this text, has a source
print()
print("tests:", json.dumps([_best, *_found[_best]]))
"""


def asks_for_code(goal: str) -> bool:
    """Return whether a goal asks for a Python function."""
    return bool(_CODE.search(goal)) and not _ASKED.match(goal)


def given_tests(goal: str) -> list[str]:
    """Return the examples that a goal shows as asserts."""
    found = []
    said = [(called, value) for called, text in _SAID.findall(goal) if (value := _literal(text))]
    for called, value in [*_DOCTEST.findall(goal), *_SHOWN.findall(goal), *said]:
        test = f"assert {called.strip()} == {_literal(value) or value.strip()}"
        told = called.lstrip().startswith(("def ", "print"))
        if not told and _is_test(test) and _is_closed(test):
            found.append(test)
    return list(dict.fromkeys(found))[: 2 * MOST]


def _is_closed(test: str) -> bool:
    """Return whether a test names nothing but what it calls: "f(n) returns ..." is no example."""
    tree = ast.parse(test)
    if getattr(tree.body[0], "msg", None):  # "f(100) returns 10,000": no value, and a message
        return False
    nodes = list(ast.walk(tree))
    called = {id(part) for n in nodes if isinstance(n, ast.Call) for part in ast.walk(n.func)}
    names = [n for n in nodes if isinstance(n, ast.Name) and id(n) not in called]
    bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return all(n.id in bound or hasattr(builtins, n.id) for n in names)


def _literal(text: str) -> str:
    """Return the value that a text begins with, empty where it begins with none."""
    for cut in _CUT.finditer(text):
        value = text[: cut.start()].strip()
        try:
            ast.literal_eval(value)
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
            continue
        return "" if _GOES_ON.match(text, cut.start()) else value
    return ""


def _is_test(line: str) -> bool:
    """Return whether a line is a test: an assert that calls something and compares it."""
    try:
        body = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):
        return False
    if len(body) != 1 or not isinstance(body[0], ast.Assert):
        return False
    test = body[0].test
    return any(isinstance(node, ast.Call) for node in ast.walk(test)) and not isinstance(
        test, ast.Constant
    )


async def tests_for(turn: Turn) -> tuple[list[str], int]:
    """Return the tests of a goal, and how many of them, at the head, are the goal's own."""
    given = given_tests(turn.task.goal)
    shown = [SystemMessage(TESTS_PROMPT), *TESTS_EXAMPLE, HumanMessage(turn.task.goal)]
    known = {"max_tokens": TEST_TOKENS} if isinstance(turn.model, ChatLlama) else {}
    text = await complete(turn.model, shown, purpose="tests", opening=FENCE, stop=["```"], **known)
    lines = [line.strip() for line in text.split("\n")]
    written = [line for line in lines if _is_test(line) and line not in given]
    return [*given, *list(dict.fromkeys(written))[:MOST]], len(given)


def program_of(codes: Sequence[str], tests: Sequence[str], given: int) -> str:
    """Return a program that tries each of some functions and says which tests the best one fails.

    Args:
        codes: one or more ways to write the function, the likeliest first.
        tests: asserts.
        given: how many of them, at the head, are the goal's own: they count double.
    """
    return _RUNNER.format(codes=list(codes), tests=list(tests), given=given, seconds=TEST_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the tests say of a function."""

    score: float
    """Share of the tests that pass, those of the goal counted double."""
    why: str = ""
    """The first failure, in words; empty for none."""
    refuted: bool = False
    """Whether it does not run, or an example of the goal fails."""
    best: int = 0
    """Which of the functions that were tried it is about."""


def verdict_of(result: ToolMessage, tests: list[str], given: int) -> Verdict:
    """Return what the tests say; the first `given` of them are the goal's own."""
    best, failed = _report_in(result)
    if len(failed) != len(tests) + 1 or failed[0]:
        why = failed[0] if failed else " ".join(result.text.strip().split("\n")[-1].split())
        return Verdict(
            score=0.0, why=f"the program does not run: {why[:200]}", refuted=True, best=best
        )
    if not tests:
        return Verdict(score=0.5, best=best)
    weights = [2 if number < given else 1 for number in range(len(tests))]
    gained = sum(w for w, why in zip(weights, failed[1:], strict=True) if not why)
    first = next((number for number, why in enumerate(failed[1:]) if why), None)
    why = "" if first is None else f"this test fails: {tests[first]} ({failed[first + 1]})"
    refuted = first is not None and first < given
    return Verdict(score=gained / sum(weights), why=why, refuted=refuted, best=best)


def _report_in(result: ToolMessage) -> tuple[int, list[str]]:
    """Return which function was the best, and what came of its definition and of each test."""
    artifact = result.artifact if isinstance(result.artifact, dict) else {}
    text = str(artifact.get("stdout") or result.text)
    at = text.rfind(REPORT)
    try:
        best, *failed = json.loads(text[at + len(REPORT) :].split("\n")[0]) if at >= 0 else [0]
    except (ValueError, TypeError):
        return 0, []
    return (best, [str(why) for why in failed]) if isinstance(best, int) else (0, [])


def fenced(code: str) -> str:
    """Return a function as it is given as an answer."""
    return f"{FENCE}{code}\n```"


def bare(answer: str) -> str:
    """Return the function of an answer."""
    return answer.removeprefix(FENCE).removesuffix("\n```")


def tested(goal: str, why: str, tests: list[str], given: int) -> str:
    """Return what is known of a function by its tests, in the goal's language; empty for nothing.

    Args:
        goal: what was asked.
        why: the first failure, of a test that the model wrote itself; empty for none.
        tests: all tests.
        given: how many of them, at the head, are the goal's own.
    """
    chinese = is_chinese(goal)
    own, lines = len(tests) - given, []
    if given:
        shown = (
            f"它通过了给出的{given}个例子。"
            if chinese
            else f"It passes the {given} examples given."
        )
        lines.append(shown if given > 1 or chinese else "It passes the example given.")
    if why:
        lines.append(f"自拟的测试未全部通过：{why}" if chinese else f"Of its own tests, {why}.")
    elif own:
        lines.append(
            f"它通过了自拟的{own}个测试。"
            if chinese
            else f"It passes {own} {'test' if own == 1 else 'tests'} of its own."
        )
    return "\n".join(lines)
