import hashlib
import json

import pytest
from click.testing import CliRunner

from cogitate.cli.models import models, progress_bar
from cogitate.errors import SetupError, UnavailableError
from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL, model_path
from cogitate.llm.sources import Progress, beside

SMALL = CATALOGUE["qwen2.5-coder-0.5b"]


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path


def run(*words):
    return CliRunner().invoke(models, list(words))


def make_sparse(path, size):
    """Make a file of that size that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)


def line_of(output, name):
    return next(line for line in output.splitlines() if line.startswith(name))


def test_list_shows_what_is_here_and_the_default(home):
    make_sparse(model_path(SMALL), SMALL.size)
    done = run("list")
    assert done.exit_code == 0
    assert line_of(done.output, DEFAULT_MODEL).endswith("default")
    assert "not here" in line_of(done.output, DEFAULT_MODEL)
    assert line_of(done.output, SMALL.name).split() == [
        SMALL.name,
        "491",
        "MB",
        "Apache-2.0",
        "here",
    ]


def test_list_shows_a_half_and_a_damaged_file(home):
    make_sparse(beside(model_path(SMALL), ".part"), SMALL.size // 2)
    assert "49 % here" in run("list").output or "50 % here" in run("list").output
    make_sparse(model_path(SMALL), 7)
    assert "damaged" in line_of(run("list").output, SMALL.name)


def test_info_shows_the_pinned_facts(home):
    done = run("info", SMALL.name)
    assert done.exit_code == 0
    for fact in (SMALL.sha256, "491,400,064 bytes", "Apache-2.0", SMALL.hub_repo, "6, from"):
        assert fact in done.output


def test_path_prints_the_path_alone(home):
    make_sparse(model_path(SMALL), SMALL.size)
    done = run("path", SMALL.name)
    assert done.stdout == f"{model_path(SMALL)}\n"


def test_path_of_a_model_that_is_not_here_is_unavailable(home):
    done = run("path", SMALL.name)
    assert isinstance(done.exception, UnavailableError)
    assert "cogitate models pull" in str(done.exception)
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["pull", "info", "path"])
def test_an_unknown_model_is_a_setup_error(home, command):
    done = run(command, "qwen2.5-coder-0.5")
    assert isinstance(done.exception, SetupError)
    assert SMALL.name in str(done.exception)


def test_pull_of_a_checked_model_prints_its_path(home):
    target = model_path(SMALL)
    make_sparse(target, SMALL.size)
    mark = {"size": SMALL.size, "mtime_ns": target.stat().st_mtime_ns, "sha256": SMALL.sha256}
    beside(target, ".ok").write_text(json.dumps(mark))
    done = run("pull", SMALL.name)
    assert done.exit_code == 0
    assert done.stdout == f"{target}\n"


def test_pull_refuses_a_corrupt_model_and_names_force(home):
    target = model_path(SMALL)
    target.write_bytes(b"bad")
    done = run("pull", SMALL.name)
    assert isinstance(done.exception, UnavailableError)
    assert "--force" in str(done.exception)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == hashlib.sha256(b"bad").hexdigest()


def test_progress_without_a_terminal_is_a_line_a_tenth(capsys):
    with progress_bar() as report:
        for done in range(0, 101):
            report(Progress(done_bytes=done, total_bytes=100, source="hub"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[-1].startswith("hub: 100 %")
