"""What is checked of the page: timings that programs measured, and lines that name a finding."""

import pytest

from bench.one_page import NAMES, Record, module_docs
from cogitate import ToolFailure
from cogitate.runs.events import ModelCalled, Observed, ToolCalled
from cogitate.values import Usage

CLOCK = "import time\nbegan = time.perf_counter()\nprint(round(time.perf_counter() - began, 3))"
PAGE = """# Three modules

- json stores 1,000 records in 0.4 ms. [1]
- csv stores 1,000 records in 0.3 ms. [2]
- sqlite3 stores 1,000 records in 2.5 ms. [3]

## Findings
1. json? 0.4 ms
2. csv? 0.3 ms
3. sqlite3? 2.5 ms
"""


def record(page: str = PAGE, code: str = CLOCK) -> Record:
    made = Record(loop="babyagi", stopped="answered", page=page)
    for number, time in enumerate(("0.4", "0.3", "2.5")):
        call_id = f"python-{number}"
        made.note(ToolCalled(call_id=call_id, tool="python", args={"code": code}))
        made.note(Observed(call_id=call_id, tool="python", ok=True, text=f"{time} ms"))
    return made


def test_a_page_of_measured_timings_passes() -> None:
    assert all(record().checks().values())


@pytest.mark.parametrize(
    ("page", "code", "failed"),
    [
        (PAGE, "print('0.4 ms')", "three timings come from programs that ran"),
        (PAGE.replace("2.5", "9.9"), CLOCK, "three timings come from programs that ran"),
        (PAGE.replace(" [2]", ""), CLOCK, "every claim names its finding"),
        ("", CLOCK, "the file is there"),
    ],
)
def test_what_was_not_measured_or_rests_on_nothing_fails(page: str, code: str, failed: str) -> None:
    assert not record(page, code).checks()[failed]


def test_more_calls_than_the_limit_fail() -> None:
    made = record()
    for _ in range(41):
        made.note(ModelCalled(purpose="say", text="x", usage=Usage(written=9)))
    assert not made.checks()["at most 40 calls that write"]


def test_the_documentation_is_pythons_own() -> None:
    for name in NAMES:
        assert name.removesuffix("3") in module_docs.invoke({"module": name}).lower()
    with pytest.raises(ToolFailure):
        module_docs.invoke({"module": "no_such_module"})
