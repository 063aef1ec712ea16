"""How answers of the documents benchmark are judged."""

from bench.documents import says_value, sources

ANSWER = "The climb takes 4 hours [1].\nSources:\n[1] huts/a b.txt, lines 17-32\n[2] c.pdf, page 9"


def test_a_value_in_marks_or_sources_is_not_said():
    assert says_value(ANSWER, "4")
    assert says_value("锅温在16 4度。 [1]\n来源：\n[1] x.pdf，第 3 页", "164")
    assert not says_value(ANSWER, "1") and not says_value(ANSWER, "17")
    assert not says_value("It takes 4.5 hours [1]", "4") and not says_value(ANSWER, "")


def test_sources_are_read_in_both_languages():
    assert sources(ANSWER) == ["huts/a b.txt", "c.pdf"]
    assert sources("是164度 [1]。\n来源：\n[1] 茶园/a.pdf，第 3-4 页") == ["茶园/a.pdf"]
    assert sources("no_evidence") == []
