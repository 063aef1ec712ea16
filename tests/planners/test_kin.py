"""A sentence must be told of what the goal names, not of another thing of its kind."""

from cogitate.planners.kin import is_meant


def hut(name, hours):
    return {
        "path": f"huts/{name.lower()}.md",
        "title": f"The {name} hut",
        "section": f"The {name} hut > Way up",
        "text": f"From the valley station the climb takes {hours} hours.",
        "before": "",
    }


HUTS = [hut("Firnblick", 4), hut("Gamsalm", 6)]
BOILER = {
    "path": "invoice.pdf",
    "title": "Invoice",
    "section": "",
    "text": "Heating system: 2,300 euros.",
    "before": "",
}


def test_the_thing_that_headings_name_is_meant():
    text = HUTS[1]["text"]
    assert is_meant("How long is the hike to the Gamsalm?", text, HUTS[1], HUTS)


def test_a_name_that_nothing_there_knows_means_another_thing():
    text = HUTS[1]["text"]
    assert not is_meant("How long is the hike to the Obermatt hut?", text, HUTS[1], HUTS)


def test_a_name_in_the_passage_itself_will_do():
    letter = {**BOILER, "text": "Obermatt can be reached in 5 hours."}
    goal = "How long is the hike to the Obermatt hut?"
    assert is_meant(goal, letter["text"], letter, [letter, *HUTS])


def test_other_words_than_the_goals_are_fine_where_no_document_says_the_same_of_others():
    assert is_meant("How dear was the boiler?", BOILER["text"], BOILER, [BOILER, *HUTS])
    other = {**BOILER, "path": "other.pdf", "text": "Heating system: 1,900 euros."}
    assert not is_meant("How dear was the boiler?", BOILER["text"], BOILER, [BOILER, other])


def test_chinese_documents_of_one_kind_are_told_apart():
    def case(name, height):
        text = f"连同底座高{height}毫米，比目录上写的略矮。"
        return {"path": f"{name}.md", "title": name, "section": "", "text": text, "before": ""}

    cases = [case("鎏金香薰", 221), case("漆绘木案", 716)]
    assert is_meant("鎏金香薰有多高？", cases[0]["text"], cases[0], cases)
    assert not is_meant("黑漆食盒有多高？", cases[0]["text"], cases[0], cases)


def test_a_program_is_told_by_what_its_first_remark_says():
    def program(name, deed, tries):
        text = f'"""Job to {deed}."""\n\nimport time\n\nTRIES = {tries}\nDELAY = 3\n'
        return {"path": f"{name}.py", "title": "", "section": "", "text": text, "before": ""}

    both = [program("a", "send bills", 5), program("b", "print badges", 7)]
    assert is_meant("How often is it tried to print badges?", "TRIES = 7", both[1], both)
    assert not is_meant("How often is it tried to post parcels?", "TRIES = 7", both[1], both)


def test_two_documents_that_say_the_same_with_the_same_values_are_no_rivals():
    twin = {**BOILER, "path": "copy.pdf"}
    assert is_meant("How dear was the boiler?", BOILER["text"], BOILER, [BOILER, twin])
