"""Worked examples for kinds of questions that a small model sets up wrongly by itself.

A prompt that shows all of them makes plain questions worse; so each question is shown the ones
of its own kind, right before it. Measured on a 1.5B model: unknowns, counting, deviation and
clock times went from mostly wrong to mostly right, and nothing else changed.
"""

import re

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from cogitate.planners.evidence import AGE, MEASURED, SPAN
from cogitate.words import MONTHS

MOST = 2

_COUNTING = re.compile(
    r"\bhow many (\w+ ){0,2}(ways|codes|numbers can|arrangements|committees|teams|groups|choices|"
    r"combinations|permutations|words can)\b|\bin how many\b|\bprobability|\bchances?\b|\barrange|"
    r"\bdice?\b|排列|组合|概率|骰子|[多几]少?种|排法|选法",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\bsolve\b|\bequations?\b|\bunknown|\b[xy]\b|\boriginal(ly)?\b|\bin all\b|\baltogether\b|"
    r"\btimes as\b|\btwice as\b|\bsum of two\b|方程|未知|和是\s?\d|差是\s?\d|原[价来]|各[有多是]|"
    r"[只张个]分别|一共[卖有].*几[只张个]|共[卖有].*[多几]少?[只张个]",
    re.IGNORECASE,
)
_SPREAD = re.compile(r"\bmedian|\bdeviation|\bvariance|中位|标准差|方差", re.IGNORECASE)
_CLOCK = re.compile(
    r"\d{1,2}[:：]\d\d|\d\s?(am|pm|o'clock)\b|\d+\s?点|[上下]午|晚上\d", re.IGNORECASE
)
_DAYS = re.compile(
    rf"^(?=.*(\d\s*月|\d{{4}}[-/.]\d|\b({'|'.join(MONTHS)})\b))"
    r".*(\bhow many (days|weeks)\b|[多几]少?(天|周|个?星期)|相[隔距差]|间隔)",
    re.IGNORECASE | re.DOTALL,
)

WORKED = (
    (
        MEASURED,
        "Measure how long it takes to shuffle and to sort 1,000 numbers.",
        "import random, time\n"
        "numbers = list(range(1000))\n"
        "began = time.perf_counter()\n"
        "random.shuffle(numbers)\n"
        "print('shuffle:', round((time.perf_counter() - began) * 1000, 3), 'ms')\n"
        "began = time.perf_counter()\n"
        "numbers.sort()\n"
        "print('sort:', round((time.perf_counter() - began) * 1000, 3), 'ms')",
    ),
    (
        _COUNTING,
        "In how many orders can the letters of LEVEL stand?",
        "from itertools import permutations\n"
        "orders = set(permutations('LEVEL'))  # equal letters make equal orders\n"
        "print(len(orders))",
    ),
    (
        _COUNTING,
        "Of 5 pens 3 are black. How many choices of 2 pens have at most one black one?",
        "from itertools import combinations\n"
        "pens = ['black'] * 3 + ['other'] * 2\n"
        "choices = [c for c in combinations(range(5), 2)\n"
        "           if sum(pens[i] == 'black' for i in c) <= 1]\n"
        "print(len(choices))",
    ),
    (
        _UNKNOWN,
        "A shop sold 40 cups, large ones at 7 euros and small ones at 5, for 226 euros. "
        "How many large ones?",
        "from sympy import Eq, solve, symbols\n"
        "large = symbols('large')\n"
        "print(solve(Eq(large * 7 + (40 - large) * 5, 226), large)[0])",
    ),
    (
        _SPREAD,
        "What is the standard deviation of the sample 3, 9, 4, 8, and what its median?",
        "import statistics\n"
        "sample = [3, 9, 4, 8]\n"
        "print(round(statistics.stdev(sample), 2), statistics.median(sample))",
    ),
    (
        _CLOCK,
        "A shift begins at 22:40 and takes 3 hours and 35 minutes. When does it end?",
        "from datetime import datetime, timedelta\n"
        "end = datetime.strptime('22:40', '%H:%M') + timedelta(hours=3, minutes=35)\n"
        "print(end.strftime('%H:%M'))",
    ),
    (
        _DAYS,
        "How many days are there from 3 May to 9 July 2021?",
        "from datetime import date\n"
        "begin, end = date(2021, 5, 3), date(2021, 7, 9)\n"
        "print((end - begin).days)  # + 1 only where the first day is to be counted as well",
    ),
)

FACTS_PROMPT = """\
Write a Python program that works out the answer to a question. Before each line that uses a fact, \
repeat that fact of the question as a comment. Name every quantity with its unit. End with \
print(...) of the result alone."""
FACTS_EXAMPLE = [
    HumanMessage(
        "Mia has 3 boxes of 12 pens. She gives 8 pens away and sells half of the rest at 2 euros "
        "each. How much does she get?"
    ),
    AIMessage(
        "```python\n# Mia has 3 boxes of 12 pens\npens = 3 * 12\n# She gives 8 pens away\n"
        "rest_pens = pens - 8\n# and sells half of the rest\nsold_pens = rest_pens / 2\n"
        "# at 2 euros each\neuros = sold_pens * 2\nprint(euros)\n```"
    ),
    HumanMessage("A town of 5000 people grows by 2% a year. How many live there after 3 years?"),
    AIMessage(
        "```python\n# A town of 5000 people\npeople = 5000\n"
        "# grows by 2% a year, after 3 years\nfor year in range(3):\n    people = people * 1.02\n"
        "print(people)\n```"
    ),
]
"""Another way to write it: what checks an answer, and mends one that was turned down."""

_THEN, _NOW = r"(?=.*\d{4}).*", r"(?!.*(\d|\bin \w+ years|年后)).*"


def _also(when: str, kind: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(rf"^{when}(?:{kind.pattern})", re.IGNORECASE | re.DOTALL)


WORKED_FROM_NOTES = (
    (
        _also(_THEN, AGE),
        "Known:\n2023-03-05: I was born in 1961.\n\nHow old will I be in 2040?",
        "born = 1961\nyear = 2040\nprint(year - born)",
    ),
    (
        _also(_THEN, AGE),
        "Known:\n2023-03-05: 我弟弟1986年出生。\n\n到2032年我弟弟几岁？",
        "born = 1986\nyear = 2032\nprint(year - born)",
    ),
    (
        _also(_NOW, AGE),
        "Known:\n2023-03-05: 我是1988年9月20日出生的。\n\n我现在多大了？",
        "from datetime import date\n"
        "born, today = date(1988, 9, 20), date.today()\n"
        "print(today.year - born.year - ((today.month, today.day) < (born.month, born.day)))",
    ),
    (
        _also(_THEN, SPAN),
        "Known:\n2023-03-05: We have lived here since 2009.\n\n"
        "How many years will that be in 2027?",
        "since = 2009\nyear = 2027\nprint(year - since)",
    ),
    (
        _also(_NOW, SPAN),
        "Known:\n2023-03-05: 展览2023年5月9日开始。\n\n离展览还有多少天？",
        "from datetime import date\n"
        "begins, today = date(2023, 5, 9), date.today()\n"
        "print((begins - today).days)",
    ),
)
"""The same for questions that what is known answers only when it is reckoned with."""


def worked(goal: str, *, notes: bool = False) -> list[BaseMessage]:
    """Return the worked examples of the kinds that `goal` is of, as turns of a conversation.

    Args:
        goal: the question.
        notes: whether something is known besides it.
    """
    kinds = (*WORKED_FROM_NOTES, *WORKED) if notes else WORKED
    fitting = [(q, code) for kind, q, code in kinds if kind.search(goal)][:MOST]
    turns: list[BaseMessage] = []
    for question, code in fitting:
        turns += [HumanMessage(question), AIMessage(f"```python\n{code}\n```")]
    return turns
