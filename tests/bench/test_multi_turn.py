"""JSON calls against code on conversations: what a turn must leave behind to be right."""

import json
import sys

import pytest

from bench.multi_turn import LIMITS, Place, World, cases_of, fault, table, tried
from cogitate import ScriptedModel
from cogitate.llm.scripted import call

LAMP = """
class Lamp:
    def __init__(self):
        self.lit = []
        self._seen = 0
    def _load_scenario(self, scenario, long_context=False):
        self.lit = scenario["lit"]
    def switch(self, room, on=True):
        self._seen += 1
        self.lit = [*self.lit, room] if on else [r for r in self.lit if r != room]
        return {"lit": self.lit}
    def count(self):
        return len(self.lit)
"""
CONFIG = """
MULTI_TURN_FUNC_DOC_FILE_MAPPING = {"Lamp": "lamp.json"}
CLASS_FILE_PATH_MAPPING = {"Lamp": "bfcl_eval.lamp"}
STATELESS_CLASSES = []
"""


def described(name, **parts):
    schema = {"type": "dict", "properties": parts, "required": list(parts)[:1]}
    return {"name": name, "description": f"Tool description: {name}.", "parameters": schema}


@pytest.fixture
def place(tmp_path, monkeypatch):
    root = tmp_path / "bfcl_eval"
    for folder in ("constants", "data/possible_answer", "data/multi_turn_func_doc"):
        (root / folder).mkdir(parents=True)
    for package in (root, root / "constants"):
        (package / "__init__.py").write_text("")
    (root / "lamp.py").write_text(LAMP)
    (root / "constants/executable_backend_config.py").write_text(CONFIG)
    functions = [
        described("switch", room={"type": "string"}, on={"type": "boolean"}),
        described("count"),
        described("explode"),
    ]
    docs = root / "data/multi_turn_func_doc/lamp.json"
    docs.write_text("\n".join(map(json.dumps, functions)))
    asked = [[{"role": "user", "content": text}] for text in ("Light the kitchen.", "How many?")]
    row = {"id": "a", "question": asked, "initial_config": {"Lamp": {"lit": ["hall"]}}}
    row |= {"involved_classes": ["Lamp"], "excluded_function": ["explode"]}
    name = "BFCL_v4_multi_turn_base.json"
    (root / "data" / name).write_text(json.dumps(row))
    right = {"id": "a", "ground_truth": [["switch(room='kitchen')"], ["count()"]]}
    (root / "data/possible_answer" / name).write_text(json.dumps(right))
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "bfcl_eval"}
    yield Place(tmp_path)
    for loaded in [n for n in sys.modules if n.partition(".")[0] == "bfcl_eval"]:
        del sys.modules[loaded]
    sys.modules.update(before)


JSON = [call("switch", room="kitchen"), "It is lit.", call("count"), "Two are."]
CODE = [
    '```python\nprint(switch("kitchen"))\ndone("It is lit.")\n```',
    '```python\nn = count()\nprint(n)\ndone(f"{n} are.")\n```',
]


@pytest.mark.parametrize(("loop", "replies"), [("act", JSON), ("codeact", CODE)])
async def test_both_languages_of_actions_reach_the_same_services(place, loop, replies):
    [case] = cases_of(place)
    line = await tried(place, case, loop, ScriptedModel(replies=replies), "m")
    assert (line.right, line.turns, line.why) == (2, 2, "")
    assert line.calls == 2


async def test_a_turn_that_leaves_the_services_otherwise_ends_the_case(place):
    [case] = cases_of(place)
    replies = [call("switch", room="cellar"), "It is lit."]
    line = await tried(place, case, "act", ScriptedModel(replies=replies), "m")
    assert (line.right, line.why) == (0, "Lamp.lit stands otherwise")


def test_what_was_to_be_seen_must_be_seen_even_if_nothing_changed(place):
    [case] = cases_of(place)
    world, right = World(place, case), World(place, case)
    right.run("count()")
    assert fault(world, right, right.results) == "this was not seen: 1"
    world.call("count", {})
    assert fault(world, right, right.results) == ""
    assert "Error" in world.call("switch", {"house": 1})


def test_functions_that_are_left_out_are_no_tools_and_types_are_those_of_json_schema(place):
    [case] = cases_of(place)
    tools = {tool.name: tool for tool in World(place, case).tools(case)}
    assert set(tools) == {"switch", "count"}
    assert tools["switch"].args_schema["type"] == "object"
    assert tools["switch"].metadata["effect"] == "once"


async def test_the_report_says_which_language_is_ahead_and_warns(place):
    [case] = cases_of(place)
    lines = [
        await tried(place, case, loop, ScriptedModel(replies=replies), "m")
        for loop, replies in (("act", JSON), ("codeact", CODE))
    ]
    told = table(lines, ["act", "codeact"])
    assert told[0].startswith("act: 1 of 1 cases right") and "2 of 2 turns" in told[0]
    assert "not separated" in told[2] and "8B" in told[-1]
    assert LIMITS.steps <= 12
