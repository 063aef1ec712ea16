"""What loops over tasks are told of the tools and files that there are."""

from langchain_core.tools import StructuredTool

from cogitate import ScriptedModel
from cogitate.planners import Turn
from cogitate.planners.loops.parts import materials
from cogitate.values import Task


def test_a_tool_without_a_description_is_listed_by_its_name():
    schema = {"title": "ring", "type": "object", "properties": {}}
    tools = [
        StructuredTool(name=name, description=text, args_schema=schema, func=lambda: "")
        for name, text in (("ring", ""), ("knock", "Knock at a door.\nTwice."))
    ]
    turn = Turn(task=Task(goal="g"), model=ScriptedModel(replies=[]), tools=tools, messages=())
    assert materials(turn) == "Tools: ring: ; knock: Knock at a door.\n"
