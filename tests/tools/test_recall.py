"""recall: notes of a memory that is handed in, and results of the run by name."""

import pytest

from cogitate.errors import ToolFailure
from cogitate.runs.context import RunContext, running
from cogitate.tools.base import effect_of
from cogitate.tools.recall import LONGEST, recall_tool


async def search(query, most):
    return ["2026-03-02: The alarm code is 7731."][:most] if "alarm" in query else []


@pytest.fixture
def recall():
    return recall_tool(search)


def called(name, **args):
    return {"name": name, "args": args, "id": "c1", "type": "tool_call"}


async def test_notes_are_found_and_given_to_code_as_well(recall):
    message = await recall.ainvoke(called("recall", query="alarm code"))
    assert message.content == "- 2026-03-02: The alarm code is 7731."
    assert message.artifact == {"notes": ["2026-03-02: The alarm code is 7731."]}
    assert effect_of(recall) == "read"


async def test_nothing_remembered_is_said(recall):
    with pytest.raises(ToolFailure, match="nothing that was remembered"):
        await recall.ainvoke({"query": "the weather"})
    with pytest.raises(ToolFailure, match="no query"):
        await recall.ainvoke({"query": "  "})


async def test_a_result_of_the_run_is_read_back_by_its_name(recall, tmp_path):
    context = RunContext(run_id="r", workspace=tmp_path)
    context.results["result-2"] = "line\n" * 2_000
    with running(context):
        text = await recall.ainvoke({"query": "please show result-2"})
        assert text.startswith("line\nline") and len(text) < LONGEST + 80
        assert f"of {len('line' * 2_000) + 2_000} characters" in text
        with pytest.raises(ToolFailure, match=r"no result-7; results of this run: result-2"):
            await recall.ainvoke({"query": "result-7"})
