import sys

import pytest

import cogitate.tools
from cogitate.errors import SetupError
from cogitate.tools import SHIPPED, load_tools, merge_tools, shipped_tools
from cogitate.tools.load import EXAMPLE

TOOLS = '''
from cogitate.tools import tool
from cogitate.tools.calculate import calculate

@tool
def area(width: float, height: float) -> float:
    """Return the area of a rectangle."""
    return width * height

@tool
def double(number: int) -> int:
    """Return twice the number."""
    return number * 2

both = [area, double]

def plain(text: str) -> str:
    """Return the text."""
    return text
'''


@pytest.fixture(autouse=True)
def import_path():
    """Leave the import path as it was."""
    before, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = before
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my_tools.py"
    path.write_text(TOOLS, encoding="utf-8")
    return path


def names(tools):
    return [item.name for item in tools]


def refusal(spec):
    with pytest.raises(SetupError) as error:
        load_tools(str(spec))
    return str(error.value)


def test_a_file_gives_its_own_tools_and_not_the_shipped_ones(file):
    tools = load_tools(str(file))
    assert names(tools) == ["area", "double"]
    assert tools[0].invoke({"width": 2, "height": 3}) == 6


def test_a_name_gives_one_tool_a_list_or_a_function_as_tool(file):
    assert names(load_tools(f"{file}:double")) == ["double"]
    assert names(load_tools(f"{file}:both")) == ["area", "double"]
    assert names(load_tools(f"{file}:plain")) == ["plain"]
    assert names(load_tools(f"{file}:calculate")) == ["calculate"]


def test_a_module_of_the_working_folder_is_found(file, tmp_path, monkeypatch):
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "things.py").write_text(TOOLS)
    monkeypatch.chdir(tmp_path)
    assert names(load_tools("own_package.things")) == ["area", "double"]
    assert names(load_tools("own_package.things:area")) == ["area"]


def test_plain_functions_become_tools_where_there_are_no_others(tmp_path):
    path = tmp_path / "plain.py"
    path.write_text(
        "from os.path import join\n"
        "def twice(number: int) -> int:\n    'Return twice the number.'\n    return number * 2\n"
        "def untyped(number):\n    'Return it.'\n    return number\n"
        "def silent(number: int) -> int:\n    return number\n"
        "def _private(number: int) -> int:\n    'Return it.'\n    return number\n"
    )
    assert names(load_tools(str(path))) == ["twice"]


def test_a_file_may_import_its_neighbour(tmp_path):
    (tmp_path / "neighbour_of_tools.py").write_text("FACTOR = 3\n")
    path = tmp_path / "tools.py"
    path.write_text(
        "from neighbour_of_tools import FACTOR\n"
        "def triple(n: int) -> int:\n    'Return three times n.'\n    return n * FACTOR\n"
    )
    (item,) = load_tools(str(path))
    assert item.invoke({"n": 2}) == 6


def test_two_files_of_one_name_do_not_meet(tmp_path):
    for folder, number in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        text = f"def number() -> int:\n    'Return it.'\n    return {number}\n"
        (tmp_path / folder / "t.py").write_text(text)
    found = [load_tools(str(tmp_path / folder / "t.py"))[0].invoke({}) for folder in "ab"]
    assert found == [1, 2]


def test_a_syntax_error_is_named_with_file_and_line(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("x = 1\ndef f(:\n    pass\n")
    message = refusal(path)
    assert f"{path}, line 2" in message
    assert "SyntaxError" in message


@pytest.mark.parametrize("statement", ["1 / 0", "import no_such_module_at_all", "exit(3)"])
def test_an_exception_in_the_file_is_named_with_file_and_line(tmp_path, statement):
    path = tmp_path / "broken.py"
    path.write_text(f"x = 1\n\n{statement}\n")
    assert f"{path}, line 3" in refusal(path)


def test_an_error_in_a_neighbour_points_at_the_own_file(tmp_path):
    (tmp_path / "broken_neighbour.py").write_text("1 / 0\n")
    path = tmp_path / "tools.py"
    path.write_text("\nimport broken_neighbour\n")
    assert f"{path}, line 2: ZeroDivisionError" in refusal(path)


def test_a_tool_without_docstring_is_named(tmp_path):
    path = tmp_path / "tools.py"
    path.write_text("from cogitate.tools import tool\n@tool\ndef f(x: int) -> int:\n    return x\n")
    message = refusal(path)
    assert "'f'" in message
    assert f"{path}, line" in message


def test_a_wrong_name_is_answered_with_the_closest(file):
    assert "did you mean area?" in refusal(f"{file}:aera")


def test_an_empty_list_of_tools_is_said_to_be_empty(tmp_path):
    path = tmp_path / "none_yet.py"
    path.write_text("made = []\n")
    assert "no tools in 'made'" in refusal(f"{path}:made")


def test_nothing_found_shows_what_a_tool_looks_like(tmp_path):
    path = tmp_path / "empty.py"
    path.write_text("def f(x):\n    return x\n")
    message = refusal(path)
    assert "f has no docstring" in message
    assert EXAMPLE in message


def test_the_example_in_the_message_works(tmp_path):
    path = tmp_path / "example.py"
    lines = EXAMPLE.splitlines()[2:]
    code = "\n".join(line[4:] for line in lines)
    path.write_text(code.replace("from cogitate import", "from cogitate.tools import"))
    assert load_tools(str(path))[0].invoke({"width": 2, "height": 3}) == 6


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ("missing.py", "no file"),
        ("no_such_package_at_all.tools", "no module"),
        ("not a spec!", "cannot read"),
        ("", "cannot read"),
        ("json:JSONDecoder", "not a tool"),
        ("keyword", "no tools in 'keyword'"),
    ],
)
def test_a_bad_spec_says_what_is_wrong_with_it(spec, named):
    assert named in refusal(spec)


def test_the_same_tool_twice_is_one_and_a_clash_is_reported(file):
    first = load_tools(str(file))
    assert merge_tools(first, first) == first
    with pytest.raises(SetupError, match=r"two tools are called 'area'.*my_tools\.py"):
        merge_tools(first, load_tools(str(file)))


def test_shipped_tools_come_in_their_order_whatever_was_asked_first():
    assert names(shipped_tools(["fetch_page", "calculate", "web_search"])) == [
        "calculate",
        "web_search",
        "fetch_page",
    ]


def test_every_shipped_tool_has_its_name():
    assert names(shipped_tools()) == list(SHIPPED)


def test_without_folder_and_network_their_tools_are_left_out():
    left = names(shipped_tools(folder=False, offline=True))
    assert left == ["python", "calculate", "write_file"]


def test_an_unknown_shipped_name_is_answered_with_the_closest():
    with pytest.raises(SetupError, match="did you mean calculate"):
        shipped_tools(["calculator"])


def test_the_public_names_are_sorted_and_real():
    exported = cogitate.tools.__all__
    assert exported == sorted(exported, key=lambda name: (not name.isupper(), name))
    assert all(getattr(cogitate.tools, name) is not None for name in exported)
    with pytest.raises(AttributeError):
        cogitate.tools.nothing  # noqa: B018
