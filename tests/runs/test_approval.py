"""Which rule counts, and what replies mean."""

import pytest

from cogitate import SetupError
from cogitate.runs.approval import Decision, Policy, Rule, ToolQuestion


def policy(*rules, default="ask"):
    return Policy(rules=rules, default=default)


def test_the_first_rule_that_fits_counts():
    made = policy(
        Rule(tool="write_*", args={"path": "*.md"}, do="auto"),
        Rule(tool="write_*", do="deny"),
    )
    assert made.decide("write_file", {"path": "a.md"}, "auto") == "auto"
    assert made.decide("write_file", {"path": "a.sh"}, "auto") == "deny"
    assert made.decide("write_file", {}, "auto") == "deny"
    assert made.decide("send", {}, "auto") == "auto"


@pytest.mark.parametrize("default", ["auto", "ask", "deny", "wait"])
def test_without_a_rule_the_tools_own_permission_counts(default):
    made = policy(default=default)
    assert made.decide("any", {}, "auto") == "auto"
    assert made.decide("any", {}, "ask") == default
    assert made.decide("any", {}, "never") == "deny"


def test_no_rule_lifts_never():
    assert policy(Rule(do="auto")).decide("any", {}, "never") == "deny"


def test_arguments_that_are_no_text_are_matched_as_json():
    made = policy(Rule(args={"amount": "1?"}, do="auto"), default="deny")
    assert made.decide("pay", {"amount": 12}, "ask") == "auto"
    assert made.decide("pay", {"amount": 120}, "ask") == "deny"


@pytest.mark.parametrize("path", ["SECRET.txt", "ｓecret.txt", "sec\u200bret.txt"])
def test_what_forbids_also_fits_look_alikes_and_what_allows_does_not(path):
    deny = policy(Rule(args={"path": "secret*"}, do="deny"))
    assert deny.decide("read", {"path": path}, "auto") == "deny"
    allow = policy(Rule(args={"path": "secret*"}, do="auto"), default="deny")
    assert allow.decide("read", {"path": path}, "ask") == "deny"


def test_an_unknown_deed_is_refused():
    with pytest.raises(SetupError, match="'perhaps' is none of"):
        Rule(do="perhaps")


@pytest.mark.parametrize(
    ("reply", "do", "why"),
    [
        ("yes", "yes", ""),
        (" Y ", "yes", ""),
        ("no: too dear", "no", "too dear"),
        ("always", "always", ""),
        ("stop: enough", "stop", "enough"),
        ("q", "stop", ""),
        ("what is that?", "no", "what is that?"),
        ("", "no", ""),
        ("edit: [1]", "no", "the changed arguments were not a JSON object"),
        ("edit: {", "no", "the changed arguments were not a JSON object"),
    ],
)
def test_replies_are_read(reply, do, why):
    found = Decision.read(reply)
    assert (found.do, found.why) == (do, why)


@pytest.mark.parametrize(
    "decision",
    [
        Decision(do="yes"),
        Decision(do="no", why="a: b"),
        Decision(do="edit", arguments={"to": "安"}),
        Decision(do="stop"),
    ],
)
def test_a_decision_as_a_text_is_read_back(decision):
    assert Decision.read(str(decision)) == decision


def test_a_question_holds_the_whole_call_in_one_form():
    first = ToolQuestion("send", {"b": 1, "a": "好"})
    assert first == 'May send run with {"a": "好", "b": 1}?'
    assert first == ToolQuestion("send", {"a": "好", "b": 1})
    assert (first.tool, first.arguments) == ("send", {"a": "好", "b": 1})
