"""The pipeline's check, order and readings: what is refused before anything runs, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogitate import tool
from cogitate.planners.loops.pipeline.forms import args_form, nodes_of, plan_form
from cogitate.planners.loops.pipeline.modules import MODULES
from cogitate.planners.loops.pipeline.nodes import (
    Node,
    Signature,
    filled,
    leaks,
    levels,
    lost,
    problems,
    ready,
    references,
    signature_of,
)
from cogitate.planners.loops.pipeline.reading import NotRead, as_kind, field_of, inside, number_of


@tool(effect="read")
def weigh(thing: str) -> float:
    """Return the weight of a thing in kilos.

    Args:
        thing: what is weighed.
    """
    return float(len(thing))


@tool(effect="read")
def is_fragile(thing: str) -> bool:
    """Return whether a thing breaks.

    Args:
        thing: what may break.
    """
    return thing == "cup"


@tool(effect="read")
def freight(kilos: float, parcels: int = 1) -> str:
    """Return what it costs to send a weight.

    Args:
        kilos: the weight.
        parcels: how many of it.
    """
    return f"{kilos * parcels * 2} euros"


@tool
def send(text: str) -> str:
    """Send a message.

    Args:
        text: what it says.
    """
    return f"sent {text}"


KNOWN = {t.name: signature_of(t) for t in (weigh, is_fragile, freight, send)} | MODULES


def node(number, name, **args):
    return Node(id=number, tool=name, args=args)


SOUND = [node(1, "weigh", thing="cup"), node(2, "freight", kilos="$1")]


def test_a_sound_pipeline_has_no_problems():
    assert problems(SOUND, KNOWN, result="text") == []


def test_signatures_come_from_the_types_of_a_tool():
    found = signature_of(freight)
    assert dict(found.inputs) == {"kilos": "number", "parcels": "number"}
    assert found.required == {"kilos"} and found.output == "text" and not found.once
    assert signature_of(weigh).output == "number" and signature_of(is_fragile).output == "bool"
    assert signature_of(send).once  # undeclared effects count as once


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([], "no steps"),
        ([node(1, "weight", thing="cup")], "no tool 'weight'"),
        ([node(1, "weigh")], "needs 'thing'"),
        ([node(1, "weigh", thing="cup", colour="red")], "has no 'colour'"),
        ([node(1, "freight", kilos="$2"), node(2, "weigh", thing="cup")], "comes later"),
        ([node(1, "freight", kilos="$1")], "comes later"),
        ([node(1, "freight", kilos="$7")], "is not there"),
        (
            [
                node(1, "solve", question="a", facts="#E2"),
                node(2, "solve", question="b", facts="$1"),
            ],
            "comes later",
        ),
        ([node(1, "is_fragile", thing="cup"), node(2, "freight", kilos="$1")], "gives bool"),
        ([node(1, "freight", kilos="heavy")], "takes number"),
        ([node(1, "weigh", thing=5)], "takes text"),
        ([node(1, "weigh", thing="a"), node(1, "weigh", thing="b")], "the number 1"),
        ([node(n, "weigh", thing=f"t{n}") for n in range(1, 12)], "at most 10"),
        ([node(1, "send", text="a"), node(2, "send", text="b")], "lasting effect"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_runs(nodes, said):
    assert said in "; ".join(problems(nodes, KNOWN))


def test_several_lasting_effects_are_allowed_when_a_person_agreed():
    nodes = [node(1, "send", text="a"), node(2, "send", text="b")]
    assert problems(nodes, KNOWN, approved=True) == []


def test_the_last_node_must_give_what_is_asked_for():
    assert problems([node(1, "is_fragile", thing="cup")], KNOWN, result="number")


def test_a_dollar_amount_in_a_text_is_no_reference():
    assert references({"text": "It costs $2 or $3.50"}) == []
    assert references({"text": "$2", "more": ["#E1 and #E3.name"]}) == [2, 1, 3]


# ------------------------------------------------------------------ defects of the originals


def test_all_ready_nodes_start_at_once_though_the_list_changes_meanwhile():
    """HuggingGPT's scheduler changed the list of ready tasks while it went through it."""
    nodes = [node(n, "weigh", thing=f"t{n}") for n in range(1, 6)]
    done: set[int] = set()
    started = []
    for item in ready(nodes, done, set()):
        started.append(item.id)
        done.add(item.id)
        nodes.remove(item)
    assert started == [1, 2, 3, 4, 5]


def test_a_dependency_that_is_never_satisfied_ends_at_once():
    """HuggingGPT's scheduler waited 160 idle polls for it."""
    nodes = [node(1, "freight", kilos="$9"), node(2, "weigh", thing="cup")]
    assert [[n.id for n in level] for level in levels(nodes)] == [[2]]
    assert ready(nodes, {2}, set()) == []


def test_what_needs_a_failed_node_is_lost_with_it_and_nothing_else():
    nodes = [
        node(1, "weigh", thing="a"),
        node(2, "freight", kilos="$1"),
        node(3, "weigh", thing="b"),
        node(4, "solve", question="?", facts="$2"),
    ]
    assert lost(nodes, {1}) == {1, 2, 4}
    assert [n.id for n in ready(nodes, set(), lost(nodes, {1}))] == [3]


def test_the_order_of_nodes_is_checked_by_ids_and_not_by_their_text():
    """Chameleon compared lists with strings, so that its checks of the order never fired."""
    nodes = [node(1, "weigh", thing="x"), *(node(n, "weigh", thing=str(n)) for n in range(2, 10))]
    nodes.append(node(10, "freight", kilos="$9"))
    assert problems(nodes, KNOWN) == []  # "9" > "10" as texts
    nodes[8] = node(9, "freight", kilos="$10")
    assert "comes later" in "; ".join(problems(nodes, KNOWN))


def test_a_plan_is_data_and_is_never_evaluated():
    """Chameleon's plan went through eval."""
    form = plan_form(KNOWN, least=1, most=3)
    for text in ("__import__('os').abort()", '[{"tool": "weigh"}]', '{"steps": "exit()"}'):
        with pytest.raises(ValueError):
            form.model_validate_json(text)
    written = '{"steps": [{"tool": "weigh", "args": {"thing": "__import__(\'os\').abort()"}}]}'
    [found] = nodes_of(form.model_validate_json(written))
    assert found.args == {"thing": "__import__('os').abort()"}


# ------------------------------------------------------------------------------------ the form


def test_a_number_may_be_a_reference():
    form = args_form(KNOWN["freight"])
    assert form.model_validate({"kilos": "#E1", "parcels": 2}).model_dump(by_alias=True) == {
        "kilos": "#E1",
        "parcels": 2.0,
    }
    with pytest.raises(ValueError):
        form.model_validate({"kilos": "heavy"})


def test_a_parameter_may_have_any_name():
    shape = Signature(
        name="t", about="", inputs={"copy": "text", "schema": "bool"}, required=frozenset({"copy"})
    )
    found = args_form(shape).model_validate({"copy": "a"})
    assert found.model_dump(by_alias=True, exclude_none=True) == {"copy": "a"}


def test_ids_are_given_by_code_in_the_order_of_writing():
    form = plan_form(KNOWN, least=1, most=3, names=["weigh", "freight"])
    steps = [
        {"tool": "weigh", "args": {"thing": "cup"}},
        {"tool": "freight", "args": {"kilos": "#E1"}},
    ]
    nodes = nodes_of(form.model_validate({"steps": steps}))
    assert [(n.id, n.tool, n.needs) for n in nodes] == [(1, "weigh", []), (2, "freight", [1])]


# --------------------------------------------------------------------------------- the reading


@pytest.mark.parametrize(
    ("text", "given", "value"),
    [
        ("12.90 euros", [], 12.9),
        ("Postage for 3.5 kg to Lisbon is 12.90 euros.", ["Postage for 3.5 kg"], 12.9),
        ("最多请24位客人。 （会议记录.txt，第 15 行）", [], 24),
        ("42 euros (notes.md, line 6)", [], 42),
        ("total\n19403.7", [], 19403.7),
        ("it is 5, so 5", [], 5),
    ],
)
def test_the_one_number_of_a_result_is_read(text, given, value):
    assert number_of(text, given) == value


def test_a_result_with_several_numbers_or_none_is_not_guessed_at():
    with pytest.raises(NotRead) as caught:
        number_of("North 12, East 19")
    assert caught.value.candidates == ("12", "19")
    with pytest.raises(NotRead, match="no number"):
        number_of("nothing")


def test_a_field_of_a_json_result_is_read_by_its_name():
    assert field_of('{"price": 3.5}', "price") == "3.5"
    with pytest.raises(NotRead, match="it has price"):
        field_of('{"price": 3.5}', "cost")


def test_text_from_outside_cannot_become_code():
    wicked = "x'); DROP TABLE t; --"
    assert inside(wicked, "sql") == "'x''); DROP TABLE t; --'"
    assert eval(inside("__import__('os')", "code"), {"__builtins__": {}}) == "__import__('os')"
    with pytest.raises(NotRead):
        inside("no figure", "expression")


def test_whole_results_are_read_as_the_kind_that_is_wanted():
    assert as_kind("[1, 2]", "list") == [1, 2]
    assert as_kind("true", "bool") is True
    with pytest.raises(NotRead):
        as_kind("many", "json")


def test_no_placeholder_is_left_when_all_is_filled():
    value = {"a": "#E1 and #E2", "b": ["$1", {"c": "$2.price"}], "d": 3}
    full = filled(value, lambda number, part, whole: f"<{number}{part}>")
    assert full == {"a": "<1> and <2>", "b": ["<1>", {"c": "<2price>"}], "d": 3}
    assert leaks(value) and not leaks(full)


@given(st.lists(st.lists(st.integers(1, 9), max_size=3), min_size=1, max_size=9))
def test_every_node_of_a_checked_pipeline_is_in_one_level_after_its_needs(needs):
    nodes = [
        Node(id=n, tool="solve", args={"question": "q", "facts": " ".join(f"#E{k}" for k in found)})
        for n, found in enumerate(needs, 1)
    ]
    if problems(nodes, KNOWN):
        assert any(k >= n for n, found in enumerate(needs, 1) for k in found)
        return
    order = [item.id for level in levels(nodes) for item in level]
    assert sorted(order) == [item.id for item in nodes]
    assert all(order.index(k) < order.index(item.id) for item in nodes for k in item.needs)
