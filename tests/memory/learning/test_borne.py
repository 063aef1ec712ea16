"""Whether a conclusion names what its notes name: by words alone, without a model."""

import pytest

from cogitate.memory.learning.borne import is_drawn, may_bear

SHOWN = [
    "Tom argued with his landlord about the rent.",
    "The rent of the bar rose to 2,400 euros.",
    "Maria sold 3 paintings.",
    "The bar is closed on Mondays.",
]
RENT = SHOWN[:2]


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("Tom fears for his bar.", True),
        ("The rent worries Tom.", True),  # "The" is no name, though other notes begin with it
        ("The rent of 2,400 euros is too much.", True),
        ("Maria fears for her bar.", False),  # she is in no note that it stands on
        ("Tom pays 2,500 euros.", False),
        ("Rents are too high nowadays.", False),  # it names nobody and no number
        ("Tom argued about the rent.", False),  # a note says that already
        ("Is Tom afraid?", False),
    ],
)
def test_a_conclusion_has_a_name_or_number_of_its_evidence_and_no_other(said, drawn):
    assert is_drawn(said, RENT, SHOWN) is drawn


def test_who_says_i_is_the_user():
    notes = ["I play chess with Tom.", "I bought a chess clock."]
    assert is_drawn("The user takes chess seriously.", notes, notes)
    assert not is_drawn("The user takes chess seriously.", RENT, RENT)
    assert not is_drawn("Chess is taken seriously.", notes, notes)


def test_without_names_words_suffice():
    notes = ["the kitchen smells of smoke", "the oven is broken"]
    assert is_drawn("the kitchen needs another oven", notes, notes)


def test_chinese_conclusions_need_no_capitals():
    notes = ["老周每天练字。", "老周买了两支新毛笔。"]
    assert is_drawn("老周热爱书法。", notes, notes)
    assert not is_drawn("老周每天练字。", notes, notes)
    assert not is_drawn("老周练了30年字。", notes, notes)
    assert not is_drawn("老李热爱书法。", notes, notes)
    assert not is_drawn("书法是很好的爱好。", notes, notes)  # nobody is spoken of


def test_a_chinese_conclusion_may_speak_of_a_person_without_a_name():
    notes = ["我打算周末去爬山。", "我买了登山鞋。"]
    assert is_drawn("用户对爬山很认真。", notes, notes)
    assert not is_drawn("爬山需要充分的准备。", notes, notes)
    assert not is_drawn("爬山可以帮助你放松。", notes, notes)


def test_nearly_the_words_of_one_note_are_no_conclusion():
    said = "孙悦推荐了一些放松的方法，包括深呼吸、喝热茶等。"
    note = "孙悦：有一些放松的方法，包括深呼吸、压力球、喝热茶等，推荐你试试。"
    assert not is_drawn(said, [note, "孙悦最近压力很大。"], [note])


def test_words_from_all_over_a_long_note_may_be_a_conclusion():
    note = "Caro: I ran for mental health. We talk of inclusion a lot. Do I care? I do."
    assert is_drawn("Caro cares about mental health and inclusion very much.", [note], [note])
    assert not is_drawn("Caro ran for her mental health.", [note], [note])


def test_nothing_is_drawn_from_no_notes():
    assert not is_drawn("Tom is tired.", [], SHOWN)


def test_a_note_bears_what_it_shares_a_word_with_or_is_in_another_language():
    assert may_bear("Tom fears for his bar.", SHOWN[0])
    assert not may_bear("Tom fears for his bar.", SHOWN[2])
    assert may_bear("Tom fears for his bar.", "汤姆的房租涨了。")
