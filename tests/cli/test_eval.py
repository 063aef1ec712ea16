"""`cogitate eval` as a person uses it: a table, JSON, exit codes, going on, comparing."""

import json
from types import SimpleNamespace

import pytest

from cogitate.cli.main import run_command_line
from tests.lab.oracle import write_sums


@pytest.fixture
def cogitate(capsys, monkeypatch):
    """Return a function that runs the command in this process, which spares its start."""

    def run(*args, env=None):
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        code = run_command_line(args)
        said = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=said.out, stderr=said.err)

    return run


@pytest.fixture
def suite(tmp_path):
    return write_sums(tmp_path / "sums.jsonl", 4)


def script(path, *answers):
    path.write_text(json.dumps(list(answers)))
    return f"scripted:{path}"


@pytest.fixture
def model(tmp_path):
    return script(tmp_path / "answers.json", "It is 1.", "It is 2.", "It is 0.", "no idea")


def test_a_file_of_ones_own_becomes_a_table(cogitate, suite, model):
    done = cogitate("eval", "--data", str(suite), "--loops", "bare", "--models", model)
    assert done.returncode == 0, done.stderr
    head, row, *more = done.stdout.splitlines()
    assert head.split()[:3] == ["LOOP", "CASES", "SUCCESS"]
    assert row.split("  ")[0] == "bare"
    assert "50.0 %" in row and "15.0 % to 85.0 %" in row and "answered 4" in row
    assert "bare: wrong by wrong 1, invalid 1" in more
    assert "4 of 4" in done.stderr and "%" not in done.stderr


def test_json_is_one_object_and_the_second_time_costs_nothing(cogitate, suite, model):
    args = ("eval", "gsm8k", "--data", str(suite), "--loops", "bare", "--models", model, "--json")
    first = cogitate(*args)
    report = json.loads(first.stdout)
    assert report["methods"]["bare"]["failures"] == {"wrong": 1, "invalid": 1}
    shown = cogitate("eval", "show", "last", "--json")
    assert json.loads(shown.stdout)["methods"] == report["methods"]
    assert {"data", "code", "seed", "limits", "rules"} <= set(report["eval"])
    assert json.loads(cogitate(*args).stdout) == report  # a second script would begin anew


def test_below_the_least_success_the_exit_code_is_1(cogitate, suite, model):
    args = ("eval", "gsm8k", "--data", str(suite), "--loops", "bare", "--models", model)
    assert cogitate(*args, "--min", "0.5").returncode == 0
    done = cogitate(*args, "--min", "0.51")
    assert done.returncode == 1
    assert "below --min 0.51: bare" in done.stderr
    assert "LOOP" in done.stdout


def test_what_failed_can_be_run_again_and_results_compared(cogitate, suite, model, tmp_path, clean):
    args = ("--loops", "bare", "--models")
    report = json.loads(cogitate("eval", "--data", str(suite), *args, model, "--json").stdout)
    failed = clean / "evals" / report["eval"]["id"] / "failed.jsonl"
    better = script(tmp_path / "better.json", "3", "4")
    again = cogitate("eval", "--data", str(failed), *args, better, "--min", "1")
    assert again.returncode == 0, again.stdout + again.stderr
    done = cogitate("eval", "compare", report["eval"]["id"], "last", "--json")
    (found,) = json.loads(done.stdout)["differences"]
    assert (found["first"], found["second"], found["cases"]) == ("A:bare", "B:bare", 2)
    assert found["mean"] == 1.0 and found["verdict"] == "B:bare is better"
    told = cogitate("eval", "compare", report["eval"]["id"], "last")
    assert "B:bare against A:bare: +100.0 points" in told.stdout
    gate = ("eval", "compare", "last", report["eval"]["id"])
    assert cogitate(*gate).returncode == 0
    assert cogitate(*gate, "--not-worse").returncode == 1
    assert cogitate(*gate[:2], gate[3], "last", "--not-worse").returncode == 0
    ordered = cogitate("eval", "compare", report["eval"]["id"], "last", "--expect", "B:bare>A:bare")
    assert "1 confirmed, 0 contradicted, 0 not separated" in ordered.stdout
    listed = cogitate("eval", "list").stdout.splitlines()
    assert len(listed) == 2 and all("done" in line for line in listed)


def test_two_models_are_set_against_each_other(cogitate, suite, tmp_path):
    one = script(tmp_path / "one.json", "1", "2", "3", "4")
    two = script(tmp_path / "two.json", "0", "0", "0", "4")
    done = cogitate(
        *("eval", "--data", str(suite), "--loops", "bare"),
        *("--models", f"{one},{two}", "--expect", f"bare/{one}>bare/{two}"),
    )
    assert done.returncode == 0, done.stderr
    assert "McNemar p 0.25" in done.stdout
    assert "only one right 0:3" in done.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["eval"], "name one suite: gsm8k"),
        (["eval", "gsm8k"], "COGITATE_DATA"),
        (["eval", "gsm8l", "--data", "."], "did you mean 'gsm8k'"),
        (["eval", "gsm8k", "--data", "."], "'gsm8k.jsonl'"),
        (["eval", "gsm8k", "--data", "nowhere"], "'nowhere' does not exist"),
        (["eval", "gsm8k", "svamp", "--data", "."], "name one suite"),
        (["eval", "compare"], "name one or two"),
        (["eval", "compare", "x"], "none yet"),
        (["eval", "show"], "name one evaluation"),
        (["eval", "gsm8k", "--min", "50"], "0<=x<=1"),
    ],
)
def test_what_cannot_be_is_one_line_with_the_way_out(cogitate, args, said):
    done = cogitate(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and said in done.stderr


def test_an_unknown_loop_is_said_before_a_model_is_loaded(cogitate, suite):
    done = cogitate("eval", "--data", str(suite), "--loops", "auto,recat", "--models", "no-such")
    assert done.returncode == 2
    assert "did you mean 'react'" in done.stderr


def test_the_folder_of_the_data_may_be_a_variable(cogitate, tmp_path, model):
    write_sums(tmp_path / "gsm8k.jsonl", 4)
    args = ("eval", "gsm8k", "--loops", "bare", "--models", model, "--limit", "2", "--json")
    done = cogitate(*args, env={"COGITATE_DATA": str(tmp_path)})
    assert json.loads(done.stdout)["methods"]["bare"]["cases"] == 2


def test_no_evaluations_yet_is_said(cogitate):
    done = cogitate("eval", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no evaluations yet" in done.stderr


def test_words_and_programs_are_set_side_by_side_by_the_size_of_numbers(cogitate, tmp_path):
    path = tmp_path / "sums.jsonl"
    asked = [(12, 13), (345678, 345679)]
    rows = [{"id": str(a), "question": f"How much is {a} + 1?", "answer": b} for a, b in asked]
    path.write_text("\n".join(map(json.dumps, rows)))
    model = script(tmp_path / "answers.json", "It is 13.", "It is 3.")
    done = cogitate("eval", "--data", str(path), "--loops", "bare", "--models", model)
    assert done.returncode == 0, done.stderr
    table = done.stdout[done.stdout.index("NUMBERS OF") :].splitlines()
    assert [part.strip() for part in table[0].split("  ") if part] == [
        "NUMBERS OF",
        "CASES",
        "bare",
    ]
    assert "up to 2 digits" in table[1] and "100.0 %" in table[1]
    assert "5 digits and more" in table[2] and "0.0 %" in table[2]


@pytest.mark.parametrize(("order", "said"), [("bare>sc", "'sc' is not"), ("bare", "is no order")])
def test_a_slip_in_the_order_that_is_expected_shows_before_anything_runs(
    cogitate, suite, model, order, said
):
    args = ("eval", "--data", str(suite), "--loops", "bare,cot", "--models", model)
    done = cogitate(*args, "--expect", order)
    assert done.returncode == 2 and said in done.stderr
    assert "0 of" not in done.stderr
