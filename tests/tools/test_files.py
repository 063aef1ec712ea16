import os

import pytest

from cogitate.errors import ToolFailure
from cogitate.runs.context import RunContext, running
from cogitate.tools.base import effect_of
from cogitate.tools.files import list_files, read_file, search_files, write_file
from cogitate.tools.observe import observe


@pytest.fixture
def run(tmp_path):
    folder, workspace = tmp_path / "mine", tmp_path / "work"
    folder.mkdir()
    workspace.mkdir()
    (folder / "lease.md").write_text("# Lease\nThe rent is 900.\nNotice: two months.\n")
    (folder / "sales.csv").write_text("region,amount\nNorth,5\n")
    with running(RunContext(run_id="r", workspace=workspace, folder=folder)) as context:
        yield context


def read(path, **args):
    return read_file.invoke({"path": path, **args})


def write(path, text="hello"):
    return write_file.invoke({"path": path, "text": text})


def test_the_tools_declare_their_effects():
    effects = [effect_of(item) for item in (list_files, read_file, write_file, search_files)]
    assert effects == ["read", "read", "idempotent", "read"]


def test_every_parameter_is_described_to_the_model():
    for item in (read_file, write_file, search_files):
        assert all(field.get("description") for field in item.args.values())


def test_files_are_listed_with_kind_and_size(run):
    assert list_files.invoke({}) == "lease.md  text  45 B\nsales.csv  table  22 B"


def test_a_long_listing_is_clipped_with_the_count(run):
    for number in range(150):
        (run.folder / f"{number}.txt").touch()
    lines = list_files.invoke({}).split("\n")
    assert len(lines) == 101
    assert lines[-1] == "(first 100 of 152 files)"


@pytest.mark.parametrize(
    ("item", "args"),
    [(list_files, {}), (search_files, {"words": "x"})],
)
def test_without_a_folder_the_failure_says_how_to_give_one(tmp_path, item, args):
    with (
        running(RunContext(run_id="r", workspace=tmp_path)),
        pytest.raises(ToolFailure, match=r"pass --folder DIR, or Agent\(folder=\.\.\.\)"),
    ):
        item.invoke(args)


def test_lines_are_read_with_their_numbers(run):
    assert read("lease.md", start=2, lines=1) == (
        "2: The rent is 900.\n(lines 2 to 2 of 3 of lease.md; read on with start=3)"
    )
    assert read("lease.md").endswith("3: Notice: two months.\n(lines 1 to 3 of 3 of lease.md)")


def test_long_lines_and_long_files_are_clipped(run):
    (run.folder / "long.txt").write_text("x" * 5_000 + "\n" + ("y" * 400 + "\n") * 300)
    text = read("long.txt", lines=300)
    assert len(text) < 8_200
    assert "read on with start=" in text
    assert len(text.split("\n")[0]) < 510


def test_a_start_beyond_the_end_is_a_tool_failure(run):
    with pytest.raises(ToolFailure, match="has 3 lines"):
        read("lease.md", start=9)


@pytest.mark.parametrize("path", ["../work/x", "/etc/passwd", "none.txt", ".", ""])
def test_what_is_no_file_of_the_folder_is_not_read(run, path):
    with pytest.raises(ToolFailure):
        read(path)


def test_a_pipe_is_not_read(run):
    os.mkfifo(run.folder / "pipe")
    with pytest.raises(ToolFailure, match="not a regular file"):
        read("pipe")


async def written(path, text):
    call = {"name": "write_file", "args": {"path": path, "text": text}, "id": "c"}
    return await observe({**call, "type": "tool_call"}, [write_file], seconds_left=9)


async def test_what_was_written_lies_in_the_workspace_and_can_be_read(run):
    said = (await written("out/报告.md", "第一行\n第二行")).text
    path = run.workspace / "out" / "报告.md"
    assert path.read_text(encoding="utf-8") == "第一行\n第二行"
    assert run.artefacts == [str(path)]
    assert str(path) in said
    assert read("out/报告.md").startswith("1: 第一行\n2: 第二行\n")
    assert read(str(path)).startswith("1: 第一行\n")


async def test_writing_again_replaces_and_is_one_artefact(run):
    await written("a.txt", "one")
    await written("a.txt", "two")
    assert (run.workspace / "a.txt").read_text() == "two"
    assert len(run.artefacts) == 1
    assert os.listdir(run.workspace) == ["a.txt"]


@pytest.mark.parametrize("path", ["../mine/lease.md", "/tmp/x.txt", "..", "", "a\x00b", "x" * 400])
def test_nothing_is_written_out_of_the_workspace(run, path):
    before = sorted(os.listdir(run.folder))
    with pytest.raises(ToolFailure):
        write(path)
    assert sorted(os.listdir(run.folder)) == before
    assert run.artefacts == []


def test_links_in_the_workspace_lead_nowhere(run):
    (run.workspace / "mine").symlink_to(run.folder)
    (run.workspace / "lease.md").symlink_to(run.folder / "lease.md")
    with pytest.raises(ToolFailure, match="leads out"):
        write("mine/new.txt")
    write("lease.md", "mine now")
    assert (run.folder / "lease.md").read_text().startswith("# Lease")
    assert (run.workspace / "lease.md").read_text() == "mine now"


def test_a_link_out_of_the_workspace_is_not_read(run, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (run.workspace / "link.txt").symlink_to(tmp_path / "secret.txt")
    for name in ("link.txt", str(run.workspace / "link.txt")):
        with pytest.raises(ToolFailure):
            read(name)


def test_search_gives_path_line_and_text(run):
    assert (
        search_files.invoke({"words": "the rent"}).split("\n")[0] == "lease.md:2: The rent is 900."
    )
    assert search_files.invoke({"words": "North", "path": "sales.csv"}) == "sales.csv:2: North,5"


def test_found_lines_are_clipped(run):
    (run.folder / "wide.txt").write_text("zebra " * 500)
    assert len(search_files.invoke({"words": "zebra"})) < 230


def test_a_search_that_finds_nothing_names_the_files(run):
    with pytest.raises(ToolFailure) as failure:
        search_files.invoke({"words": "the zebra"})
    assert str(failure.value) == "no line contains 'zebra'; files there are: lease.md, sales.csv"


def test_a_search_for_no_words_or_in_no_file_is_a_tool_failure(run):
    with pytest.raises(ToolFailure, match="no words"):
        search_files.invoke({"words": " "})
    with pytest.raises(ToolFailure, match="leese"):
        search_files.invoke({"words": "rent", "path": "leese.md"})
