"""The map of a run: which nodes there are, and which way leads where."""

from cogitate.agents import build_graph

ARROWS = {
    ("__start__", "plan"),
    ("plan", "act"),
    ("plan", "remember"),
    ("act", "act"),
    ("act", "observe"),
    ("act", "critique"),
    ("observe", "act"),
    ("observe", "critique"),
    ("critique", "plan"),
    ("critique", "remember"),
    ("remember", "answer"),
    ("answer", "__end__"),
}


def test_the_arrows_are_as_drawn():
    drawn = build_graph().get_graph()
    assert {(edge.source, edge.target) for edge in drawn.edges} == ARROWS


def test_the_nodes_are_verbs_that_the_drawing_names():
    names = {name for edge in ARROWS for name in edge}
    assert set(build_graph().get_graph().nodes) == names
