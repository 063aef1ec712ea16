"""What is freed, what is killed, and two models at once."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from cogitate.llm.engine import Engine
from cogitate.llm.llama import ChatLlama
from cogitate.llm.rows import Row
from tests.llm.tiny_gguf import write_recurrent

CYCLES = 100
REAL_CYCLES = int(os.environ.get("REAL_CYCLES", "3"))
"""Of the real model: more of them take a minute or more."""


def resident() -> int:
    """Return the memory of this process that is no file, in bytes."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous:"))


def test_a_hundred_times_loaded_and_freed_leave_no_memory_behind(tmp_path: Path):
    path = tmp_path / "tiny.gguf"
    write_recurrent(path)

    def cycle() -> None:
        model = ChatLlama(path=path, n_ctx=512, max_tokens=2)
        assert model.invoke("hello").usage_metadata
        model.close()

    for _ in range(10):
        cycle()
    before = resident()
    for _ in range(CYCLES):
        cycle()
    assert resident() - before < 20e6


def test_a_real_model_that_is_freed_gives_its_memory_back(small_model_path: Path):
    def cycle() -> None:
        engine = Engine(small_model_path, n_ctx=512)
        engine.decode([Row(0, engine.tokenize("hello there"))])
        engine.close()

    for _ in range(2):
        cycle()
    before = resident()
    for _ in range(REAL_CYCLES):
        cycle()
    # One context that stays would be 80 MB, a model 500, and each cycle would add another.
    grown = resident() - before
    assert grown < 80e6


def test_a_closed_model_is_loaded_again_at_its_next_use(tmp_path: Path):
    path = tmp_path / "tiny.gguf"
    write_recurrent(path)
    model = ChatLlama(path=path, n_ctx=512, max_tokens=2)
    first = model.invoke("hello").usage_metadata
    model.close()
    assert model.invoke("hello").usage_metadata == first
    model.close()


async def test_two_models_work_at_once(small_model: ChatLlama, tmp_path: Path):
    path = tmp_path / "tiny.gguf"
    write_recurrent(path)
    other = ChatLlama(path=path, n_ctx=512, max_tokens=4)
    replies = await asyncio.gather(
        *(model.ainvoke("Name a colour.", max_tokens=4) for model in (small_model, other) * 2)
    )
    assert replies[0].text == replies[2].text
    assert all(reply.usage_metadata["output_tokens"] for reply in replies)
    other.close()


WRITING = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells ignore it in the background
from cogitate.llm.llama import ChatLlama
model = ChatLlama(path=Path(sys.argv[1]), n_ctx=2048)
for chunk in model.bind(grammar="start: /[a-z ]{900}/", max_tokens=900).stream("Write."):
    print("begun", flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_harms_no_other(tmp_path: Path):
    path = tmp_path / "tiny.gguf"
    write_recurrent(path)
    model = ChatLlama(path=path, n_ctx=512, max_tokens=3)
    before = model.invoke("hello").usage_metadata
    child = subprocess.Popen([sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(30) == -signal.SIGKILL
    assert model.invoke("hello again").usage_metadata["output_tokens"] == before["output_tokens"]
    model.close()


def test_an_interrupted_process_ends_soon(tmp_path: Path):
    path = tmp_path / "tiny.gguf"
    write_recurrent(path)
    child = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None and child.stdout.readline()
    begun = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors and time.monotonic() - begun < 30
