"""The examples of the loops that search among thoughts, as a person runs them."""

import importlib.util
from pathlib import Path

HERE = Path(__file__).parents[1]
_SPEC = importlib.util.spec_from_file_location("example_tests", HERE / "test_examples.py")
assert _SPEC is not None and _SPEC.loader is not None
examples = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(examples)


def test_tree_of_thoughts_on_a_script(tmp_path: Path) -> None:
    out = examples.run("tree_of_thoughts", "--judge=program", examples.scripted(tmp_path, "unused"))
    assert "= 24" in out and "(answered; 0 model calls" in out
    assert "solved *" in out


def test_tree_of_thoughts_judged_by_a_model_on_a_script(tmp_path: Path) -> None:
    # Two numbers that are 4 and 6 are told from all others by nobody: the check finds them.
    script = examples.scripted(tmp_path, *[{"choice": "maybe"}] * 200)
    out = examples.run("tree_of_thoughts", "--judge=value", "--beam=40", script, timeout=120)
    assert "2, 3, 4 and 7" in out and "model calls" in out


def test_graph_of_thoughts_on_a_script(tmp_path: Path) -> None:
    replies = ["[1, 2]", "[1, 3]", "[0, 2]", "[0, 1, 2, 3]", "[0, 1, 2, 3]"]
    goal = "Sort in ascending order: 3, 1, 2, 0"
    out = examples.run(
        "graph_of_thoughts", "--branches=1", goal, examples.scripted(tmp_path, *replies)
    )
    assert "cot: I found nothing that supports an answer." in out
    assert "got: [0, 1, 2, 3]\n   (answered;" in out


def test_self_consistency_on_a_script(tmp_path: Path) -> None:
    replies = ["Answer: 13", "15 - 6 = 9\nAnswer: 9", "9 + 4 = 13\n\u7b54\u6848\uff1a13"]
    goal = "小明有15本书，借给同学6本，又买了4本。他现在有多少本书？"
    out = examples.run(
        "self_consistency", "--chains=3", goal, examples.scripted(tmp_path, *replies)
    )
    assert "2 of 3 thoughts give this answer" in out
    assert out.endswith("-> 13\n")
