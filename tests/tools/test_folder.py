import os
import unicodedata

import pytest

from cogitate.errors import SetupError, ToolFailure
from cogitate.tools.folder import Folder, decode, read_text


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "mine"
    root.mkdir()
    (root / "sales.csv").write_text("region,amount\nNorth,1\n")
    (root / "notes").mkdir()
    (root / "notes" / "lease.md").write_text("The rent is 900.\n")
    return Folder(root)


def test_a_folder_that_does_not_exist_is_a_setup_error(tmp_path):
    with pytest.raises(SetupError, match="does not exist"):
        Folder(tmp_path / "none")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(SetupError, match="not a folder"):
        Folder(tmp_path / "a.txt")


def test_files_are_sorted_with_kind_and_size(folder):
    assert folder.files() == [
        {"path": "notes/lease.md", "kind": "text", "size": 17},
        {"path": "sales.csv", "kind": "table", "size": 22},
    ]


def test_kinds_are_told_by_content(folder):
    root = folder.root
    (root / "list.json").write_text('[{"a": 1}, {"a": 2}]')
    (root / "lines.json").write_text('{"a": 1}\n{"a": 2}\n')
    (root / "object.json").write_text('{"a": 1}')
    (root / "picture.txt").write_bytes(b"\x89PNG\x00\x01\x02")
    (root / "chinese.txt").write_bytes("房租是每月三千元".encode("gb18030"))
    (root / "wide.txt").write_bytes("hello".encode("utf-16"))
    kinds = {info["path"]: info["kind"] for info in folder.files()}
    assert kinds["list.json"] == kinds["lines.json"] == "table"
    assert kinds["object.json"] == kinds["chinese.txt"] == kinds["wide.txt"] == "text"
    assert kinds["picture.txt"] == "other"


def test_hidden_files_and_caches_are_neither_listed_nor_read(folder):
    root = folder.root
    for name in (".env", ".git/config", "node_modules/a.js", "__pycache__/a.txt", "v/lib.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("secret")
    (root / "v" / "pyvenv.cfg").write_text("")
    assert [info["path"] for info in folder.files()] == ["notes/lease.md", "sales.csv"]
    for name in (".env", ".git/config", "node_modules/a.js"):
        with pytest.raises(ToolFailure, match="hidden or a cache"):
            folder.resolve(name)


@pytest.mark.parametrize(
    "name",
    ["../secret.txt", "notes/../../secret.txt", "/etc/passwd", "~/x", "C:\\x", "..\\secret.txt"],
)
def test_a_name_that_leads_out_is_refused(folder, name):
    (folder.root.parent / "secret.txt").write_text("secret")
    with pytest.raises(ToolFailure):
        folder.resolve(name)


def test_links_that_lead_out_are_neither_listed_nor_read(folder, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (folder.root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder.root / "up").symlink_to(tmp_path)
    for name in ("link.txt", "up/secret.txt"):
        with pytest.raises(ToolFailure, match="leads out"):
            folder.resolve(name)
    assert len(folder.files()) == 2


def test_a_loop_of_links_ends(folder):
    (folder.root / "a").symlink_to(folder.root / "b")
    (folder.root / "b").symlink_to(folder.root / "a")
    (folder.root / "notes" / "again").symlink_to(folder.root / "notes")
    assert [info["path"] for info in folder.files()] == ["notes/lease.md", "sales.csv"]
    with pytest.raises(ToolFailure):
        folder.resolve("a")


def test_a_link_that_stays_inside_is_read(folder):
    (folder.root / "short.md").symlink_to(folder.root / "notes" / "lease.md")
    assert folder.resolve("short.md") == folder.root / "notes" / "lease.md"


@pytest.mark.parametrize("name", ["x" * 5000, "a\x00b", "no such file"])
def test_a_name_that_no_file_can_have_is_a_tool_failure(folder, name):
    with pytest.raises(ToolFailure):
        folder.resolve(name)


def test_a_wrong_name_is_answered_with_the_closest_first(folder):
    with pytest.raises(ToolFailure) as failure:
        folder.resolve("leese.md")
    text = str(failure.value)
    assert text.index("notes/lease.md") < text.index("sales.csv")


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_names_in_any_unicode_form_are_found(folder, stored, asked):
    (folder.root / unicodedata.normalize(stored, "été.txt")).write_text("x")
    assert folder.resolve(unicodedata.normalize(asked, "été.txt")).exists()


def test_chinese_names_and_inner_folders_are_found(folder):
    (folder.root / "合同").mkdir()
    (folder.root / "合同" / "房租.txt").write_text("三千")
    assert folder.resolve("合同/房租.txt").read_text() == "三千"
    assert folder.resolve("notes\\lease.md") == folder.root / "notes" / "lease.md"


def test_listing_stops_at_six_levels(folder):
    deep = folder.root.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "far.txt").write_text("x")
    (folder.root.joinpath(*"abcde") / "near.txt").write_text("x")
    paths = [info["path"] for info in folder.files()]
    assert "a/b/c/d/e/near.txt" in paths
    assert "a/b/c/d/e/f/g/h/far.txt" not in paths


def test_listing_stops_at_two_thousand_files(tmp_path):
    for number in range(2_050):
        (tmp_path / f"{number}.txt").touch()
    assert len(Folder(tmp_path).files()) == 2_000


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "naïve 房租"),
        ("utf-8-sig", "naïve 房租"),
        ("utf-16", "naïve 房租"),
        ("gb18030", "本合同的房租是每月三千元。\nrent 3000"),
        ("latin-1", "élève à l'école"),
    ],
)
def test_text_of_many_encodings_is_read(tmp_path, encoding, text):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    assert read_text(path) == text


def test_reading_is_bounded_and_never_cuts_a_character(tmp_path):
    path = tmp_path / "big.txt"
    path.write_text("a" + "房" * 1_000_000, encoding="utf-8")
    text = read_text(path)
    assert 1_999_990 < len(text.encode()) <= 2_000_000
    assert set(text) == {"a", "房"}


def test_what_is_not_text_is_a_tool_failure(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(os.urandom(64) + b"\x00\x01")
    with pytest.raises(ToolFailure, match="not a text file"):
        read_text(path)
    assert decode(b"\x89PNG\r\n\x1a\n\x00") is None


def test_line_ends_are_made_the_same(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a\r\nb\rc\n")
    assert read_text(tmp_path / "a.txt") == "a\nb\nc\n"
