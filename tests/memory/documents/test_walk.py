"""Which files are met, and what is left out with which reason."""

import os
import sys
from contextlib import contextmanager

import pytest

from cogitate.errors import SetupError
from cogitate.memory.documents.document import Skipped
from cogitate.memory.documents.walk import Found, Unseen, found_at, roots_of, walk


def make(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def names(root):
    return [os.path.relpath(f.path, root) for f in walk(root) if isinstance(f, Found)]


def reasons(root):
    return {os.path.relpath(f.path, root): f.reason for f in walk(root) if not isinstance(f, Found)}


@contextmanager
def no_rights(path):
    """Take the rights to a place, from root too, while the body runs."""
    path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        path.chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such rights there")
@pytest.mark.parametrize("given", ["", "a.txt"])
def test_a_root_that_may_not_be_read_is_said_and_not_taken_for_empty(tmp_path, given):
    make(tmp_path / "locked", "a.txt")
    with (
        no_rights(tmp_path / "locked"),
        pytest.raises(SetupError, match=r"cannot be read \(Permission denied\)"),
    ):
        roots_of([tmp_path / "locked" / given])


def test_files_come_folder_by_folder_in_the_order_of_names(tmp_path):
    make(tmp_path, "b.txt", "a.txt", "x/2.txt", "x/1.txt", "x/y/z.txt", "c/d.txt")
    assert names(tmp_path) == ["a.txt", "b.txt", "c/d.txt", "x/1.txt", "x/2.txt", "x/y/z.txt"]


def test_what_programs_left_is_named_and_not_read(tmp_path):
    make(tmp_path, "a.txt", ".git/config", "node_modules/x.js", "p/__pycache__/m.pyc", "~$a.docx",
         "my/pyvenv.cfg", "my/lib/x.py", ".hidden", "a.txt~")  # fmt: skip
    assert names(tmp_path) == ["a.txt"]
    assert set(reasons(tmp_path)) == {
        ".git", ".hidden", "node_modules", "p/__pycache__", "my", "~$a.docx", "a.txt~"
    }  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_out_are_not_followed(tmp_path):
    make(tmp_path, "in/a.txt", "in/sub/b.txt", "in/.h/c.txt", "out/secret.txt")
    root = tmp_path / "in"
    (root / "out.txt").symlink_to(tmp_path / "out" / "secret.txt")
    (root / "outside").symlink_to(tmp_path / "out")
    (root / "again").symlink_to(root)
    (root / "gone").symlink_to(root / "nothing")
    (root / "same.txt").symlink_to(root / "a.txt")
    (root / "h.txt").symlink_to(root / ".h" / "c.txt")
    assert names(root) == ["a.txt", "same.txt", "sub/b.txt"]
    assert {name: reason for name, reason in reasons(root).items() if name != ".h"} == {
        "out.txt": "a link that leads out of the folder",
        "outside": "a link that leads out of the folder",
        "again": "a link to a folder, which is read where it lies",
        "gone": "a link that leads nowhere",
        "h.txt": "a link to a hidden file",
    }


def test_roots_inside_of_others_are_walked_once(tmp_path):
    make(tmp_path, "a/b/c.txt")
    found = roots_of([tmp_path / "a" / "b", tmp_path / "a", tmp_path / "a"])
    assert found == [tmp_path / "a"]


def test_a_root_that_is_gone_is_an_error_and_no_empty_folder(tmp_path):
    with pytest.raises(SetupError, match="does not exist"):
        roots_of([tmp_path / "gone"])


def test_a_file_that_went_away_is_told(tmp_path):
    assert isinstance(found_at(str(tmp_path / "gone")), Skipped)


def test_a_name_that_cannot_be_asked_for_is_unseen(tmp_path):
    make(tmp_path, "a.txt")
    assert isinstance(found_at(str(tmp_path / "a.txt" / "below")), Unseen)
