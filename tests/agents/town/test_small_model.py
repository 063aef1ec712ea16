"""A talk on the real 0.5B model: what it writes has the form that code builds on."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cogitate.agents.town import Town
from cogitate.agents.town.answers import Answers
from cogitate.agents.town.clock import Clock
from cogitate.agents.town.opening import staged
from cogitate.agents.town.simulation import settle_in
from cogitate.agents.town.talk import Talk, aim_of, talk

if TYPE_CHECKING:
    from cogitate.llm import ChatLlama

SMALL_TOWN = """
[town]
name = "Weir"
[[sectors]]
name = "Cafe"
arenas = [{ name = "hall", objects = ["table"] }]
[[people]]
id = "ada"
name = "Ada"
age = 40
traits = "warm"
about = "Ada runs the cafe."
home = "Cafe > hall"
[[people]]
id = "bo"
name = "Bo"
age = 30
traits = "calm"
about = "Bo is a baker."
home = "Cafe > hall"
[[news]]
id = "dinner"
who = ["ada"]
text = "Ada gives a dinner tonight at 18:00 in the cafe."
words = [["dinner"]]
what = "dinner in the cafe"
place = "Cafe > hall"
start = "18:00"
end = "20:00"
[constants]
turns = 1
"""


@pytest.mark.model
async def test_a_line_is_short_and_the_talk_is_remembered_by_both(
    make_town: Callable[..., Town], small_model: "ChatLlama", tmp_path: Path
) -> None:
    file = tmp_path / "weir.toml"
    file.write_text(SMALL_TOWN, encoding="utf-8")
    town = make_town(model=small_model, file=file)
    clock = Clock(town.file.first, 9 * 60)
    stage = staged(town.settings, town.kept, clock, Answers(town.kept.answers))
    for mind in stage.minds.values():
        await mind.open()
    await settle_in(stage)
    ada, bo = stage.people["ada"], stage.people["bo"]
    ada.asleep = bo.asleep = False
    started = Talk("t540", ada, bo, ada.place)
    started.aims = {"ada": await aim_of(stage, ada, bo), "bo": await aim_of(stage, bo, ada)}
    assert "wants to invite Bo" in started.aims["ada"].text
    await asyncio.wait_for(talk(stage, started), 120)
    for mind in stage.minds.values():
        mind.close()
    assert [who for who, _ in started.turns] == ["ada"]
    assert all(8 <= len(said) <= 160 for _, said in started.turns)
    assert set(started.records) == {"ada", "bo"}
    assert bo.talked["ada"] == ada.talked["bo"] == 9 * 60 + 10
