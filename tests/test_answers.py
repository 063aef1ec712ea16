"""When two answers are the same."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogitate.answers import (
    last_number,
    majority,
    normalise_answer,
    number_answered,
    number_of,
    numbers_equal_rule,
    same_number,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Eiffel Tower!", "eiffel tower"),
        ("a-b", "ab"),
        ("An apple, a day", "apple day"),
        ("Theatre", "theatre"),
        ("北京", "北京"),
        ("", ""),
    ],
)
def test_answers_are_normalised_in_the_order_of_squad(text, expected):
    assert normalise_answer(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She makes $18 every day.", "18"),
        ("5 - 3 = 2", "2"),
        ("the result is -3", "-3"),
        ("10-3", "3"),
        ("1,234,567 people", "1234567"),
        ("1, 2, 3", "3"),
        ("about 12.50%", "12.5"),
        ("共有35只", "35"),
        ("-$5", "-5"),
        ("no number", None),
        ("3.", "3"),
        ("1.5e3", "1500"),
        ("x²", None),
        ("\uff11\uff12\uff0e\uff15", "12.5"),
        ("\u22124", "-4"),
    ],
)
def test_the_last_number_of_free_text_is_read(text, expected):
    assert last_number(text) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The candle will be 8.0 cm shorter after burning from 1:00 PM to 5:00 PM.", "8"),
        ("She eats 14,053,029.67 dozens in 4 weeks.", "14053029.67"),
        ("4周一共吃7打。", "7"),
        ("It is 9 dozens, since 9 is what she eats in 4 weeks.", "9"),
        ("It is 4.", "4"),
        ("She eats 7 dozens, 84 eggs, in 4 weeks.", "4"),
        ("She eats 7 a week. In 4 weeks she eats 28 of them, for 5 euros.", "5"),
        ("7 a week\nSo the answer is 4", "4"),
        ("None.", None),
    ],
)
def test_of_one_sentence_the_number_counts_that_the_question_does_not_hold(answer, expected):
    question = "How many in 4 weeks, from 1:00 PM to 5:00 PM?"
    wanted = None if expected is None else Decimal(expected)
    assert number_answered(answer, question) == wanted


def test_whole_numbers_are_compared_exactly_and_others_within_a_thousandth():
    assert same_number("18", 18)
    assert same_number("18.0", "18")
    assert not same_number("18.01", 18)
    assert same_number("0.3334", 1 / 3)
    assert not same_number("0.34", 1 / 3)
    assert same_number("3/4", "0.75")
    assert not same_number("none", 3)
    assert not same_number("nan", "nan")
    assert "exact" in numbers_equal_rule("18")
    assert "within" in numbers_equal_rule("0.5")
    assert numbers_equal_rule("?") == "no number"


def test_the_majority_counts_equal_numbers_as_one_answer():
    assert majority(["4", "3", "3.0", "$3"]) == ("3", 3)
    assert majority(["3 apples", "3", "4", "4.0", "3 Apple"]) == ("3 apples", 3)
    assert majority(["10 am", "10 pm", "10 pm"]) == ("10 pm", 2)


def test_of_equal_votes_the_first_answer_wins_and_empty_ones_have_none():
    assert majority(["b", "a", "", "A", "B"]) == ("b", 2)
    assert majority(["", " "]) == ("", 0)
    assert majority([]) == ("", 0)


def test_chinese_answers_are_compared_without_their_marks():
    assert majority(["北京。", "北京", "上海"]) == ("北京。", 2)


@settings(deadline=None)
@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_a_number_that_is_written_is_read_again(value):
    assert number_of(f"The answer is {value:,}.") == value
    assert majority([str(value), f"{value:,}"]) == (str(value), 2)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["1", "2", "yes", "Yes.", ""]), max_size=9))
def test_the_majority_never_has_more_votes_than_answers(answers):
    answer, votes = majority(answers)
    assert votes <= sum(bool(a) for a in answers)
    assert (votes > 0) == bool([a for a in answers if a])
    assert answer in answers or votes == 0


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_the_comparison_fail(text):
    last_number(text)
    majority([text, text])
    same_number(text, text)
