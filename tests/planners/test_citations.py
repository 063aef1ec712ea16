"""Citations: what a sentence says must stand in the passages that it cites."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cogitate.planners.citations import check


def passage(text, *, title="", path="notes.md"):
    return {
        "path": path,
        "title": title,
        "section": "",
        "text": text,
        "page": 0,
        "last_page": 0,
        "line": 1,
        "last_line": 1,
        "before": "",
        "after": "",
        "score": 1.0,
    }


PUMPS = passage(
    "Each of the three sets moves 481 cubic metres an hour at full speed. The keys are kept by "
    "Greta Mbeki. The last round is at 17:35, and pump B-47 rests on 2024-05-03.",
    title="Thornby pumping station",
)
FERRY = passage(
    "No more than 275 passengers may be taken on board. Breakfast is cooked by Old Tam.",
    title="Ferry Guillemot",
)
TEA = passage(
    "炒制由陆明远负责，已经带了三个徒弟。杀青时锅温控制在164度。", title="半月田茶园年度小结"
)
BOTH = [PUMPS, FERRY, TEA]


@pytest.mark.parametrize(
    "answer",
    [
        "Each set at Thornby moves 481 cubic metres an hour [1].",
        "Each set moves 481 cubic metres an hour. [1]",
        "Greta Mbeki keeps the keys [1]. Up to 275 passengers may be taken on board [2].",
        "The last round is at 17:35 【1】",
        'Pump B-47 "rests on 2024-05-03" [1].',
        "半月田的茶由陆明远炒制 [3]。锅温是164度 [3]。",
        "锅温控制在一百六十四度 [3]。",
    ],
)
def test_a_sentence_that_its_passage_says_is_supported(answer):
    found = check(answer, BOTH, "Who has the keys of Thornby, and how loud is it?")
    assert [claim.problems for claim in found.claims] == [()] * len(found.claims)
    assert not found.abstain


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("Each set moves 418 cubic metres an hour [1].", "418"),
        ("Each set moves 481 cubic metres an hour [2].", "481"),
        ("Each set moves 481 cubic metres an hour [4].", "there is no passage [4]"),
        ("Each set moves 481 cubic metres an hour.", "no passage is cited"),
        ("Hugo Tamsin keeps the keys [1].", "Hugo"),
        ("Tamsin keeps the keys [1].", "Tamsin"),
        ("The last round is at 17:53 [1].", "17:53"),
        ("The last round is at 35:17 [1].", "35:17"),
        ("Pump B-48 rests on 2024-05-03 [1].", "B-48"),
        ("Pump B-47 rests on 2024-05-30 [1].", "2024-05-30"),
        ("Four sets move 481 cubic metres an hour [1].", "four"),
        ("Of the sets, 3 move 5 cubic metres [1].", "5"),
        ('It says "the keys are lost" there [1].', "the keys are lost"),
        ("半月田的茶由沈若兰炒制 [3]。", "speaks of"),
        ("锅温控制在一百六十五度 [3]。", "一百六十五"),
        ("The roof was tarred and painted green by volunteers [1].", "speaks of"),
    ],
)
def test_a_planted_fake_is_caught_and_named(answer, what):
    found = check(answer, BOTH)
    assert found.abstain
    assert any(what in problem for claim in found.claims for problem in claim.problems)
    assert found.text() == ""


def test_a_number_of_another_unit_of_the_passage_is_caught():
    text = "The hut has 31 bunks and lies 45 minutes from the road."
    found = check("The hut has 45 bunks [1].", [passage(text)])
    assert found.claims[0].problems == ("a passage says another number of 'bunk'",)


def test_unsupported_sentences_are_dropped_or_marked():
    found = check("It moves 481 cubic metres [1]. It cost 9,000 euros [1].", BOTH)
    assert found.text() == "It moves 481 cubic metres [1]."
    assert found.text(mark=True).endswith("It cost 9,000 euros [1]. (not supported)")
    assert found.cited == (1,)


def test_a_number_of_the_question_needs_a_number_of_the_passage_beside_it():
    question = "How much does one set move every 60 minutes?"
    said = "In 60 minutes a set moves 481 cubic metres [1]."
    assert not check(said, BOTH, question).abstain
    assert check("A set moves water every 60 minutes [1].", BOTH, question).abstain


def test_the_subject_must_be_in_the_cited_passage():
    question = "How many passengers may the Kittiwake take?"
    assert check("The Kittiwake may take 275 passengers [2].", BOTH, question).abstain
    assert not check("The Guillemot may take 275 passengers [2].", BOTH, question).abstain


def test_a_short_connective_needs_no_citation_beside_a_supported_sentence():
    found = check("Yes, indeed. It moves 481 cubic metres [1].", BOTH)
    assert found.text() == "Yes, indeed. It moves 481 cubic metres [1]."
    assert check("Yes, indeed.", BOTH).abstain


def test_several_marks_and_an_answer_of_several_lines_are_read():
    found = check("It moves 481 cubic metres\nand Old Tam cooks [1, 2]. See Dr. Tam [2].", BOTH)
    assert [claim.cites for claim in found.claims] == [(), (1, 2), (2,)]


def test_a_chinese_sentence_on_an_english_passage_must_share_a_number_or_a_name():
    assert not check("每台水泵每小时送水481立方米 [1]。", BOTH).abstain
    assert check("每台水泵都很新 [1]。", BOTH).abstain
    assert check("每台水泵每小时送水482立方米 [1]。", BOTH).abstain


# ----------------------------------------------------------------------------------- property

NAMES = ["Lindqvist", "Okafor", "Penhallow", "Vance", "Sato", "Holm", "Mbeki", "Tamsin", "Roark"]
PLACES = ["Harrow", "Coldbrook", "Tansley", "Osier", "Pennywell", "Redgrave", "Velmead", "Yarrow"]
CHINESE_NAMES = ["陆明远", "沈若兰", "顾长青", "谭小满", "韩石生", "蒋玉芬", "邵立群", "秦万里"]
FORMS = [
    "The pumps of {place} move {number} litres a minute.",
    "{name} keeps the keys of {place}.",
    "Since {number} the house at {place} has been looked after by {name}.",
    "The last boat to {place} leaves at {time}.",
    "A part called {code} was ordered for {place}.",
    "{place}的水泵每小时送水{number}立方米。",
    "{place}的钥匙由{chinese}保管。",
]


def _values(rng):
    return {
        "place": rng.choice(PLACES),
        "name": rng.choice(NAMES),
        "chinese": rng.choice(CHINESE_NAMES),
        "number": str(rng.choice([rng.randint(13, 9999), round(rng.uniform(1, 99), 1)])),
        "time": f"{rng.randint(10, 23)}:{rng.randint(10, 59)}",
        "code": f"{rng.choice('ABCDEFG')}{rng.randint(10, 99)}",
    }


def _altered(text, rng):
    at = rng.choice([i for i, c in enumerate(text) if c.isdigit()])
    return text[:at] + rng.choice([d for d in "123456789" if d != text[at]]) + text[at + 1 :]


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_planted_fakes_are_always_caught_and_the_truth_never(seed):
    rng = random.Random(seed)
    form = rng.choice(FORMS)
    places = rng.sample(PLACES, 2)
    facts = [{**_values(rng), "place": place} for place in places]
    facts[1] |= {
        key: next(v for v in iter(lambda k=key: _values(rng)[k], None) if v != facts[0][key])
        for key in ("name", "chinese", "number", "time", "code")
    }
    texts = [form.format(**fact) for fact in facts]
    passages = [passage(f"The roof is of slate. {text} Boots are worn.") for text in texts]
    assert not check(f"{texts[0]} [1]", passages).abstain
    fakes = [f"{texts[0]} [2]", f"{texts[1]} [1]"]
    used = [key for key in ("name", "chinese", "number", "time", "code") if f"{{{key}}}" in form]
    for key in used:
        fakes.append(form.format(**{**facts[0], key: facts[1][key]}) + " [1]")
        if key in ("number", "time", "code"):
            fakes.append(form.format(**{**facts[0], key: _altered(facts[0][key], rng)}) + " [1]")
    for fake in fakes:
        assert check(fake, passages).abstain, (fake, passages[0]["text"])
