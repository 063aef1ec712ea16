"""Files and memory in step: a real stream on disk, files that change, leave and repeat."""

import json
import os
import sqlite3
import sys
from pathlib import Path

import pytest

from cogitate.errors import SetupError
from cogitate.memory.documents import Options, Sizes, index, indexing, load, remove
from cogitate.memory.documents.manifest import Manifest
from cogitate.memory.stream import MemoryStream
from tests.memory.documents.indexed import (
    OLD,
    in_step,
    texts,
    with_licence,
    write,
)
from tests.memory.documents.writers import lock, write_docx, write_pdf


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "files"
    made.mkdir()
    return made


@pytest.fixture
async def stream(tmp_path):
    async with MemoryStream(tmp_path / "memory.db", embeddings="hashed") as made:
        yield made


async def test_a_chunk_tells_where_it_is_from(folder, stream):
    path = write(folder / "guide.md", "# Pumps\n\nintro\n\n## Repair\n\nCall the workshop.\n")
    await index(folder, stream)
    [record] = await stream.list(kinds=("document",))
    assert (record.origin, record.untrusted, record.kind) == ("document", True, "document")
    assert record.context == "Pumps"
    meta = record.meta
    assert meta["path"] == str(path) and (meta["line_start"], meta["line_end"]) == (1, 7)
    assert load(path).text[meta["start"] : meta["end"]] == record.text
    assert meta["doc"] == load(path).sha256


async def test_neighbours_know_each_other(folder, stream):
    write(folder / "a.txt", " ".join(f"Sentence number {n} says a thing." for n in range(200)))
    await index(folder, stream)
    metas = sorted((r.meta for r in await stream.list()), key=lambda meta: meta["number"])
    assert len(metas) > 3
    assert [meta["next"] for meta in metas] == [*(meta["chunk"] for meta in metas[1:]), ""]
    assert [meta["previous"] for meta in metas] == ["", *(meta["chunk"] for meta in metas[:-1])]


async def test_what_was_indexed_is_recalled_with_its_page(folder, stream):
    write_pdf(folder / "a.pdf", [["The pump was repaired."], ["The valve of tank seven leaks."]])
    write_docx(folder / "b.docx", [("Heading 1", "茶"), ("", "龙井茶产于杭州西湖。")])
    await index(folder, stream)
    [hit] = await stream.recall("which valve leaks?", k=1)
    assert hit.record.meta["page"] == 2 and hit.record.meta["path"].endswith("a.pdf")
    [hit] = await stream.recall("龙井茶产于哪里", k=1)
    assert hit.record.meta["section"] == "茶"


async def test_every_file_is_accounted_for(folder, stream):
    plain = write_pdf(folder / "open.pdf", [["Words."]])
    lock(plain, folder / "locked.pdf", user="pw", owner="pw")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    write(folder / "empty.txt", "")
    write(folder / "node_modules" / "x.js", "x")
    write(folder / "a.txt", "a few words")
    seen = []
    report = await index(folder, stream, progress=seen.append)
    assert report.counts == {"indexed": 2, "skipped": 4}
    reasons = {Path(each.path).name: each.reason for each in report.skipped}
    assert set(reasons) == {"locked.pdf", "picture.png", "empty.txt", "node_modules"}
    assert "password" in reasons["locked.pdf"]
    assert len(seen) == 6
    again = await index(folder, stream)
    assert again.counts["skipped"] == 4
    assert {each.reason for each in again.skipped} == set(reasons.values())


async def test_what_did_not_change_is_left_alone(folder, stream):
    write(folder / "a.txt", "some words")
    await index(folder, stream)
    before = await stream.list()
    report = await index(folder, stream)
    assert report.counts == {"unchanged": 1} and report.chunks == 0
    assert await stream.list() == before


async def test_a_file_that_was_only_touched_keeps_its_records(folder, stream):
    path = write(folder / "a.txt", "some words")
    await index(folder, stream)
    before = [record.id for record in await stream.list()]
    os.utime(path, (OLD + 50, OLD + 50))
    assert (await index(folder, stream)).counts == {"unchanged": 1}
    assert [record.id for record in await stream.list()] == before


async def test_a_changed_file_has_its_chunks_replaced(folder, stream):
    write(folder / "a.txt", "The old price is five.")
    await index(folder, stream)
    await stream.recall("price", k=3)  # what was given out must not keep the new text out
    write(folder / "a.txt", "The new price is six.", OLD + 9)
    report = await index(folder, stream)
    assert report.counts == {"indexed": 1}
    assert await texts(stream) == ["The new price is six."]
    assert await in_step(stream, folder)


async def test_a_change_within_the_same_second_is_seen(folder, stream):
    path = folder / "a.txt"
    path.write_text("old text 1")
    stamp = path.stat().st_mtime_ns
    await index(folder, stream)
    path.write_text("new text 2")
    os.utime(path, ns=(stamp, stamp))
    await index(folder, stream)
    assert await texts(stream) == ["new text 2"]


async def test_a_recalled_chunk_that_comes_back_is_kept(folder, stream):
    path = write(folder / "a.txt", "The boiler stands in the cellar of the north wing.")
    await index(folder, stream)
    await stream.recall("boiler", k=1)
    write(path, "The boiler stands in the cellar of the north wing.\n", OLD + 5)
    await index(folder, stream)
    assert await texts(stream) == ["The boiler stands in the cellar of the north wing."]
    assert await in_step(stream, folder)


async def test_a_deleted_file_leaves_the_memory_and_the_disk(folder, stream):
    write(folder / "a.txt", "the secret word is xylophone")
    write(folder / "b.txt", "other words")
    await index(folder, stream)
    (folder / "a.txt").unlink()
    report = await index(folder, stream)
    assert report.counts == {"removed": 1, "unchanged": 1}
    assert await texts(stream) == ["other words"]
    stream.close()
    left = [p for p in stream.store.path.parent.glob("memory.db*") if b"xylophone" in
            p.read_bytes()]  # fmt: skip
    assert left == []


async def test_files_of_another_folder_stay(folder, stream, tmp_path):
    write(folder / "a.txt", "first words")
    other = write(tmp_path / "filesystem" / "b.txt", "second words").parent
    await index([folder, other], stream)
    (folder / "a.txt").unlink()
    await index(folder, stream)
    assert await texts(stream) == ["second words"]


async def test_a_folder_that_is_gone_is_an_error_and_removes_nothing(folder, stream, tmp_path):
    write(folder / "a.txt", "some words")
    await index(folder, stream)
    folder.rename(tmp_path / "moved")
    with pytest.raises(SetupError, match="does not exist"):
        await index(folder, stream)
    assert await texts(stream) == ["some words"]
    await remove(folder, stream)
    assert await texts(stream) == []


async def test_the_same_bytes_twice_are_indexed_once(folder, stream):
    write(folder / "a.txt", "same words")
    write(folder / "b.txt", "same words")
    report = await index(folder, stream)
    assert report.counts == {"indexed": 1, "duplicate": 1}
    (folder / "a.txt").unlink()
    report = await index(folder, stream)
    [record] = await stream.list()
    assert record.meta["path"].endswith("b.txt")
    assert (await index(folder, stream)).counts == {"unchanged": 1}
    assert await in_step(stream, folder)


async def test_a_text_that_files_share_outlives_each_of_them(folder, stream):
    for word in ("pump", "valve", "tank"):
        write(folder / f"{word}.md", with_licence(word))
    await index(folder, stream)

    async def licences():
        return [r for r in await stream.list() if "Permission" in r.text]

    assert len(await licences()) == 1 and await in_step(stream, folder)
    (folder / "pump.md").unlink()
    await index(folder, stream)
    assert len(await licences()) == 1 and await in_step(stream, folder)
    write(folder / "tank.md", with_licence("cistern"), OLD + 3)
    await index(folder, stream)
    assert len(await licences()) == 1 and await in_step(stream, folder)
    (folder / "tank.md").unlink()
    (folder / "valve.md").unlink()
    await index(folder, stream)
    assert await licences() == []


async def test_stopped_half_way_the_next_call_goes_on(folder, stream):
    long = " ".join(f"Sentence number {n} says something." for n in range(6_000))
    write(folder / "a.txt", "short")
    write(folder / "b.txt", long)
    write(folder / "c.txt", "last")
    running = indexing(folder, stream)
    async for outcome in running:
        if outcome.deed == "writing":
            break
    await running.aclose()
    assert (await index(folder, stream)).counts == {"unchanged": 1, "indexed": 2}
    assert await in_step(stream, folder)


async def test_records_written_just_before_a_crash_do_not_stay(folder, stream):
    path = write(folder / "a.txt", "the first version")
    await index(folder, stream)
    with sqlite3.connect(stream.store.path) as file:
        # As it is when the program dies after the records and before the manifest.
        file.execute("DELETE FROM document_chunks")
        file.execute("UPDATE documents SET status = 'begun'")
    file.close()
    write(path, "the second version", OLD + 5)
    await index(folder, stream)
    assert await texts(stream) == ["the second version"]
    assert await in_step(stream, folder)


async def test_scopes_are_kept_apart(folder, stream):
    write(folder / "a.txt", "some words")
    work = Options(scope="work")
    await index(folder, stream)
    await index(folder, stream, options=work)
    assert len(await stream.list()) == 2
    await remove(folder, stream)
    assert await texts(stream) == [] and await texts(stream, "work") == ["some words"]
    assert await in_step(stream, folder, work)


async def test_other_sizes_cut_the_files_anew(folder, stream):
    write(folder / "a.txt", " ".join(f"Sentence number {n} says a thing." for n in range(60)))
    await index(folder, stream)
    few = len(await stream.list())
    options = Options(sizes=Sizes(target=40, most=60, overlap=10, small=10))
    report = await index(folder, stream, options=options)
    assert report.counts == {"indexed": 1} and len(await stream.list()) > 2 * few
    assert await in_step(stream, folder, options)


async def test_a_larger_limit_reads_what_was_too_large(folder, stream):
    write(folder / "a.txt", "more than ten bytes")
    report = await index(folder, stream, options=Options(most_bytes=10))
    assert "too large" in report.skipped[0].reason
    assert (await index(folder, stream)).counts == {"indexed": 1}


async def test_a_file_that_can_no_longer_be_read_is_taken_out(folder, stream):
    path = write(folder / "a.txt", "some words")
    await index(folder, stream)
    path.write_bytes(b"\x00\x01\x02binary\x00")
    report = await index(folder, stream)
    assert report.counts == {"skipped": 1} and await texts(stream) == []


async def test_without_the_extra_the_other_files_are_indexed(folder, stream, monkeypatch):
    write_pdf(folder / "a.pdf", [["Words of a page."]])
    write(folder / "b.md", "# Title\n\nsome words")
    monkeypatch.setitem(sys.modules, "pypdf", None)
    report = await index(folder, stream)
    assert report.counts == {"indexed": 1, "skipped": 1}
    assert "cogitate[docs]" in report.skipped[0].reason
    monkeypatch.undo()
    assert (await index(folder, stream)).counts == {"indexed": 1, "unchanged": 1}


async def test_pages_that_could_not_be_read_are_told(folder, stream):
    from tests.memory.documents.writers import write_scan

    text = ["A page with enough text to be read.", "Another page with enough text on it."]
    write_scan(folder / "a.pdf", pages=3, with_text=text)
    report = await index(folder, stream)
    assert [each.reason for each in report.remarks] == ["page 3 left out: pictures without text"]


async def test_the_manifest_counts_what_the_memory_holds(folder, stream):
    for word in ("pump", "valve"):
        write(folder / f"{word}.md", with_licence(word))
    write(folder / "c.bin", "\x00")
    await index(folder, stream)
    counts = Manifest(stream.store.path).counts()
    assert counts["indexed"] == 2 and counts["skipped"] == 1
    assert counts["records"] == len(await stream.list()) == counts["chunks"] - 1


async def test_a_single_file_may_be_named(folder, stream):
    path = write(folder / "a.txt", "some words")
    write(folder / "b.txt", "other words")
    assert (await index(path, stream)).counts == {"indexed": 1}
    assert await texts(stream) == ["some words"]


async def test_metadata_is_plain_json(folder, stream):
    write(folder / "a.txt", "some words")
    await index(folder, stream)
    [record] = await stream.list()
    assert json.loads(json.dumps(record.as_dict()))["meta"]["page"] is None
