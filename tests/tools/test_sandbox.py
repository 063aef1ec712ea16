"""What holds a program, tried with real attempts to get out. Every probe can fail: the control
test shows that the same programs get out where nothing holds them."""

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cogitate.errors import SetupError
from cogitate.tools.sandbox import probes
from cogitate.tools.sandbox.execution import Bounds
from cogitate.tools.sandbox.process import REQUIRED
from cogitate.tools.sandbox.session import PythonSession


def _reason() -> str:
    """Return why programs cannot be confined here, nothing if they can."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        session = PythonSession(Path(name))
        found = session.run("1")
        session.close()
    return found.error_message if found.status == "not_confined" else ""


REASON = _reason()
confined = pytest.mark.skipif(bool(REASON), reason=REASON or "programs are confined here")
ALL = probes.escape_probes()
ROOM = Bounds(disk=8 << 20, files=300)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with probes.outside(tmp_path_factory.mktemp("p") / "outside") as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory, place):
    opened = PythonSession(tmp_path_factory.mktemp("workspace"), bounds=ROOM)
    yield opened
    opened.close()


@pytest.fixture
def session(tmp_path):
    opened = PythonSession(tmp_path, bounds=ROOM)
    yield opened
    opened.close()


def test_there_are_many_probes_with_names_of_their_own():
    assert len(ALL) >= 60
    assert len({probe.name for probe in ALL}) == len(ALL)
    for probe in ALL:
        compile(probe.code, probe.name, "exec")
        assert probes.MARK in probe.code or probe.stopped


@confined
@pytest.mark.parametrize("probe", ALL, ids=lambda probe: probe.name)
def test_probe_is_held(probe, shared, place, monkeypatch):
    monkeypatch.setenv("PROBE_TOKEN", "seen")
    found = shared.run(probes.preamble(place) + probe.code, probe.seconds)
    assert probes.MARK not in found.stdout + found.stderr.replace(probe.code, "")
    held, detail = probes.judge(probe, found)
    assert held, detail
    assert probes.intact(place)
    after = shared.run("20 + 22")
    assert (after.status, after.value) == ("ok", "42")


@pytest.mark.parametrize(
    "name",
    [
        "read /etc/passwd",
        "read a file outside",
        "list a folder outside",
        "open a socket",
        "a socket file",
        "a datagram to a socket file",
        "fork",
        "start a program",
        "a handle on the parent",
        "a program in memory",
        "signal the parent through a file",
        "leave a symbolic link",
        "leave a named pipe",
        "outlive the parent",
    ],
)
def test_probe_gets_out_where_nothing_holds_it(name, tmp_path, place):
    probe = next(item for item in ALL if item.name == name)
    session = PythonSession(tmp_path, None, "none")
    found = session.run(probes.preamble(place) + probe.code)
    session.close()
    assert probes.MARK in found.stdout, found
    assert not probes.judge(probe, found)[0]


@confined
def test_missing_layer_fails_closed_and_is_named(tmp_path):
    session = PythonSession(tmp_path, require=(*REQUIRED, "force field"))
    found = session.run("open('made', 'w').write('x')\nprint('ran')")
    session.close()
    assert found.status == "not_confined"
    assert "force field" in found.error_message
    assert "cogitate[monty]" in found.error_message
    assert "--sandbox none" in found.error_message
    assert found.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_unconfined_process_is_not_taken_for_a_confined_one(tmp_path):
    session = PythonSession(tmp_path, None, "none", require=REQUIRED)
    found = session.run("print('ran')")
    session.close()
    assert (found.status, found.stdout) == ("not_confined", "")
    assert "landlock" in found.error_message


def test_level_none_keeps_limits(tmp_path):
    session = PythonSession(tmp_path, None, "none")
    assert session.run("x = 2\nx + 1").value == "3"
    assert session.run("while True:\n    pass", 0.3).status == "timeout"
    assert session.run("x").error_type == "NameError"
    session.close()


def test_folder_in_the_workspace_is_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(SetupError, match="lies in the workspace"):
        PythonSession(tmp_path, tmp_path / "mine")


def test_missing_workspace_is_refused(tmp_path):
    with pytest.raises(SetupError, match="make it first"):
        PythonSession(tmp_path / "none")


@confined
def test_forged_answer_in_the_right_shape_is_only_a_wrong_result(session):
    forged = (
        "import gc, json, os\n"
        "import sys\n"
        "frame = sys._getframe()\n"
        "while 'request' not in frame.f_locals:\n    frame = frame.f_back\n"
        "token = frame.f_locals['request']['token']\n"
        "message = {'token': token, 'status': 'ok', 'value': '\\ud800' + chr(0),\n"
        "           'error_line': 10**12, 'stdout': 5, 'files': ['/etc'], 'error_type': []}\n"
        "data = json.dumps(message).encode()\n"
        "os.write(frame.f_locals['answers'], len(data).to_bytes(4, 'big') + data)\n"
    )
    found = session.run(forged)
    assert found.status in ("ok", "killed")
    assert found.files == ()
    assert found.error_line is None
    for text in (found.value or "", found.error_type, found.stdout):
        text.encode("utf-8")
    after = session.run("1 + 1")
    if after.status != "ok":  # the true answer came when nobody asked, and cost the process
        after = session.run("1 + 1")
    assert after.value == "2"


@pytest.mark.parametrize(
    "data",
    [
        "(0xFFFFFFFF).to_bytes(4, 'big')",
        "(4).to_bytes(4, 'big') + b'\\xff\\xfe[]'",
        "(200000).to_bytes(4, 'big') + b'[' * 200000",
        "(9).to_bytes(4, 'big') + b'{\"a\": 1' + b'}' + b' '",
        "(17).to_bytes(4, 'big') + b'{\"status\": \"ok\"}' + b' '",
        "(5000).to_bytes(4, 'big') + b'9' * 5000",
    ],
    ids=["huge", "not text", "deep", "no status", "no token", "number"],
)
@confined
def test_broken_answer_costs_only_the_session(data, session):
    code = f"import os\ndata = {data}\nfor d in range(3, 64):\n    try:\n"
    code += "        os.write(d, data)\n    except OSError:\n        pass\nwhile True:\n    pass"
    assert session.run(code, 2.0).status in ("killed", "timeout")
    assert session.run("1 + 1").value == "2"


@confined
def test_closing_every_descriptor_costs_only_the_session(session):
    found = session.run("import os\nos.closerange(0, 64)\nwhile True:\n    pass", 5.0)
    assert found.status in ("killed", "timeout")
    assert session.run("1 + 1").value == "2"


@confined
def test_thread_left_behind_does_not_run_between_calls(session):
    code = "import threading\ndef count():\n    n = 0\n    while True:\n        n += 1\n"
    session.run(code + "threading.Thread(target=count, daemon=True).start()")
    pid = int(session.run("import os\nos.getpid()").value)
    state = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert (state.si_code, state.si_status) == (os.CLD_STOPPED, signal.SIGSTOP)
    assert session.run("print('mine')").stdout == "mine\n"


@confined
def test_variables_outlive_the_thread_that_made_the_first_call(session):
    thread = threading.Thread(target=session.run, args=("x = 41",))
    thread.start()
    thread.join()
    assert session.run("x + 1").value == "42"


@confined
@pytest.mark.parametrize("busy", [True, False], ids=["running", "waiting"])
def test_process_dies_with_its_parent(busy, tmp_path):
    script = (
        "import sys, threading\nfrom pathlib import Path\n"
        "from cogitate.tools.sandbox.session import PythonSession\n"
        f"s = PythonSession(Path({str(tmp_path)!r}))\n"
        "print(s.run('import os; os.getpid()').value, flush=True)\n"
        + ("s.run('while True: pass', 60)\n" if busy else "threading.Event().wait()\n")
    )
    root = str(Path(__file__).parents[2])
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert parent.stdout is not None
    handle = os.pidfd_open(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    gone, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    assert gone, "the process outlived its parent"


@confined
def test_close_ends_the_process_and_a_later_call_starts_another(session):
    session.run("x = 1")
    handle = os.pidfd_open(int(session.run("import os\nos.getpid()").value))
    session.close()
    gone, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    assert gone
    assert session.run("x").error_type == "NameError"


@confined
def test_doctor_proves_what_holds():
    chosen = [item for item in ALL if item.seconds > 1.0 and not item.stopped]
    proved = probes.prove("confined", chosen)
    assert len(proved) == len(chosen)
    assert [row for row in proved if not row[1]] == []


def test_doctor_tries_nothing_where_nothing_holds():
    assert [held for _, held, _ in probes.prove("none")] == [False]


def test_monty_holds_the_same_probes():
    pytest.importorskip("pydantic_monty")
    quick = [item for item in ALL if item.stopped not in (("timeout",), ("memory",))]
    failed = [row for row in probes.prove("monty", quick) if not row[1]]
    assert failed == []


def test_monty_keeps_variables_and_names_its_limits(tmp_path):
    pytest.importorskip("pydantic_monty")
    workspace, folder = tmp_path / "w", tmp_path / "f"
    workspace.mkdir()
    folder.mkdir()
    (folder / "a.txt").write_text("hello")
    session = PythonSession(workspace, folder, "monty")
    session.run("x = 20", 1.0)
    assert session.run("print('p')\nx + 1").value == "21"
    assert session.run("answer = x * 2").value == "40"
    assert session.run("open(FOLDER + '/a.txt').read()").value == "'hello'"
    assert session.run("open(FOLDER + '/a.txt', 'w')").error_type != ""
    assert session.run("open('o.txt', 'w').write('q')").files == ("o.txt",)
    assert (workspace / "o.txt").read_text() == "q"
    wrong = session.run("y = 1\ny / 0")
    assert (wrong.status, wrong.error_type, wrong.error_line) == ("error", "ZeroDivisionError", 2)
    assert session.run("while True:\n    print('x' * 1000)", 2.0).status == "output"
    assert session.run("x").error_type == "NameError"
    session.close()
