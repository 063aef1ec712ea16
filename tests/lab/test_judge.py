"""The judge: both orders, a panel, calibration against people, controls, length."""

import json
import re
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import RunnableLambda
from pydantic import ValidationError

from cogitate import ScriptedModel
from cogitate.errors import SetupError
from cogitate.lab.judge import (
    PADDING,
    Juror,
    Pair,
    calibrate,
    controls,
    judge,
    length_controlled,
    panel_of,
)


class Judge(BaseChatModel):
    """A judge with a planted habit: fair, first, longer, or broken."""

    habit: str

    @property
    def _llm_type(self) -> str:
        return "judge"

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Any:
        def read(messages: list[BaseMessage]) -> dict[str, Any]:
            raw = AIMessage(self._verdict("\n".join(m.text for m in messages)))
            try:
                return {"raw": raw, "parsed": schema.model_validate_json(raw.text)}
            except ValidationError as error:
                return {"raw": raw, "parsed": None, "parsing_error": error}

        return RunnableLambda(read)

    def _verdict(self, text: str) -> str:
        first, second = re.findall(r"^Answer [12]: (.*)", text, re.MULTILINE)[:2]
        good = ["right" in first, "right" in second]
        fair = "tie" if good[0] == good[1] else "1" if good[0] else "2"
        longer = "tie" if len(first) == len(second) else "1" if len(first) > len(second) else "2"
        verdict = {"fair": fair, "first": "1", "longer": longer, "broken": "?"}[self.habit]
        return json.dumps({"note1": "", "note2": "", "verdict": verdict})

    def _generate(self, messages: list[BaseMessage], *_: Any, **kwargs: Any) -> ChatResult:
        raise AssertionError("a judge is asked for a decision only")


def panel(habit):
    return panel_of([Judge(habit=habit)])


A_WINS = Pair(question="?", a="right", b="wrong", human="a")


async def test_a_fair_judge_sees_the_better_answer_in_both_orders():
    found = await judge(panel("fair"), A_WINS)
    assert (found.winner, found.flips) == ("a", 0)
    turned = await judge(panel("fair"), Pair(question="?", a="wrong", b="right"))
    assert turned.winner == "b"


async def test_a_judge_that_favours_the_first_answer_says_tie():
    found = await judge(panel("first"), A_WINS)
    assert (found.winner, found.flips) == ("tie", 3)


async def test_the_majority_of_the_panel_counts():
    fair, first = Juror(model=Judge(habit="fair")), Juror(model=Judge(habit="first"))
    assert (await judge([fair, fair, first], A_WINS)).winner == "a"
    assert (await judge([fair, first, first], A_WINS)).winner == "tie"
    with pytest.raises(SetupError, match="3 are the least"):
        await judge([fair], A_WINS)


async def test_a_verdict_that_cannot_be_read_is_a_tie():
    assert (await judge(panel("broken"), A_WINS)).votes == ("tie",) * 3


PAIRS = [
    Pair(question=str(i), a="right", b="wrong", human="a")
    if i % 2
    else Pair(question=str(i), a="wrong", b="right", human="b")
    for i in range(50)
]


async def test_a_judge_with_a_position_bias_is_flagged_as_not_usable():
    found = await calibrate(panel("first"), PAIRS)
    assert not found.usable
    assert (found.flips, found.ties, found.agreement, found.kappa) == (1.0, 1.0, 0.0, 0.0)
    assert any("order" in problem for problem in found.problems)


async def test_a_fair_judge_is_usable_after_fifty_pairs_and_not_before():
    found = await calibrate(panel("fair"), PAIRS)
    assert found.usable and found.kappa == 1.0
    few = await calibrate(panel("fair"), PAIRS[:49])
    assert not few.usable and "50 are the least" in few.problems[0]
    with pytest.raises(SetupError, match="human"):
        await calibrate(panel("fair"), [Pair(question="?", a="x", b="y")])


async def test_controls_tell_a_fair_judge_from_one_that_counts_words():
    cases = [("?", "right", "wrong, and at some length")] * 2
    fair = await controls(panel("fair"), cases)
    assert (fair.identical, fair.corrupted, fair.padded) == (1.0, 1.0, 0.0)
    longer = await controls(panel("longer"), cases)
    assert (longer.identical, longer.corrupted, longer.padded) == (1.0, 0.0, 1.0)
    first = await controls(panel("first"), cases)
    assert (first.identical, first.corrupted) == (1.0, 0.0)
    assert len(PADDING) > 50


def test_the_win_rate_at_equal_length_takes_the_length_off():
    # Longer answers win always; both answers are longer equally often.
    wins, lengths = [1.0, 0.0] * 20, [(10, 30), (30, 10)] * 20
    assert length_controlled(wins, lengths) == pytest.approx(0.5, abs=0.01)
    # All second answers are longer and win, a few equal ones lose.
    biased = length_controlled([1.0] * 30 + [0.0] * 10, [(10, 40)] * 30 + [(10, 10)] * 10)
    assert biased < 0.2 < 0.75
    assert length_controlled([1.0, 0.0, 1.0], [(5, 5)] * 3) == pytest.approx(2 / 3)
    assert 0 < length_controlled([1.0] * 500, [(1, 9000), (1, 2)] * 250) <= 1


async def test_the_order_of_the_panel_is_shown_to_the_model_without_names():
    reply = {"note1": "", "note2": "", "verdict": "tie"}
    model = ScriptedModel(replies=[reply] * 6)
    await judge(panel_of([model]), A_WINS)
    shown = [seen[-1].text for seen in model.calls]
    assert shown[0].endswith("Answer 1: right\nAnswer 2: wrong")
    assert shown[1].endswith("Answer 1: wrong\nAnswer 2: right")
    model.assert_finished()
