from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cogitate.memory.stream import MemoryStream


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticking() -> Clock:
    return Clock()


@pytest.fixture
async def stream(tmp_path: Path, ticking: Clock) -> AsyncIterator[MemoryStream]:
    async with MemoryStream(tmp_path / "mind.db", embeddings="hashed", clock=ticking) as opened:
        yield opened
