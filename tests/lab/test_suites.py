"""Loading cases: what files look like, and what is said when they do not."""

import json
import os
from pathlib import Path

import pytest

from cogitate.errors import SetupError
from cogitate.lab.suites import SUITES, data_hash, load_cases, suite_named


def write(path, *rows):
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_a_folder_holds_the_suites_files(tmp_path):
    write(tmp_path / "svamp.jsonl", *[{"id": i, "question": "?", "answer": i} for i in range(3)])
    cases = load_cases("svamp", tmp_path, 2)
    assert [(case.id, case.suite, case.goal) for case in cases] == [
        ("0", "svamp", "?"),
        ("1", "svamp", "?"),
    ]


def test_bfcl_takes_its_files_in_turn(tmp_path):
    for name in SUITES["bfcl"].files:
        row = {"messages": [], "tools": [], "ground_truth": []}
        write(tmp_path / name, *[{"id": f"{name}{i}", **row} for i in range(2)])
    ids = [case.id for case in load_cases("bfcl", tmp_path, 7)]
    assert ids == [f"{name}0" for name in SUITES["bfcl"].files] + [f"{SUITES['bfcl'].files[0]}1"]


def test_a_failed_case_keeps_its_suite_when_it_is_read_again(tmp_path):
    own = write(
        tmp_path / "failed.jsonl",
        {"id": "a", "suite": "game24", "numbers": [1, 1, 1, 8], "failed": []},
        {"id": "b", "question": "?", "answer": "x"},
    )
    assert [case.suite for case in load_cases("file", own)] == ["game24", "file"]


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("gsm8l", [], "did you mean 'gsm8k'"),
        ("gsm8k", [{"id": 1, "question": "?"}], "has no 'answer'"),
        ("gsm8k", [[1]], "not an object"),
        ("gsm8k", [], "holds no case"),
        ("gsm8k", [{"id": 1, "question": "?", "answer": 1}] * 2, "the id '1'"),
        ("file", [{"id": 1, "suite": "nosuch"}], "no suite 'nosuch'"),
        (
            "file",
            [{"id": 1, "question": "?", "answer": "B", "choices": ["seven", "red"]}],
            "the answer 'B' is none of the choices",
        ),
    ],
)
def test_what_is_no_suite_is_said(tmp_path, name, rows, said):
    path = write(tmp_path / "x.jsonl", *rows)
    with pytest.raises(SetupError, match=said):
        load_cases(name, path)


def test_a_torn_line_is_named_by_file_and_line(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": 1, "question": "?", "answer": 1}\n\n{"id": 2,')
    with pytest.raises(SetupError, match=r"x\.jsonl:3 is not JSON"):
        load_cases("gsm8k", path)


def test_missing_data_says_the_way_out(tmp_path):
    with pytest.raises(SetupError, match="COGITATE_DATA"):
        load_cases("gsm8k", None)
    with pytest.raises(SetupError, match=r"'gsm8k\.jsonl'.*--data"):
        load_cases("gsm8k", tmp_path)
    with pytest.raises(SetupError, match="name the JSONL file"):
        load_cases("file", tmp_path)


def test_the_hash_of_the_data_sees_each_case_and_their_order(tmp_path):
    rows = [{"id": i, "question": "?", "answer": i} for i in range(3)]
    cases = load_cases("svamp", write(tmp_path / "x.jsonl", *rows))
    again = load_cases("svamp", write(tmp_path / "y.jsonl", *rows))
    assert data_hash(cases) == data_hash(again)
    assert data_hash(cases) != data_hash(cases[::-1])
    rows[1]["answer"] = 7
    assert data_hash(cases) != data_hash(load_cases("svamp", write(tmp_path / "z.jsonl", *rows)))


BESIDE = Path(__file__).parents[3] / "shared" / "data" / "dev"
DATA = os.environ.get("COGITATE_DATA") or str(BESIDE)


@pytest.mark.skipif(not Path(DATA).is_dir(), reason="the data is not here")
@pytest.mark.parametrize("name", [name for name in SUITES if name != "file"])
def test_each_suite_reads_its_real_files(name):
    cases = load_cases(name, Path(DATA))
    assert len(cases) >= 50
    assert all(case.goal.strip() for case in cases)


@pytest.mark.skipif(not Path(DATA).is_dir(), reason="the data is not here")
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("gsm8k", lambda d: f"The answer is {d['answer']}."),
        ("gsm_hard", lambda d: f"The answer is {d['answer']}"),
        ("svamp", lambda d: str(d["answer"])),
        ("date_understanding", lambda d: f"It is {d['answer']}."),
        ("penguins", lambda d: d["answer"]),
        ("colored_objects", lambda d: f"The answer is {d['answer']}."),
        ("game24", lambda d: f"Answer: {d['one_solution']} = 24"),
        ("hotpotqa", lambda d: d["answer"]),
        ("fever", lambda d: d["label"]),
    ],
)
def test_the_right_answer_of_each_real_case_is_right(name, answer):
    score = suite_named(name).score
    cases = load_cases(name, Path(DATA))
    assert [c.id for c in cases if not score(c.data, answer(c.data)).correct] == []
