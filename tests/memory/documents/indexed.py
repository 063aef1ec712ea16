"""What tests of indexing share: files that are written, and what memory must hold of them."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

from cogitate.memory.documents import Options, load
from cogitate.memory.documents.manifest import Manifest

OLD = 1_700_000_000
"""A time stamp that is trusted: long before now."""


def write(path, text, at=OLD):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at, at))
    return path


async def texts(stream, scope="default"):
    return sorted(r.text for r in await stream.list(kinds=("document",), scopes=(scope,)))


async def in_step(stream, folder, options=None):
    """Return whether memory, manifest and a first index of the folder agree."""
    options = options or Options()
    manifest = Manifest(stream.store.path, options.scope)
    records = {r.id: r for r in await stream.list(kinds=("document",), scopes=(options.scope,))}
    rows = [(e.path, row) for e in manifest.entries() for row in manifest.chunks(e.path)]
    assert {row.record for _, row in rows} == set(records)
    assert {path for path, _ in rows} <= {str(p) for p in folder.rglob("*")}
    for path, row in rows:
        found = load(path)
        start, end = row.place["meta"]["start"], row.place["meta"]["end"]
        assert found.text[start:end] == records[row.record].text
    owners = [row.record for _, row in rows if row.owner]
    assert sorted(owners) == sorted(records)
    assert all(records[row.record].meta["path"] == path for path, row in rows if row.owner)
    return True


async def kept(stream, scope="default"):
    """Return all that is known of files and all chunks, without what differs by chance."""
    manifest = Manifest(stream.store.path, scope)
    records = {r.id: r for r in await stream.list(kinds=("document",), scopes=(scope,))}
    entries = list(manifest.entries())
    chunks = [
        (entry.path, row.number, row.owner, row.place, records[row.record].text)
        for entry in entries
        for row in manifest.chunks(entry.path)
    ]
    return [replace(entry, seen=0) for entry in entries], chunks


LICENCE = "Permission is granted to everybody to copy this text and to change it as they like."


def with_licence(word):
    long = " ".join(f"The {word} number {n} is described here at some length." for n in range(14))
    return f"# Licence\n\n{LICENCE * 3}\n\n# {word}\n\n{long}\n"


KILLED = """
import asyncio, sys
from cogitate.memory.documents import indexing
from cogitate.memory.stream import MemoryStream

async def main():
    async with MemoryStream(sys.argv[1], embeddings="hashed") as stream:
        async for outcome in indexing(sys.argv[2], stream):
            print(outcome.path, flush=True)

asyncio.run(main())
"""


def kill_after(files, memory, folder):
    """Index in another process and kill it when some files are done."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(memory), str(folder)], stdout=subprocess.PIPE, text=True
    )
    for _ in range(files):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    process.stdout.close()
