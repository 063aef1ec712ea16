"""Older results give way to pointers when the context fills, and the beginning stays the same."""

from langchain_core.messages import AIMessage, ToolMessage

from cogitate.planners.paging import RECENT, paged, tokens_in

LONG = "the quick brown fox " * 60


def turns(count):
    messages = []
    for number in range(1, count + 1):
        call = {"name": "read_file", "args": {"path": f"{number}.txt"}, "id": f"c{number}"}
        messages.append(AIMessage("", tool_calls=[call]))
        result = ToolMessage(f"{number}: {LONG}", tool_call_id=f"c{number}", name="read_file")
        result.additional_kwargs["result"] = f"result-{number}"
        messages.append(result)
    return messages


def pointed(messages):
    return [m.additional_kwargs["result"] for m in messages if m.text.startswith("[result-")]


def test_what_fits_is_shown_whole():
    assert paged(turns(3), 8_000) == turns(3)


def test_the_oldest_results_become_pointers_and_the_latest_stay():
    shown = paged(turns(6), 3_000)
    assert "result-1" in pointed(shown)
    assert not set(pointed(shown)) & {f"result-{n}" for n in range(6 - RECENT + 1, 7)}
    assert "recall" in shown[1].text and "read_file" in shown[1].text
    assert [m.id for m in shown] == [m.id for m in turns(6)]
    assert sum(tokens_in(m.text) for m in shown) < 3_000


def test_the_beginning_stays_the_same_while_there_is_room():
    same = 0
    for count in range(2, 12):
        before, after = paged(turns(count), 4_000), paged(turns(count + 1), 4_000)
        same += after[: len(before)] == before
    assert same >= 5  # a page is turned now and then, not at each turn


def test_a_short_result_is_not_worth_a_pointer():
    messages = turns(6)
    messages[1] = ToolMessage("42", tool_call_id="c1", name="calculate")
    assert paged(messages, 2_000)[1].text == "42"


def test_chinese_counts_by_character():
    assert tokens_in("汉字" * 50) >= 100
    assert tokens_in("word " * 50) < 100
