"""Going round in circles is seen; reading on, waiting and looking up are not taken for it."""

import itertools

import pytest
from langchain_core.messages import AIMessage

from cogitate import Agent, Limits, ScriptedModel, direct, tool
from cogitate.agents.guard import CIRCLED, near_key
from cogitate.llm.scripted import call
from cogitate.planners import Ordered, go_on
from cogitate.runs.events import Noted, Planned

COUNT = itertools.count(1)


@tool(effect="read")
def search(query: str) -> str:
    """Search for words."""
    return "1. The tide comes twice a day.\n2. The moon draws the sea."


@tool(effect="read")
def clock(zone: str) -> str:
    """Return the time in a zone."""
    return f"it is 12:{next(COUNT) % 60:02d}:07 there"


@tool(effect="read")
def read_page(number: int) -> str:
    """Read one page."""
    return f"page {number}\nof the book with the words {'ab' * number}"


@tool(effect="read")
def stock(thing: str) -> str:
    """Say how many of a thing there are."""
    return "40"


@tool(effect="once")
def tell(person: str) -> str:
    """Tell a person."""
    return "told"


@tool(effect="read")
def plan(text: str) -> str:
    """Write down a plan."""
    return f"noted: {text}"


def agent(*replies, tools, **parts):
    parts.setdefault("planner", direct)
    parts.setdefault("limits", Limits(steps=30, tool_calls=40))
    return Agent(model=ScriptedModel(replies=replies), tools=tools, **parts)


async def stopped(*moves, tools, **parts):
    result = await agent(*moves, "Done.", tools=tools, **parts).arun("Find it.")
    return result.stopped


# --------------------------------------------------------------------------------- it is a circle


@pytest.mark.parametrize(
    "queries",
    [
        ["tide times", "Tide times", "tide  times!", "times, tide", "TIDE TIMES?", "“tide” times"],
        ["tide", "the moon", "sea and moon", "water", "why tides", "tides of the sea"],
    ],
    ids=["nearly the same", "nothing new"],
)
async def test_searches_that_bring_nothing_new_are_a_circle(queries):
    assert await stopped(*(call("search", query=q) for q in queries), tools=(search,)) == "loop"


@pytest.mark.parametrize("length", [2, 3])
async def test_a_cycle_of_tools_is_a_circle(length):
    cycle = [
        lambda: call("search", query="tides"),
        lambda: call("stock", thing="chairs"),
        lambda: call("read_page", number=3),
    ][:length]
    moves = [cycle[n % length]() for n in range(12)]
    assert await stopped(*moves, tools=(search, stock, read_page)) == "loop"


async def test_a_time_in_a_result_is_nothing_new():
    moves = [call("clock", zone=zone) for zone in ("Rome", "rome", "ROME", "Rome.", "'Rome'")]
    assert await stopped(*moves, tools=(clock,)) == "loop"


async def test_planning_without_acting_is_a_circle():
    moves = [call("plan", text=f"step {n}: I will look at the {n}th page") for n in range(9)]
    assert await stopped(*moves, tools=(plan, search)) == "loop"


async def test_the_same_thought_again_and_again_is_a_circle():
    async def think(turn):
        return go_on(idea="look at the tide")

    made = agent(tools=(search,), executor=think, planner=None)
    result = await made.arun("Find it.")
    assert (result.stopped, result.ok) == ("loop", False)
    assert result.steps <= 8


async def test_a_person_told_twice_is_told_once_and_it_is_a_circle():
    moves = [call("tell", person="Ann") for _ in range(6)]
    made = agent(*moves, tools=(tell,))
    assert (await made.arun("Tell Ann.")).stopped == "loop"


# ------------------------------------------------------------------------------- it is not a circle


async def test_reading_on_page_by_page_is_no_circle():
    moves = [call("read_page", number=n) for n in range(1, 15)]
    assert await stopped(*moves, tools=(read_page,)) == "answered"


async def test_waiting_for_what_is_under_way_is_no_circle():
    states = iter(["running"] * 9 + ["finished: 7"])

    @tool(effect="read")
    def status(job: str) -> str:
        """Say how a job stands."""
        return next(states)

    moves = [call("status", job="a1") for _ in range(10)]
    made = agent(*moves, "It is 7.", tools=(status,))
    result = await made.arun("How does the job a1 end?")
    assert (result.stopped, result.answer) == ("answered", "It is 7.")


async def test_progress_is_no_circle_however_long_it_takes():
    done = itertools.count(4, 4)

    @tool(effect="read")
    def status(job: str) -> str:
        """Say how a job stands."""
        return f"in progress: {next(done)} %"

    moves = [call("status", job="a1") for _ in range(20)]
    assert await stopped(*moves, tools=(status,)) == "answered"


async def test_waiting_for_ever_is_a_circle():
    @tool(effect="read")
    def status(job: str) -> str:
        """Say how a job stands."""
        return "still running"

    moves = [call("status", job="a1") for _ in range(29)]
    assert await stopped(*moves, tools=(status,)) == "loop"


async def test_a_tool_that_declares_that_it_changes_is_asked_again():
    values = iter([3, 3, 9])

    @tool(effect="read")
    def level(tank: str) -> str:
        """Return the level of a tank."""
        return f"level {next(values)}"

    level.metadata = {**level.metadata, "changes": True}
    moves = [call("level", tank="a") for _ in range(3)]
    assert await stopped(*moves, tools=(level,)) == "answered"
    assert list(values) == []


async def test_what_was_changed_is_read_again():
    text = ["old"]

    @tool(effect="read")
    def show(name: str) -> str:
        """Show a file."""
        return text[0]

    @tool(effect="idempotent")
    def write(name: str, new: str) -> str:
        """Write a file."""
        text[0] = new
        return "written"

    moves = [
        call("show", name="a"),
        call("write", name="a", new="new words"),
        call("show", name="a"),
    ]
    made = agent(*moves, "It says new words.", tools=(show, write))
    await made.arun("Change it.")
    assert made.model.calls[-1][-1].text == "new words"


async def test_the_same_value_of_other_things_is_something_new():
    moves = [call("stock", thing=t) for t in ("chairs", "tables", "lamps", "beds", "shelves")]
    assert await stopped(*moves, tools=(stock,)) == "answered"


async def test_the_same_word_from_calls_with_an_effect_is_something_new():
    moves = [call("tell", person=p) for p in ("Ann", "Bo", "Cy", "Di", "Ed")]
    assert await stopped(*moves, tools=(tell,)) == "answered"


# ------------------------------------------------------------------------------------ the ladder


async def test_a_way_in_circles_is_followed_by_another_way_and_only_then_by_the_stop():
    same = [call("search", query="tides") for _ in range(9)]
    made = agent(*same, tools=(search,), planner=Ordered(["act", "react"]))
    events = [event async for event in made.stream("Find it.")]
    assert events[-1].result.stopped == "loop"
    plans = [[s["way"] for s in e.steps] for e in events if isinstance(e, Planned)]
    assert plans[:2] == [["act"], ["react"]]
    assert len([e for e in events if isinstance(e, Noted) and CIRCLED in e.text]) == 2
    assert events[-1].result.steps == 8


async def test_another_way_may_answer_after_a_circle():
    same = [call("search", query="tides") for _ in range(4)]
    made = agent(
        *same,
        call("search", query="moon"),
        "The moon draws the sea.",
        tools=(search,),
        planner=Ordered(["act", "react"]),
    )
    result = await made.arun("What draws the sea?")
    assert (result.stopped, result.answer) == ("answered", "The moon draws the sea.")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Tide times", "times, tide", True),
        ("page 1", "page 2", False),
        ("select a from t", "SELECT a  FROM t", True),
        ("a > 3", "3 > a", False),
        ("x = 1\ny = 2", "y = 2\nx = 1", False),
        ("北京 天气", "天气 北京", True),
    ],
)
def test_arguments_are_nearly_the_same_up_to_case_blanks_and_order(one, other, same):
    calls = [{"name": "t", "args": {"q": text}} for text in (one, other)]
    assert (near_key(calls[0]) == near_key(calls[1])) is same


async def test_a_batch_of_lookups_that_find_nothing_counts_once():
    @tool(effect="read")
    def find(word: str) -> str:
        """Find a word."""
        return "nothing there" if word != "key" else "in the drawer"

    batch = AIMessage("", tool_calls=[call("find", word=w).tool_calls[0] for w in "abcdef"])
    made = agent(batch, call("find", word="key"), "In the drawer.", tools=(find,))
    assert (await made.arun("Where is the key?")).stopped == "answered"
