"""Each metric against tables worked out by hand."""

import pytest

from cogitate.lab.metrics import (
    Overlap,
    ToolUse,
    answer_f1,
    answer_overlap,
    chosen,
    covers,
    exact_match,
    gsm8k_flexible,
    gsm8k_gold,
    gsm8k_strict,
    joint,
    largest_digits,
    pass_at_k,
    per_success,
    plan_score,
    strict_number,
    supporting_facts,
    vote_of,
    within_budget,
)


@pytest.mark.parametrize(
    ("answer", "golds", "right"),
    [
        ("The Eiffel Tower!", ["eiffel tower"], True),
        ("an  apple", ["Apple."], True),
        ("a the an", [""], True),
        ("U.S.", ["US"], True),
        ("Paris", ["London", "paris"], True),
        ("Paris, France", ["Paris"], False),
        ("theory", ["ory"], False),
    ],
)
def test_exact_match_ignores_case_punctuation_and_articles(answer, golds, right):
    assert exact_match(answer, golds) is right


@pytest.mark.parametrize(
    ("answer", "gold", "precision", "recall", "f1"),
    [
        ("the cat sat", "a cat sat down", 1.0, 2 / 3, 0.8),
        ("cat cat", "cat", 0.5, 1.0, 2 / 3),
        ("dog", "cat", 0.0, 0.0, 0.0),
        ("Richard Nixon", "Richard Milhous Nixon", 1.0, 2 / 3, 0.8),
        # The rule of HotpotQA: yes and no share nothing with anything else.
        ("yes it is", "yes", 0.0, 0.0, 0.0),
        ("yes", "no way", 0.0, 0.0, 0.0),
        ("no answer", "noanswer", 0.0, 0.0, 0.0),
        ("Yes.", "yes", 1.0, 1.0, 1.0),
    ],
)
def test_f1_is_that_of_hotpotqa(answer, gold, precision, recall, f1):
    found = answer_overlap(answer, gold)
    assert (found.precision, found.recall, found.f1) == pytest.approx((precision, recall, f1))


def test_f1_is_the_best_over_the_golds():
    assert answer_f1("New York City", ["Boston", "New York"]) == pytest.approx(0.8)


def test_an_answer_covers_a_gold_as_whole_words_only():
    assert covers("It was Ada Lovelace, in 1843.", ["ada lovelace"])
    assert not covers("It was Adam.", ["ada"])
    assert not covers("anything", ["the"])


def test_chinese_is_found_without_blanks_between_its_words():
    assert covers("新的茶叶罐由陈思设计。", ["陈思"])
    assert not covers("新的茶叶罐由陈思设计。", ["王建国"])
    assert chosen("答案是深红色，不是蓝色。", ["蓝色", "红色", "深红色"]) == "蓝色"
    assert chosen("应该选深红色。", ["红色", "深红色"]) == "深红色"


def test_supporting_facts_and_joint_are_products():
    found = [("A", 0), ("B", 1), ("C", 2)]
    wanted = [("A", 0), ("B", 1)]
    equal, facts = supporting_facts(found, wanted)
    assert not equal
    assert (facts.precision, facts.recall) == pytest.approx((2 / 3, 1.0))
    # Words: p = 1, r = 2/3. Joint: p = 2/3, r = 2/3, so F1 = 2/3.
    both, score = joint("cat sat", "cat sat down", found, wanted)
    assert not both
    assert (score.precision, score.recall, score.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert joint("Cat", "the cat", wanted, wanted) == (
        True,
        Overlap(precision=1.0, recall=1.0, f1=1.0),
    )


def test_a_missing_prediction_scores_nothing():
    assert joint("", "cat", [], [("A", 0)])[1] == Overlap()


@pytest.mark.parametrize(
    ("answer", "strict", "flexible"),
    [
        ("#### 1,234.50", True, True),
        ("The answer is $1,234.5.", True, True),
        ("**Answer: 1234.50**", True, True),
        ("1234.50", True, True),
        ("First 3 + 4, so it costs $1,234.50.", False, True),
        ("The answer is 1234.50, which took 3 steps.", True, False),
        ("Nothing.", False, False),
    ],
)
def test_gsm8k_strict_and_flexible_differ_by_the_form_alone(answer, strict, flexible):
    assert gsm8k_strict(answer, "1234.5") is strict
    assert gsm8k_flexible(answer, "1234.5") is flexible


def test_strict_takes_the_first_match():
    assert strict_number("#### 5 and then #### 7") == "5"


def test_gsm8k_gold_is_what_stands_after_the_marks():
    assert gsm8k_gold("16 - 7 = <<16-7=9>>9\n#### 1,018") == "1018"


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("05/01/2021", "05/01/2021"),
        ("The date is 05/01/2021.", "05/01/2021"),
        ("(B)", "02/23/2021"),
        ("B) because of the month", "02/23/2021"),
        ("The answer is B", "02/23/2021"),
        ("Not 05/01/2021 but 02/23/2021", "02/23/2021"),
        ("A week later", None),
        ("05/01/20211", None),
        ("(Z)", None),
    ],
)
def test_a_choice_is_read_from_words_or_a_letter(answer, named):
    assert chosen(answer, ["05/01/2021", "02/23/2021"]) == named


def test_a_longer_choice_is_not_taken_for_a_shorter_one_that_it_holds():
    assert chosen("It is dark red.", ["red", "dark red"]) == "dark red"


@pytest.mark.parametrize(
    ("samples", "passed", "k", "expected"),
    [(10, 0, 5, 0.0), (10, 10, 1, 1.0), (10, 3, 1, 0.3), (5, 2, 2, 0.7), (4, 3, 2, 1.0)],
)
def test_pass_at_k_is_unbiased(samples, passed, k, expected):
    assert pass_at_k(samples, passed, k) == pytest.approx(expected)


@pytest.mark.parametrize(("samples", "passed", "k"), [(3, 1, 4), (3, 1, 0), (3, 4, 1), (3, -1, 1)])
def test_pass_at_k_refuses_what_cannot_be(samples, passed, k):
    with pytest.raises(ValueError, match="k must be"):
        pass_at_k(samples, passed, k)


def test_a_tied_vote_goes_to_the_answer_seen_first():
    assert vote_of(["7", "8", "8.0", "7"]) == "7"
    assert vote_of(["Red.", "blue", "red"]) == "Red."


def test_success_with_a_budget_counts_only_what_it_paid_for():
    tries = [(True, 100, 1), (True, 900, 9), (False, 10, 1), (True, 200, 4)]
    assert within_budget(tries) == 0.75
    assert within_budget(tries, tokens=200) == 0.5
    assert within_budget(tries, tokens=200, calls=3) == 0.25
    assert per_success(1210, 3) == pytest.approx(403.333, abs=0.001)
    assert per_success(10, 0) is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("A robe takes 2 bolts of 2287720 threads", 7),
        ("1,234,567 people and 12 dogs", 7),
        ("the numbers 3,4,5", 1),
        ("0.9333333 of a litre", 1),
        ("no number", 0),
        ("price: 12.3456, 007", 2),
    ],
)
def test_the_size_of_numbers_is_the_digits_before_the_point(text, digits):
    assert largest_digits(text) == digits


def test_plans_are_scored_by_nodes_edges_arguments_and_validity():
    wanted = [
        ToolUse(id="1", tool="search", args={"q": "x"}),
        ToolUse(id="2", tool="read", args={"page": 1}, after=("1",)),
        ToolUse(id="3", tool="write", args={}, after=("2",)),
    ]
    found = [
        ToolUse(id="a", tool="search", args={"q": "y"}),
        ToolUse(id="b", tool="read", args={"page": 1}, after=("a",)),
        ToolUse(id="c", tool="fly", args={}, after=("b", "nowhere")),
    ]
    score = plan_score(found, wanted, ["search", "read", "write"])
    assert score.nodes.f1 == pytest.approx(2 / 3)
    # Found: search>read, read>fly, ?>fly. Wanted: search>read, read>write.
    assert (score.edges.precision, score.edges.recall) == pytest.approx((1 / 3, 1 / 2))
    assert score.arguments == pytest.approx(1 / 3)
    assert score.valid == pytest.approx(2 / 3)


def test_two_plans_without_edges_agree_on_them():
    one = [ToolUse(id="1", tool="search", args={})]
    assert plan_score(one, one, ["search"]).edges.f1 == 1.0
