"""The way in without a compiler: the same model behind a ready-made server on loopback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
sys.modules["llama_cpp"] = None
from typing import Literal
from pydantic import BaseModel
from cogitate.llm import load_model
from cogitate.llm.decide import choose, complete, decide
from langchain_core.messages import HumanMessage
import asyncio

said = []
model = load_model(sys.argv[1], announce=said.append)
assert len(said) == 1 and "127.0.0.1" in said[0] and "llama-cpp-python is not installed" in said[0]

class City(BaseModel):
    name: Literal["Paris", "Rome", "北京"]

async def main():
    asked = [HumanMessage("What is the capital of France?")]
    assert "Paris" in (await model.ainvoke(asked)).text
    assert (await decide(model, asked, City, purpose="city")).name == "Paris"
    assert next(iter(await choose(model, asked, ["Rome", "Paris"], purpose="city"))) == "Paris"
    print("fine")

asyncio.run(main())
"""


def run(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_without_the_engine_the_ready_made_server_answers_decides_and_chooses(
    small_model_path: Path,
):
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed")
    done = run(RUN, str(small_model_path))
    assert done.stdout.endswith("fine\n"), done.stderr[-2000:]


def test_without_both_the_ways_on_are_named():
    done = run(
        "import sys; sys.modules['llama_cpp'] = sys.modules['xllamacpp'] = None\n"
        "from cogitate.llm import load_model\n"
        "try: load_model()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    assert done.stdout.startswith("UnavailableError")
    assert 'pip install "cogitate[prebuilt]"' in done.stdout
