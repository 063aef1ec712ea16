"""A short session with the real 0.5B model: it is orderly and reads little twice."""

from itertools import pairwise
from typing import TYPE_CHECKING, get_args

import pytest

from cogitate import RolePlay
from cogitate.agents.roleplay import Play, Termination
from cogitate.runs.events import ModelCalled

if TYPE_CHECKING:
    from cogitate import ChatLlama

HINT = 30
"""Tokens of a hint with the frame of its message."""


@pytest.mark.model
async def test_a_session_on_a_small_model(small_model: "ChatLlama") -> None:
    play = RolePlay(
        assistant="Python Programmer",
        user="Teacher",
        task="compute 17 * 23, then write one sentence about the result 391",
        model=small_model,
        specify=False,
        max_turns=2,
    )
    kept: list[Play] = []
    calls: list[ModelCalled] = []
    async for event in play.stream(keep=kept.append):
        if isinstance(event, ModelCalled):
            calls.append(event)
    found = kept[0]
    assert found.termination in get_args(Termination)
    seats = [message.seat for message in found.messages]
    assert seats == ["user", "assistant"] * (len(seats) // 2) + ["user"] * (len(seats) % 2)
    assert all(message.text.strip() for message in found.messages)
    users = [(at, call.usage) for at, call in enumerate(calls) if call.purpose == "user"]
    for (first, before), (second, after) in pairwise(users):
        prompt = after.read + after.reused
        new = prompt - (before.read + before.reused + before.written)
        between = {call.purpose for call in calls[first + 1 : second]}
        if between <= {"finished?"}:  # asked for anew, with a hint in place of what was written
            new = max(new, HINT)
        assert after.read - new <= max(0.03 * prompt, 12)
