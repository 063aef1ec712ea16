"""How good a plan is, without running it: validity, and what it shares with a plan by hand.

Node F1 compares the tools that are called, edge F1 which tool's result goes to which tool (the
measures of HuggingGPT's task planning, Shen et al. 2023, for sequences and graphs). Ids do not
matter. What it does not know: whether the arguments are right, and other plans as good.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cogitate.planners.loops.pipeline.nodes import Node, Signature, problems

Edge = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Precision, recall and F1, from 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class PlanScores:
    """What a plan is worth against one by hand."""

    valid: bool
    nodes: Scores
    edges: Scores
    exact: bool
    """Whether tools and edges are all the same."""


def edges_of(nodes: Sequence[Node]) -> list[Edge]:
    """Return which tool's result goes to which tool, once for each pair of nodes."""
    tools = {node.id: node.tool for node in nodes}
    return [(tools[n], node.tool) for node in nodes for n in node.needs if n in tools]


def overlap(found: Sequence[object], wanted: Sequence[object]) -> Scores:
    """Return how two bags agree; two empty ones agree wholly."""
    if not found and not wanted:
        return Scores(precision=1.0, recall=1.0, f1=1.0)
    both = sum((Counter(found) & Counter(wanted)).values())
    precision = both / len(found) if found else 0.0
    recall = both / len(wanted) if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if both else 0.0
    return Scores(precision=precision, recall=recall, f1=f1)


def node_f1(plan: Sequence[Node], gold: Sequence[Node]) -> float:
    """Return the F1 of the tools that are called, repetitions counted."""
    return overlap([node.tool for node in plan], [node.tool for node in gold]).f1


def edge_f1(plan: Sequence[Node], gold: Sequence[Node]) -> float:
    """Return the F1 of the edges."""
    return overlap(edges_of(plan), edges_of(gold)).f1


def plan_scores(
    plan: Sequence[Node], gold: Sequence[Node], known: Mapping[str, Signature]
) -> PlanScores:
    """Return how a plan stands against one by hand.

    Args:
        plan: what was planned.
        gold: what a person planned.
        known: the tools that there are, for the check.
    """
    nodes = overlap([node.tool for node in plan], [node.tool for node in gold])
    edges = overlap(edges_of(plan), edges_of(gold))
    exact = Counter(n.tool for n in plan) == Counter(n.tool for n in gold) and edges.f1 == 1.0
    return PlanScores(valid=not problems(plan, known), nodes=nodes, edges=edges, exact=exact)


def validity(plans: Sequence[Sequence[Node]], known: Mapping[str, Signature]) -> float:
    """Return the share of plans that pass the check; 0 of none."""
    return sum(not problems(plan, known) for plan in plans) / len(plans) if plans else 0.0
