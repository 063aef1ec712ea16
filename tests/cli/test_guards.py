"""The tables of cogitate.toml: rules, prices and the limit of a window."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cogitate import SetupError
from cogitate.cli.config import read
from cogitate.cli.guards import RULES
from cogitate.cli.settings import AgentOptions, agent_options
from cogitate.runs.approval import Rule
from cogitate.runs.prices import Price

FOUND: list[AgentOptions] = []


@click.command()
@agent_options
def command(options: AgentOptions) -> None:
    FOUND.append(options)


def options(*args):
    done = CliRunner().invoke(command, args, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return FOUND.pop()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir(exist_ok=True)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "cogitate.toml"
    path.write_text(text, "utf-8")
    return path


WHOLE = """
max_cost = 0.5
approve = "wait"

[limits]
window = "12h"
max_cost = 5

[prices."gpt-x"]
read = 1.25
written = 10
reused = 0.125
currency = "EUR"
"""


def test_a_file_reaches_the_agents_parts(folder):
    write(folder, WHOLE)
    found = options("--max-model-calls", "9")
    assert found.policy.default == "wait"
    assert found.prices == {"gpt-x": Price(read=1.25, written=10, reused=0.125, currency="EUR")}
    limits = found.limits
    assert (limits.cost, limits.window_cost, limits.window) == (0.5, 5.0, 43_200.0)
    assert limits.model_calls == 9


def test_without_a_file_nothing_is_limited_and_what_asks_is_asked():
    found = options()
    assert (found.limits.cost, found.limits.window_cost, found.prices) == (None, None, {})
    assert (found.policy.rules, found.policy.default) == ((), "ask")


def test_rules_keep_their_order_and_those_of_the_data_folder_come_first(folder):
    write(folder / "home", '[[approve]]\ntool = "send_*"\ndo = "deny"\n')
    write(
        folder,
        '[[approve]]\ntool = "write_*"\nargs = { path = "*.md" }\ndo = "auto"\n'
        '[[approve]]\ndo = "ask"\n',
    )
    assert options().policy.rules == (
        Rule(tool="send_*", do="deny"),
        Rule(tool="write_*", args={"path": "*.md"}, do="auto"),
        Rule(do="ask"),
    )


def test_the_flag_sets_what_no_rule_speaks_of(folder):
    write(folder, '[[approve]]\ntool = "send_*"\ndo = "deny"\n')
    policy = options("--approve", "auto").policy
    assert policy.decide("send_mail", {}, "ask") == "deny"
    assert policy.decide("pay", {}, "ask") == "auto"


def test_prices_of_both_files_are_joined(folder):
    write(folder / "home", '[prices."a"]\nread = 1\nwritten = 2\n')
    write(folder, '[prices."b"]\nread = 3\nwritten = 4\n')
    assert set(options().prices) == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('approve = "perhaps"', "none of auto, ask, deny, wait"),
        ("approve = 3", r"or \[\[approve\]\]"),
        ('[[approve]]\ntool = "x"', "do must be one of"),
        ('[[approve]]\ntool = 1\ndo = "auto"', "tool must be a text"),
        ('[[approve]]\ntols = "x"\ndo = "auto"', "did you mean 'tool'"),
        ('[[approve]]\nargs = { a = 1 }\ndo = "auto"', "args must be texts"),
        ("limits = 3", r"must be a table"),
        ('[limits]\nwindow = "1d"', "needs max_cost"),
        ('[limits]\nwindow = "soon"\nmax_cost = 1', "'12h' or '1d'"),
        ("[limits]\nmax_cost = -1", "above 0"),
        ("[limits]\nmax_steps = 3\nmax_cost = 1", "stand outside"),
        ('[prices."m"]\nread = 1', "read and written must be numbers"),
        ('[prices."m"]\nread = -1\nwritten = 1', "0 or more"),
        ('[prices."m"]\nread = 1\nwritten = 1\ncurency = "USD"', "did you mean 'currency'"),
        ("prices = 3", "must be a table"),
    ],
)
def test_what_is_wrong_in_a_table_is_said_with_the_place(folder, text, said):
    path = write(folder, text)
    with pytest.raises(SetupError, match=said) as caught:
        read(path)
    assert f"{path}, line 1" in str(caught.value)


def test_rules_are_kept_apart_from_the_option(folder):
    assert set(read(write(folder, '[[approve]]\ndo = "ask"\n'))) == {RULES}


def test_doctor_says_what_keeps_runs_in_bounds(folder):
    from cogitate.cli.doctor import folder_checks

    write(
        folder, WHOLE.replace('approve = "wait"\n', "") + '\n[[approve]]\ntool = "x"\ndo = "deny"\n'
    )
    found = {check.name: check.found for check in folder_checks()}
    assert found["approve"] == "x: deny; else ask where a tool asks"
    assert found["prices"] == "gpt-x"
    assert found["spent"] == "0.0000 of 5 in 12 hours"
