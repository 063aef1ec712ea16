"""Scenes: who speaks next, whose words count, and how near roles keep to their personas."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cogitate import ScriptedModel, SetupError
from cogitate.agents.roleplay import Role, Scene, Staged, Talk, drift_of, read_persona, read_scene
from cogitate.agents.roleplay.staging import own_words
from cogitate.agents.roleplay.transcript import talk_as_markdown

ROLES = (Role(name="Ann", persona="A baker."), Role(name="Bo"), Role(name="Cy"))


async def staged(*replies: Any, **more: Any) -> tuple[Talk, ScriptedModel]:
    model = ScriptedModel(replies=list(replies))
    scene = Scene(topic="Cars in the old town", roles=ROLES, **more)
    talk = await Staged(scene=scene, model=model, embedder="hashed").arun()
    model.assert_finished()
    return talk, model


def speakers(talk: Talk) -> list[str]:
    return [message.speaker for message in talk.messages]


async def test_roles_speak_in_turn() -> None:
    talk, _ = await staged("Cars?", "No cars.", "Few cars.", "Buses, then.", "sum", messages=4)
    assert speakers(talk) == ["Ann", "Bo", "Cy", "Ann"]
    assert (talk.termination, talk.summary, talk.result.stopped) == ("max_turns", "sum", "answered")


async def test_roles_speak_by_rule_and_who_waited_longest_comes_first() -> None:
    after = {"Ann": ("Bo", "Cy"), "Bo": ("Ann",), "Cy": ("Ann",)}
    talk, _ = await staged(
        *("one a", "two b", "three c", "four d", "five e", "sum"),
        **{"messages": 5, "order": "rule", "after": after},
    )
    assert speakers(talk) == ["Ann", "Bo", "Ann", "Cy", "Ann"]


async def test_a_moderator_chooses_and_nobody_speaks_twice_in_a_row() -> None:
    talk, model = await staged(
        *({"choice": "2"}, "Bo here", {"choice": "1"}, "Ann here", {"choice": "3"}, "Cy here"),
        "sum",
        **{"messages": 3, "order": "moderator"},
    )
    assert speakers(talk) == ["Bo", "Ann", "Cy"]
    assert "1 Ann, 3 Cy" in model.calls[2][-1].text


async def test_each_role_is_shown_its_last_prompt_with_more_behind_it() -> None:
    said = [f"word {n} of the talk {n * 3}" for n in range(9)]
    _, model = await staged(*said, "sum", messages=9)
    for name in ("Ann", "Bo", "Cy"):
        seen = [
            [m.text for m in call]
            for call in model.calls
            if call[0].text.startswith(f"You play {name}")
        ]
        assert len(seen) == 3
        for before, after in pairwise(seen):
            assert after[: len(before)] == before
        assert "You never speak for the others" in seen[0][0]


async def test_a_role_that_repeats_itself_is_asked_again() -> None:
    talk, _ = await staged(
        *("No cars in town.", "b one", "c two", "No cars in town.", "Some cars then.", "sum"),
        messages=4,
    )
    assert talk.messages[3].text == "Some cars then."


async def test_a_role_that_says_nothing_ends_the_scene() -> None:
    talk, _ = await staged("Hello all.", "", "")
    assert talk.termination == "model_end"


async def test_thanks_end_a_scene() -> None:
    talk, _ = await staged("Thank you!", "Thanks, bye!", "sum")
    assert talk.termination == "closing"


def test_only_a_speaker_s_own_words_count() -> None:
    names = ["Ann", "Bo"]
    assert own_words("Ann: I bake.\nBo: I drive.", "Ann", names, 20) == "I bake."
    assert own_words("One two three. Four five six.", "Ann", names, 4) == "One two three."
    assert own_words("安：我烤面包。我也喝茶。", "安", ["安", "博"], 5) == "我烤面包。"


SCENE = """
topic = "Cars"
order = "rule"
messages = 3
[after]
Ann = ["Bo"]
Bo = ["Ann"]
[[roles]]
file = "ann.toml"
[[roles]]
name = "Bo"
traits = ["calm"]
"""


def test_a_scene_and_a_persona_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "ann.toml").write_text('name = "Ann"\nstyle = "Short."\n', "utf-8")
    (tmp_path / "scene.toml").write_text(SCENE, "utf-8")
    scene = read_scene(tmp_path / "scene.toml")
    assert [role.about for role in scene.roles] == ["Short.", "calm."]
    assert scene.after == {"Ann": ("Bo",), "Bo": ("Ann",)}
    assert read_persona(tmp_path / "ann.toml").name == "Ann"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("topic = ", "not TOML"),
        ('topic = "x"\ncolour = 1', "unknown key 'colour'"),
        ('topic = "x"\nmessages = "3"', "messages must be int"),
        ("messages = 3", "no topic"),
        ('topic = "x"\n[[roles]]\nname = "A"', "2 to 9"),
        ('topic = "x"\nroles = [1]', "must be tables"),
        ('topic = "x"\norder = "random"\n[[roles]]\nname="A"\n[[roles]]\nname="B"', "order"),
        (
            SCENE.replace('Bo = ["Ann"]', 'Bo = ["Zed"]').replace(
                'file = "ann.toml"', 'name="Ann"'
            ),
            "'Zed'",
        ),
        (
            SCENE.replace('Bo = ["Ann"]\n', "").replace('file = "ann.toml"', 'name="Ann"'),
            "who speaks after 'Bo'",
        ),
    ],
)
def test_what_is_wrong_with_a_scene_file_is_said(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "scene.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SetupError, match=why):
        read_scene(path)


class Axes:
    """An embedder whose axes are words, so that nearness can be worked out by hand."""

    name, dimension = "axes", 3
    words = ("bread", "train", "music")

    def embed_documents(self, texts: Sequence[str]) -> Any:
        rows = np.array([[t.count(w) for w in self.words] for t in texts], np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def embed_query(self, text: str) -> Any:
        return self.embed_documents([text])[0]


def test_drift_is_nearness_to_the_own_persona_less_that_to_others() -> None:
    roles = [Role(name="A", persona="bread"), Role(name="B", persona="train")]
    said = [("A", "bread"), ("B", "train"), ("A", "train"), ("B", "train")]
    first, second = drift_of(said, roles, {"A": "I like trains", "B": "the train"}, Axes())
    assert (first.fit, first.margin, first.drift) == (0.5, 0.0, 2.0)
    assert (second.fit, second.margin, second.drift) == (1.0, 1.0, 0.0)
    assert first.answers is not None and first.answers < 0
    assert second.answers is not None and second.answers > 0


async def test_a_scene_asks_its_roles_who_they_are_when_it_is_wanted() -> None:
    talk, _ = await staged(
        *("a b", "c d", "I am Ann, a baker.", "I am Bo.", "Cy", "sum"), messages=2, ask_who=True
    )
    assert talk.answers["Ann"] == "I am Ann, a baker."
    assert {d.role for d in talk.drift} == {"Ann", "Bo"}
    assert "| Ann | 1 |" in talk_as_markdown(talk)
