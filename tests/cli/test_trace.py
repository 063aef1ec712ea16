import json
from pathlib import Path

from cogitate.cli.main import run_command_line
from cogitate.runs.events import ModelCalled, RunEnded, RunStarted
from cogitate.runs.store import RunStore
from cogitate.values import Result, Usage


def keep(run_id: str, *, ended: bool = True) -> None:
    with RunStore().create(run_id) as folder:
        folder.append(RunStarted(at=1e9, run_id=run_id, goal=f"goal {run_id}\nsecond line"))
        folder.append(
            ModelCalled(at=1e9, purpose="act", text="hm", usage=Usage(), prompt="THE PROMPT")
        )
        if ended:
            result = Result(run_id=run_id, answer="42", stopped="answered", seconds=2.0)
            folder.append(RunEnded(at=1e9 + 2, result=result))


def test_list_shows_a_line_a_run(capsys) -> None:
    keep("20260101-000000-aaaa")
    keep("20260102-000000-bbbb", ended=False)
    assert run_command_line(["trace", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("20260102-000000-bbbb") and "unfinished" in lines[0]
    assert "answered" in lines[1] and "goal 20260101-000000-aaaa second line" in lines[1]
    assert run_command_line(["trace", "list", "--limit", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_list_of_nothing_says_so_on_stderr(capsys) -> None:
    assert run_command_line(["trace", "list"]) == 0
    seen = capsys.readouterr()
    assert seen.out == "" and "no runs yet" in seen.err


def test_show_draws_the_run_with_its_answer_on_stdout(capsys) -> None:
    keep("a")
    assert run_command_line(["trace", "show", "last"]) == 0
    seen = capsys.readouterr()
    assert "goal a" in seen.out and "42" in seen.out
    assert "THE PROMPT" not in seen.out
    assert seen.err == ""


def test_show_prompts_shows_what_the_model_was_shown(capsys) -> None:
    keep("a")
    assert run_command_line(["trace", "show", "a", "--prompts"]) == 0
    assert "THE PROMPT" in capsys.readouterr().out


def test_show_json_is_one_event_a_line(capsys) -> None:
    keep("a")
    assert run_command_line(["trace", "show", "a", "--json"]) == 0
    kinds = [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()]
    assert kinds == ["RunStarted", "ModelCalled", "RunEnded"]


def test_show_says_that_a_run_did_not_end(capsys) -> None:
    keep("a", ended=False)
    assert run_command_line(["trace", "show", "a"]) == 0
    assert "unfinished" in capsys.readouterr().err


def test_an_unknown_run_is_a_usage_error_naming_the_closest(capsys) -> None:
    keep("20260101-000000-aaaa")
    assert run_command_line(["trace", "show", "20260101-000000-aaab"]) == 2
    assert "20260101-000000-aaaa" in capsys.readouterr().err


def test_nothing_is_written_by_looking(clean: Path) -> None:
    run_command_line(["trace", "list"])
    assert list(clean.iterdir()) == []


def thoughts(run_id: str, *, name: str = "thoughts.json") -> None:
    keep(run_id)
    root = {"id": "t0", "state": {}, "text": "the question", "parents": [], "depth": 0}
    more = {"score": None, "valid": None, "solved": None, "op": "start", "tokens": 0}
    child = {**root, **more, "id": "t1", "text": "a step", "parents": ["t0"], "score": 0.5}
    data = {"method": "tot", "best": "t1", "counts": {}, "thoughts": [{**root, **more}, child]}
    path = RunStore().root / run_id / "files" / name
    path.write_text(json.dumps(data), encoding="utf-8")


def test_thoughts_are_a_tree_mermaid_or_json(capsys) -> None:
    thoughts("a")
    assert run_command_line(["trace", "thoughts"]) == 0
    out = capsys.readouterr().out
    assert out == "tot: 2 thoughts\nt0 the question\n\u2514\u2500 t1 a step [0.5] *\n"
    assert run_command_line(["trace", "thoughts", "a", "--format", "mermaid"]) == 0
    assert "t0 -->|start| t1" in capsys.readouterr().out
    assert run_command_line(["trace", "thoughts", "last", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["best"] == "t1"


def test_a_run_without_thoughts_says_what_makes_some(capsys) -> None:
    keep("a")
    assert run_command_line(["trace", "thoughts", "a"]) == 2
    assert "--loop tot" in capsys.readouterr().err
    thoughts("b")
    (RunStore().root / "b" / "files" / "thoughts.json").write_text("{", encoding="utf-8")
    assert run_command_line(["trace", "thoughts", "b"]) == 2
    assert "cannot be read" in capsys.readouterr().err
