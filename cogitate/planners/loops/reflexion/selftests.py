"""Tests for a function that is asked for: the goal's own examples, and tests the model writes.

What a goal shows (`>>> f(2)`, `f(2) == 4`, `f(2) -> 4`) is certain. What a model writes for
itself is often wrong: a test that says otherwise than the examples of the goal is dropped when
it cannot be read, never when it fails.
"""

import ast
import json
import re

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from cogitate.llm.decide import complete
from cogitate.llm.llama import ChatLlama
from cogitate.planners.base import Turn

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
    r"\bdef \w+\(|\b(write|implement|complete|code)\b.{0,40}\bfunction\b|(写|编写|实现).{0,20}函数",
    re.IGNORECASE | re.DOTALL,
)
_DOCTEST = re.compile(r"^[ \t]*>>> (.+)\n[ \t]*(\S.*)$", re.MULTILINE)
_SHOWN = re.compile(
    r"([A-Za-z_]\w*\((?:[^()\n]|\([^()\n]*\))*\))\s*(?:==|->|=>|returns?|返回|gives?|得到)\s*"
    r"([^\n]+)"
)

REPORT = "tests:"
"""What the line with the report begins with."""
_RUNNER = """
import json, signal
def _late(*_): raise TimeoutError("it took too long")
signal.signal(signal.SIGALRM, _late)
def _why(error): return (type(error).__name__ + ": " + str(error)).rstrip(": ")[:120]
def _report():
    space, found = {{"__name__": "trial"}}, []
    for test in [{code!r}, *{tests!r}]:
        try:
            signal.alarm({seconds})
            exec(test, space)
            found.append("")
        except BaseException as error:
            found.append(_why(error))
        finally:
            signal.alarm(0)
    return found
print({code!r})  # so that the answer, which is this text, has a source
_found = _report()
print()
print("tests:", json.dumps(_found))
"""


def asks_for_code(goal: str) -> bool:
    """Return whether a goal asks for a Python function."""
    return bool(_CODE.search(goal))


def given_tests(goal: str) -> list[str]:
    """Return the examples that a goal shows as asserts."""
    found = []
    for called, value in [*_DOCTEST.findall(goal), *_SHOWN.findall(goal)]:
        if called.lstrip().startswith(("def ", "print")):
            continue
        for cut in (value, *re.split(r"[,.;，。；]\s|[.。]$", value)[:1]):
            test = f"assert {called.strip()} == {cut.strip()}"
            if _is_test(test):
                found.append(test)
                break
    return list(dict.fromkeys(found))[: 2 * MOST]


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


def program_of(code: str, tests: list[str]) -> str:
    """Return a program that defines the function anew and says which tests fail."""
    return _RUNNER.format(code=code, tests=tests, seconds=TEST_SECONDS)


def verdict_of(result: ToolMessage, tests: list[str], given: int) -> tuple[float, str]:
    """Return the score of a function and the first failure; the goal's own tests count double."""
    failed = _report_in(result)
    if len(failed) != len(tests) + 1 or failed[0]:
        why = failed[0] if failed else " ".join(result.text.strip().split("\n")[-1].split())
        return 0.0, f"the program does not run: {why[:200]}"
    if not tests:
        return 0.5, ""
    weights = [2 if number < given else 1 for number in range(len(tests))]
    gained = sum(w for w, why in zip(weights, failed[1:], strict=True) if not why)
    first = next((number for number, why in enumerate(failed[1:]) if why), None)
    why = "" if first is None else f"this test fails: {tests[first]} ({failed[first + 1]})"
    return gained / sum(weights), why


def _report_in(result: ToolMessage) -> list[str]:
    """Return what came of the definition and of each test, the last report that was printed."""
    artifact = result.artifact if isinstance(result.artifact, dict) else {}
    text = str(artifact.get("stdout") or result.text)
    at = text.rfind(REPORT)
    try:
        found = json.loads(text[at + len(REPORT) :].split("\n")[0]) if at >= 0 else []
    except ValueError:
        return []
    return [str(why) for why in found] if isinstance(found, list) else []
