"""The python tool: what the model reads, what lives on between calls, and every limit."""

import pytest

from cogitate.runs.context import RunContext, running
from cogitate.tools.base import effect_of, timeout_of
from cogitate.tools.python import MOST_SHOWN, clean, python
from cogitate.tools.sandbox.execution import Bounds
from cogitate.tools.sandbox.session import PythonSession


@pytest.fixture
def context(tmp_path):
    folder, workspace = tmp_path / "folder", tmp_path / "workspace"
    folder.mkdir()
    workspace.mkdir()
    (folder / "sales.csv").write_text("month,amount\njan,10\nfeb,32\n")
    made = RunContext(run_id="r", workspace=workspace, folder=folder)
    with running(made):
        if python.invoke(_call("1"), None).artifact["status"] == "not_confined":
            pytest.skip("the kernel of this machine has no Landlock or no seccomp")
        yield made


@pytest.fixture
def small(context):
    """Return the run's context whose session has narrow bounds."""
    context.close()
    bounds = Bounds(disk=4 << 20, files=100, memory=512 << 20)
    context.opened("python", lambda: PythonSession(context.workspace, bounds=bounds))
    return context


def _call(code):
    return {"name": "python", "args": {"code": code}, "id": "1", "type": "tool_call"}


def run(code):
    """Return the text and the artifact that the tool gives for `code`."""
    message = python.invoke(_call(code))
    return message.content, message.artifact


def test_declarations():
    assert python.name == "python"
    assert effect_of(python) == "idempotent"
    assert timeout_of(python) == 30
    assert set(python.args) == {"code"}
    assert python.args["code"]["description"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("print('hello')", "hello"),
        ("6 * 7", "42"),
        ("answer = 6 * 7", "42"),
        ("'word'", "word"),
        ("print('first')\n6 * 7", "first\nvalue: 42"),
        ("x = 5\nprint(x)\nx", "5"),
        ("import sys\nprint('only this', file=sys.stderr)", "only this"),
        ("math.sqrt(16), statistics.mean([1, 3])", "(4.0, 2)"),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\nA(1)", "A(x=1)"),
        ("import sys\nprint('end')\nsys.exit()", "end"),
        (
            "import asyncio\nasync def f():\n    return await asyncio.to_thread(lambda: 5)\n"
            "asyncio.run(f())",
            "5",
        ),
        ("len(str(2 ** 20000))", "6021"),
        ("print('数据 ✓')", "数据 ✓"),
    ],
)
def test_text_is_the_output_and_the_last_value(context, code, text):
    found, artifact = run(code)
    assert found == text
    assert artifact["status"] == "ok"


def test_program_without_output_is_told_to_print(context):
    text, artifact = run("def f():\n    return 1")
    assert "print" in text
    assert artifact["status"] == "ok"
    assert artifact["value"] is None


def test_variables_live_from_call_to_call(context):
    run("def double(n):\n    return 2 * n\nx = 21")
    assert run("double(x)")[0] == "42"


def test_runs_do_not_share_variables(context, tmp_path):
    run("secret = 1")
    (tmp_path / "other").mkdir()
    with running(RunContext(run_id="s", workspace=tmp_path / "other")):
        assert run("secret")[1]["error_type"] == "NameError"
    assert run("secret")[0] == "1"


def test_error_shows_the_failing_lines_of_the_program_only(context):
    run("def ratio(a, b):\n    return a / b")
    text, artifact = run("x = 1\nprint('so far')\nratio(x, 0)")
    assert artifact["status"] == "error"
    assert artifact["error_type"] == "ZeroDivisionError"
    assert text.splitlines()[0] == "so far"
    assert "line 3:\n    ratio(x, 0)" in text
    assert "in ratio:\n    return a / b" in text
    assert text.endswith("ZeroDivisionError: division by zero")
    assert "child.py" not in text


def test_error_in_a_library_shows_the_line_that_called_it(context):
    text, _ = run("json.loads('{')")
    assert "line 1:\n    json.loads('{')" in text
    assert "decoder.py" not in text


def test_syntax_error_shows_its_line(context):
    text, artifact = run("x = 1\ny = (2")
    assert artifact["error_type"] == "SyntaxError"
    assert "line 2:\n    y = (2" in text


def test_variables_outlive_an_error(context):
    run("x = 42\n1 / 0")
    assert run("x")[0] == "42"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("import requests_that_is_not_there", "Available: the standard library"),
        ("open('missing.txt')", "os.listdir(FOLDER)"),
        ("open('/etc/passwd')", "Only FOLDER can be read"),
        ("input('how many? ')", "put the values into the program"),
    ],
)
def test_error_names_the_way_out(context, code, hint):
    assert hint in run(code)[0]


@pytest.mark.parametrize(
    "code",
    [
        "print(1)",
        "```python\nprint(1)\n```",
        "```\nprint(1)\n```",
        "Python\nprint(1)",
        "```py\nprint(1)\n```\nThis prints one.",
        "Here it is:\n```python\nprint(1)\n```",
        "```python\nprint(1)",
        "    print(1)\n",
        "\n\nprint(1)\n",
    ],
)
def test_wrapping_is_taken_off(code):
    assert clean(code) == "print(1)"


def test_fence_in_a_text_of_the_program_stays():
    code = "text = '''\n```\nx\n```\n'''"
    assert clean(code) == code


def test_escaped_line_ends_are_mended_only_where_the_program_is_broken():
    assert clean("x = 1\\nprint(x)") == "x = 1\nprint(x)"
    assert clean("print('a\\nb')") == "print('a\\nb')"


def test_folder_can_be_read_by_name_and_by_variable(context):
    assert run("open(FOLDER + '/sales.csv').read().count(',')")[0] == "3"
    assert run("open('sales.csv').readline().strip()")[0] == "month,amount"
    assert run("from pathlib import Path\nPath('sales.csv').read_text()[:5]")[0] == "month"


@pytest.mark.parametrize(
    "code",
    [
        "open(FOLDER + '/sales.csv', 'w')",
        "open(FOLDER + '/new.txt', 'w')",
        "import os\nos.unlink(FOLDER + '/sales.csv')",
        "import os\nos.rename(FOLDER + '/sales.csv', 'mine.csv')",
        "import os\nos.link(FOLDER + '/sales.csv', 'mine.csv')",
        "import os\nos.mkdir(FOLDER + '/new')",
        "import os\nos.truncate(FOLDER + '/sales.csv', 0)",
        "import os\nos.open(FOLDER + '/sales.csv', os.O_RDONLY | os.O_TRUNC)",
    ],
)
def test_folder_cannot_be_changed(context, code):
    before = (context.folder / "sales.csv").read_text()
    _, artifact = run(code)
    assert artifact["status"] == "error"
    assert [item.name for item in context.folder.iterdir()] == ["sales.csv"]
    assert (context.folder / "sales.csv").read_text() == before


def test_files_made_and_changed_are_artefacts(context):
    made = "import os\nos.makedirs('plots/.cache')\nopen('plots/a.txt', 'w').write('x')\n"
    made += "open('plots/.cache/b', 'w').write('y')\nopen('bad\\n.txt', 'w').close()"
    _, artifact = run(made)
    path = context.workspace / "plots" / "a.txt"
    assert artifact["files"] == [str(path)]
    assert path.read_text() == "x"
    assert run("1")[1]["files"] == []
    assert run("open('plots/a.txt', 'a').write('z')")[1]["files"] == [str(path)]


def test_copying_and_zipping_work(context):
    code = "import shutil\nshutil.copy('sales.csv' if 0 else FOLDER + '/sales.csv', 'c.csv')\n"
    code += (
        "shutil.copy2('c.csv', 'd.csv')\nshutil.make_archive('all', 'zip', '.', 'd.csv')\n'done'"
    )
    assert run(code)[0] == "done"


def test_long_output_is_clipped_and_kept_in_a_file(context):
    text, artifact = run("for i in range(1000):\n    print('row', i)")
    assert len(text) < MOST_SHOWN + 200
    assert "output-1.txt" in text
    assert (context.workspace / "output-1.txt").read_text().endswith("row 999")
    assert artifact["stdout"].endswith("row 999\n")
    assert "output-2.txt" in run("'x' * 5000")[0]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("x = bytearray(2 << 30)", "memory"),
        ("while True:\n    print('x' * 100)", "output"),
        ("with open('f', 'wb') as f:\n    while True:\n        f.write(bytes(1 << 20))", "disk"),
        ("for i in range(9999):\n    open(f'f{i}', 'w').close()\nwhile True: pass", "disk"),
        ("import os\nos._exit(3)", "killed"),
    ],
    ids=["memory", "output", "disk", "files", "killed"],
)
def test_limit_has_its_own_status_and_says_that_variables_are_gone(small, code, status):
    run("x = 1")
    text, artifact = run(code)
    assert artifact["status"] == status
    assert f"({status})" in text
    assert "all variables and imports are gone" in text
    assert run("x")[1]["error_type"] == "NameError"
    assert not [item for item in small.workspace.iterdir() if item.name.startswith("f")]


def test_timeout_by_the_wall_clock(tmp_path):
    session = PythonSession(tmp_path)
    session.run("x = 1")
    found = session.run("print('begun')\nimport time\ntime.sleep(60)", 0.5)
    if found.status == "not_confined":
        pytest.skip(found.error_message)
    assert (found.status, found.stdout) == ("timeout", "begun\n")
    assert 0.4 < found.seconds < 5
    assert found.lost
    assert session.run("x").error_type == "NameError"
    session.close()


def test_hostile_repr_and_messages_are_only_errors(context):
    hostile = "class A:\n    def __repr__(self):\n        raise SystemError('no')\nA()"
    assert run(hostile)[1]["error_type"] == "SystemError"
    mute = "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E"
    assert run(mute)[1]["error_type"] == "E"
    assert run("print('\\ud800')")[1]["status"] == "ok"
    assert run("raise BaseException('\\ud800')")[1]["error_type"] == "BaseException"


def test_replaced_streams_and_builtins_do_not_cost_the_next_call(context):
    run("import sys, io\nsys.stdout = io.StringIO()\nsys.stderr = None")
    assert run("print('back')")[0] == "back"


def test_environment_is_empty_of_the_parents(context, monkeypatch):
    context.close()
    monkeypatch.setenv("COGITATE_TEST_KEY", "seen")
    text, _ = run("import os\nsorted(os.environ)")
    assert "COGITATE_TEST_KEY" not in text
    assert "PYTHON" not in text


def test_start_takes_well_under_half_a_second(tmp_path):
    best = 9.0
    for _ in range(3):
        session = PythonSession(tmp_path)
        best = min(best, session.run("1").seconds)
        session.close()
    assert best < 0.5


def test_numpy_computes(context):
    pytest.importorskip("numpy")
    text, _ = run("import numpy as np\nnp.linalg.det(np.array([[4.0, 2], [1, 3]])).round(6)")
    assert text == "10.0"


def test_pandas_reads_the_folder(context):
    pytest.importorskip("pandas")
    text, _ = run("import pandas as pd\ndf = pd.read_csv('sales.csv')\ndf.amount.sum()")
    assert text == "42"
    assert "feb" in run("df.sort_values('amount').tail(1)")[0]
    assert run("df.to_csv('out.csv', index=False)")[1]["files"] == [
        str(context.workspace / "out.csv")
    ]


def test_sympy_solves(context):
    pytest.importorskip("sympy")
    text, _ = run("import sympy as s\nx = s.Symbol('x')\nanswer = s.solve(x**2 - 5*x + 6, x)")
    assert text == "[2, 3]"
