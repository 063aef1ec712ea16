import json

import pytest

from cogitate.cli.main import run_command_line


@pytest.fixture(autouse=True)
def hashed(monkeypatch):
    """Take the embedder that needs no package."""
    monkeypatch.setenv("COGITATE_EMBEDDINGS", "hashed")


@pytest.fixture
def index(capsys):
    """Return a function that runs `cogitate index` and gives code, stdout and stderr."""

    def run(*words):
        code = run_command_line(["index", *map(str, words)])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return run


@pytest.fixture
def papers(tmp_path):
    """Make a folder with two documents and one that cannot be read."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "tides.md").write_text("# Tides\n\nThe tide is highest at new moon.\n")
    (folder / "bread.txt").write_text("Bread needs flour, water, salt and time.\n")
    (folder / "blob.bin").write_bytes(bytes(range(256)) * 20)
    return folder


def deeds(out):
    return {line.split()[1].rsplit("/")[-1]: line.split()[0] for line in out.splitlines()[:-2]}


def test_each_file_is_told_of_and_the_plan_is_printed(index, papers):
    code, out, err = index(papers)
    assert code == 0
    told = deeds(out)
    assert told == {"tides.md": "indexed", "bread.txt": "indexed", "blob.bin": "skipped"}
    assert "2 indexed, 1 skipped; 2 chunks written" in out
    assert out.splitlines()[-1].startswith("index: flat (exact")
    assert "files: 3 of 3" in err


def test_the_second_run_reads_only_what_changed(index, papers):
    index(papers)
    (papers / "bread.txt").write_text("Bread needs flour, water, salt, time and an oven.\n")
    (papers / "tides.md").unlink()
    (papers / "new.txt").write_text("Something else.")
    told = deeds(index(papers)[1])
    assert told["new.txt"] == "indexed" and told["blob.bin"] == "skipped"
    assert "removed" in told.values()
    found = json.loads(index("--list", "--json")[1])
    assert found[0]["files"] == {"indexed": 2, "skipped": 1}


def test_what_is_indexed_is_found_by_a_search_of_memory(index, papers, capsys):
    index(papers, "--collection", "lore")
    words = ["memory", "search", "when is the tide highest?", "--scope", "lore", "--json"]
    assert run_command_line(words) == 0
    first = json.loads(capsys.readouterr().out)["hits"][0]["record"]
    assert first["meta"]["path"] == str(papers / "tides.md") and first["untrusted"] is True


@pytest.mark.parametrize("kind", ["hnsw", "lsh"])
def test_the_recall_of_an_index_that_was_asked_for_is_measured(index, papers, kind):
    text = "\n\n".join(f"# Part {n}\n\n" + f"Word{n} stands alone. " * 60 for n in range(40))
    (papers / "long.md").write_text(text)
    code, out, _ = index(papers, "--index", kind, "--json")
    built = json.loads(out)["index"]
    assert code == 0
    assert built["kind"] == kind and built["vectors"] >= 40 and 0.5 < built["recall"] <= 1
    assert json.loads(index("--list", "--json")[1])[0]["index"] == built


def test_the_index_that_was_asked_for_is_used_again_until_another_is(index, papers, capsys):
    text = "\n\n".join(f"# Part {n}\n\n" + f"Word{n} stands alone. " * 60 for n in range(40))
    (papers / "long.md").write_text(text)
    index(papers, "--index", "hnsw")
    assert index(papers)[1].splitlines()[-1].startswith("index: hnsw (asked for)")
    assert index("--list")[1].splitlines()[1].split()[-1] == "hnsw"
    assert index(papers, "--index", "auto")[1].splitlines()[-1].startswith("index: flat (exact")


def test_an_index_that_needs_more_vectors_is_refused(index, papers):
    code, _, err = index(papers, "--index", "ivfpq")
    assert code == 2 and "take flat" in err


def test_collections_are_listed_apart_and_removed_whole(index, papers):
    index(papers / "tides.md", "--collection", "sea")
    index(papers / "bread.txt", "--collection", "food")
    lines = index("--list")[1].splitlines()
    assert [line.split()[0] for line in lines] == ["COLLECTION", "food", "sea"]
    assert "tides.md" in index("--list", "--collection", "sea")[1]
    code, out, _ = index("--remove", "--collection", "sea")
    assert code == 0 and deeds(out) == {"tides.md": "removed"}
    assert [each["name"] for each in json.loads(index("--list", "--json")[1])] == ["food"]
    code, _, err = index("--remove", "--collection", "sea")
    assert code == 2 and "nothing is indexed as 'sea'" in err


def test_remove_takes_out_a_path_that_is_gone(index, papers):
    index(papers)
    (papers / "tides.md").unlink()
    out = index("--remove", papers / "tides.md")[1]
    assert deeds(out) == {"tides.md": "removed"}
    assert "bread.txt" in index("--list", "--collection", "default")[1]


def test_mistakes_are_named(index, papers, tmp_path):
    code, _, err = index()
    assert code == 2 and "give files or folders" in err
    code, _, err = index(tmp_path / "nowhere")
    assert code == 2 and "does not exist" in err
    code, out, err = index("--list")
    assert (code, out) == (0, "") and "nothing indexed yet" in err
    index(papers)
    code, _, err = index("--list", "--collection", "other")
    assert code == 2 and "there are: default" in err
    assert index(papers, "--db", tmp_path)[0] == 2


def test_quiet_prints_the_sums_alone(index, papers):
    assert len(index(papers, "-q")[1].splitlines()) == 2
