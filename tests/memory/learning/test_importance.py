"""How much notes matter: rules at once, the model later."""

import pytest

from cogitate.llm import ScriptedModel
from cogitate.memory.learning.importance import by_rules
from cogitate.memory.records import Note

RULED = [
    ("Bob is sleeping", 1),
    ("她在刷牙", 1),
    ("Hi!", 1),
    ("Anna said that it rains", 4),
    ("小李说：下雨了", 4),
    ("The dentist is on Friday", 5),
    ("I promise to bring the book", 6),
    ("他答应明天还钱", 6),
    ("The bill is $900", 6),
    ("He argued with Tom", 7),
    ("王芳和李雷吵架了", 7),
    ("Tom met Lin for the first time", 7),
    ("I'm allergic to nuts", 8),
    ("我对花生过敏", 8),
    ("Her grandfather died", 9),
]


@pytest.mark.parametrize(("text", "value"), RULED)
def test_the_rules_know_what_matters(text: str, value: float) -> None:
    assert by_rules(Note(text=text)) == value


def test_the_rules_leave_the_rest_to_the_model() -> None:
    assert by_rules(Note(text="The printer was replaced.")) is None
    assert by_rules(Note(text="I am allergic to nuts", kind="document")) is None


async def test_a_note_counts_at_once_and_is_rated_later(stream) -> None:
    known = await stream.remember("I am allergic to nuts")
    unknown = await stream.remember("The printer was replaced.")
    assert (known.importance, unknown.importance, unknown.weight) == (8, None, 3)
    model = ScriptedModel(replies=[{"choice": "9"}])
    assert await stream.rate(model) == 1
    assert (await stream.get(unknown.id)).importance == pytest.approx(10, abs=0.1)
    assert await stream.rate(model) == 0
    model.assert_finished()


async def test_a_text_is_rated_once(stream) -> None:
    model = ScriptedModel(replies=[{"choice": "5"}])
    await stream.remember("The printer was replaced.")
    await stream.rate(model)
    again = await stream.remember("The printer was replaced.", scope="other")
    await stream.rate(model)
    assert (await stream.get(again.id)).importance == pytest.approx(5.5, abs=0.1)


async def test_a_given_importance_is_left_alone(stream) -> None:
    record = await stream.remember("I am allergic to nuts", importance=2)
    assert await stream.rate(ScriptedModel(replies=[])) == 0
    assert (await stream.get(record.id)).importance == 2


async def test_a_rating_that_fails_is_tried_again(stream) -> None:
    await stream.remember("The printer was replaced.")
    with pytest.raises(ConnectionError):
        await stream.rate(ScriptedModel(replies=[ConnectionError("down")]))
    assert await stream.rate(ScriptedModel(replies=[{"choice": "4"}])) == 1


@pytest.mark.model
async def test_a_small_model_tells_routine_from_upheaval(stream, small_model) -> None:
    dull = await stream.remember("He put a cup on the table.")
    grave = await stream.remember("The company was sold to its rival.")
    await stream.rate(small_model)
    assert (await stream.get(dull.id)).weight < (await stream.get(grave.id)).weight
