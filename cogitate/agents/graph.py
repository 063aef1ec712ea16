"""The map of a run. Start reading here, then `nodes.py`.

plan --> act --> critique --> remember --> answer
^      ^  |        |
|      | observe   |         `act` may also go on thinking without a tool
|      +--+        |
+------------------+         all ways back are bounded by `Limits`
"""

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from cogitate.agents import nodes
from cogitate.agents.state import Parts, State


def build_graph(
    checkpointer: Checkpointer = None,
) -> CompiledStateGraph[State, Parts, State, State]:
    """Wire the nodes. Nothing here decides anything; deciding is done in `nodes`."""
    graph = StateGraph(State, context_schema=Parts)
    graph.add_node("plan", nodes.plan)
    graph.add_node("act", nodes.act)
    graph.add_node("observe", nodes.observe)
    graph.add_node("critique", nodes.critique)
    graph.add_node("remember", nodes.remember)
    graph.add_node("answer", nodes.answer)

    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", nodes.after_plan, ["act", "remember"])
    graph.add_conditional_edges("act", nodes.after_act, ["act", "observe", "critique"])
    graph.add_conditional_edges("observe", nodes.after_observe, ["act", "critique"])
    graph.add_conditional_edges("critique", nodes.after_critique, ["plan", "remember"])
    graph.add_edge("remember", "answer")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=checkpointer)
