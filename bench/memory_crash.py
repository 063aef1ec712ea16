"""Kill a process that writes to a memory, again and again, and count what is lost: nothing.

`python -m bench.memory_crash --kills 50` kills with SIGKILL; `--together 10000` has two
processes write that many records each at once.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cogitate.memory.scoring.index import Query, ScoreIndex
from cogitate.memory.storage.store import Filter, Store

WRITER = Path(__file__).parents[1] / "tests" / "memory" / "writer.py"
ENDLESS = 1_000_000


@dataclass(kw_only=True)
class Outcome:
    """What a number of kills did."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    problems: int = 0


def started(path: Path, tag: str, count: int, batch: int) -> "subprocess.Popen[str]":
    """Return a process that writes `count` records."""
    command = [sys.executable, str(WRITER), str(path), tag, str(count), str(batch)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=WRITER.parents[2],
        env={**os.environ, "PYTHONPATH": str(WRITER.parents[2])},
    )


def killed_after(path: Path, tag: str, lines: int, batch: int) -> dict[str, str]:
    """Kill a writer once it has acknowledged some records; return these, text by id."""
    process = started(path, tag, ENDLESS, batch)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    rest = process.stdout.read()
    process.wait()
    acknowledged += [line + "\n" for line in rest.split("\n")[:-1]]
    return dict(line.rstrip("\n").split(" ", 1) for line in acknowledged if line.strip())


def problems(path: Path) -> list[str]:
    """Return what disagrees in a memory: inside of its file, and with an index made from it."""
    store = Store(path)
    found = store.problems()
    index = ScoreIndex(8)
    for block in store.entries():
        index.add(
            block.rows.tolist(),
            block.vectors,
            block.importance,
            block.last_access,
            block.kinds,
            block.scopes,
        )
    rows = set(store.rows(Filter()))
    held = {row for row in rows if row in index}
    if held != rows or len(index) != len(rows):
        found.append(f"the index holds {len(index)} rows and the store {len(rows)}")
    if rows:
        best = index.search(Query(now=0.0, vector=np.ones(8, np.float32), k=1)).hits
        found += [] if best and best[0].row in rows else ["the index finds what is not there"]
    worded = set(store.lexical("saw event", ENDLESS))
    if worded != rows:
        found.append(f"{len(worded)} rows are found by their words, of {len(rows)}")
    store.close()
    return found


def crash(path: Path, kills: int, seed: int = 1) -> Outcome:
    """Kill writers of one memory and check it after each."""
    random_, outcome = random.Random(seed), Outcome()
    kept: dict[str, str] = {}
    for number in range(kills):
        lines, batch = random_.randint(1, 60), random_.choice([1, 1, 7, 50])
        kept |= killed_after(path, f"w{number}", lines, batch)
        outcome.kills += 1
        outcome.problems += bool(problems(path))
        store = Store(path)
        there = {record.id: record.text for record in store.get(list(kept))}
        store.close()
        outcome.lost = max(outcome.lost, sum(there.get(key) != kept[key] for key in kept))
    outcome.acknowledged = len(kept)
    return outcome


def together(path: Path, count: int, batch: int = 10) -> tuple[int, int]:
    """Have two processes write at once; return how many records and distinct texts there are."""
    processes = [started(path, tag, count, batch) for tag in ("left", "right")]
    for process in processes:
        process.communicate(timeout=600)
        assert process.returncode == 0
    store = Store(path)
    texts = [record.text for record in store.records()]
    store.close()
    return len(texts), len(set(texts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--together", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        if given.kills:
            print(crash(Path(folder) / "killed.db", given.kills))
        if given.together:
            records, distinct = together(Path(folder) / "both.db", given.together)
            print(f"two writers of {given.together}: {records} records, {distinct} distinct")
            print(problems(Path(folder) / "both.db") or "store and index agree")
        print(f"{time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
