"""Tools that an agent makes: tried in the confined process, approved, kept by version."""

import pytest

from cogitate import Agent, ScriptedModel, ToolFailure
from cogitate.llm.scripted import call
from cogitate.runs.context import RunContext, running
from cogitate.runs.events import Observed
from cogitate.tools.base import permission_of
from cogitate.tools.load import load_tools
from cogitate.tools.making import made_tools, make_tool, versions
from cogitate.tools.python import python

CODE = '''def area(width: float, height: float = 1.0) -> float:
    """Return the area of a rectangle."""
    return width * height'''
TESTS = ["assert area(2, 3) == 6", "assert area(4) == 4"]


@pytest.fixture(autouse=True)
def context(tmp_path, monkeypatch):
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path / "home"))
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    made = RunContext(run_id="r1", workspace=workspace)
    with running(made):
        probe = {"name": "python", "args": {"code": "1"}, "id": "1", "type": "tool_call"}
        if python.invoke(probe).artifact["status"] == "not_confined":
            pytest.skip("the kernel of this machine has no Landlock or no seccomp")
        yield made
    made.close()


async def make(name="area", code=CODE, tests=TESTS):
    return await make_tool.ainvoke({"name": name, "code": code, "tests": tests})


async def test_a_tool_whose_tests_pass_is_kept_and_can_be_called():
    assert "area, version 1, passed 2 tests" in await make()
    (area,) = made_tools()
    assert area.description == "Return the area of a rectangle."
    assert area.args_schema["required"] == ["width"]
    assert (await area.ainvoke({"width": 2.5, "height": 4})).strip() == "10.0"


async def test_a_line_separator_in_a_tool_does_not_lose_it():
    code = CODE.replace("a rectangle", "a\u2028rectangle")
    await make(code=code)
    [kept] = versions("area")
    assert kept.code == code


async def test_a_tool_that_fails_a_test_is_not_kept():
    with pytest.raises(ToolFailure, match=r"not kept: assert area\(2, 3\) == 7 failed"):
        await make(tests=["assert area(2, 3) == 7", TESTS[1]])
    assert made_tools() == []


@pytest.mark.parametrize(
    ("name", "code", "tests", "why"),
    [
        ("area", CODE, TESTS[:1], "at least 2"),
        ("area", CODE, ["print(area(2))", "1 == 1"], "at least 2"),
        ("../area", CODE, TESTS, "no name"),
        ("Area", CODE, TESTS, "no name"),
        ("areas", CODE, TESTS, "no function 'areas'"),
        ("area", CODE.replace(": float,", ","), TESTS, "'width' has the type ''"),
        ("area", "def area(*sizes):\n    'Sum.'\n    return 1", TESTS, "by their names"),
        ("area", "def area(w: int):\n    return w", TESTS, "no docstring"),
        ("area", "def area(", TESTS, "cannot be read"),
    ],
)
async def test_what_will_not_do_is_refused_with_a_reason(name, code, tests, why):
    with pytest.raises(ToolFailure, match=why):
        await make(name, code, tests)
    assert made_tools() == []


async def test_every_version_is_kept_with_its_run_and_the_newest_is_offered():
    await make()
    code = CODE.replace("width * height", "round(width * height, 1)")
    assert "version 2" in await make(code=code)
    assert [one.version for one in versions("area")] == [1, 2]
    assert {one.run_id for one in versions("area")} == {"r1"}
    (area,) = made_tools()
    assert area.metadata["version"] == 2
    assert (await area.ainvoke({"width": 1.26})).strip() == "1.3"


async def test_a_line_that_was_cut_off_hides_no_other_version(tmp_path):
    await make()
    with (tmp_path / "home" / "tools" / "area.jsonl").open("a") as file:
        file.write('{"name": "ar')
    assert len(made_tools()) == 1


async def test_code_that_was_made_reaches_neither_network_nor_keys(tmp_path, monkeypatch):
    secret = tmp_path / "secret.txt"
    secret.write_text("never")
    code = f"""def peek(name: str) -> str:
    "Return a file."
    return open({str(secret)!r}).read()"""
    with pytest.raises(ToolFailure, match="not kept"):
        await make("peek", code, ["assert peek('a')", "assert peek('b')"])
    assert made_tools() == []


async def test_nothing_can_be_installed():
    code = """def fetch(name: str) -> int:
    "Return 0 when a package was installed."
    import subprocess, sys
    return subprocess.run([sys.executable, "-m", "pip", "install", name]).returncode"""
    with pytest.raises(ToolFailure, match="not kept"):
        await make("fetch", code, ["assert fetch('x') == 0", "assert fetch('y') == 0"])


async def test_without_a_persons_yes_no_tool_is_made():
    assert permission_of(make_tool) == "ask"
    asked = call("make_tool", name="area", code=CODE, tests=TESTS)
    model = ScriptedModel(replies=[asked, "I could not."])
    agent = Agent(model=model, tools=[make_tool], loop="act")
    events = [event async for event in agent.stream("Make a tool for areas.")]
    (seen,) = [event for event in events if isinstance(event, Observed)]
    assert not seen.ok and "person's yes" in seen.text
    assert made_tools() == []


async def test_the_tools_that_were_made_are_loaded_by_name():
    await make()
    assert [one.name for one in load_tools("cogitate.tools.making:made")] == ["area"]
    assert [one.name for one in load_tools("cogitate.tools.making:make_tool")] == ["make_tool"]
