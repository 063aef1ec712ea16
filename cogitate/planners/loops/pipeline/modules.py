"""Small typed modules beside tools: look_up, work_out, solve, summarise, extract.

look_up and work_out are handed on to a run of their own, with all ways of working; the others
are one model call each, over texts that earlier nodes gave.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import choose, complete
from cogitate.planners.loops.pipeline.nodes import Signature
from cogitate.planners.ways.saying import is_chinese

SOLVE_PROMPT = """\
Answer the question from the facts. Copy the values of the facts exactly and compute nothing. One \
or two short sentences, in the language that is named."""
SOLVE_EXAMPLE = [
    HumanMessage(
        "Facts:\nWho keeps the budget? = Ben keeps it.\nage(name=Ben) = 41\n"
        "Question: Who keeps the budget, and how old is he?\nLanguage: English"
    ),
    AIMessage("Ben keeps the budget; he is 41."),
    HumanMessage(
        "Facts:\n一箱有多少瓶？ = 24\ncalculate(expression=24*3) = 72\n"
        "Question: 三箱一共多少瓶？\nLanguage: Chinese"
    ),
    AIMessage("三箱一共72瓶。"),
]
SUMMARISE_PROMPT = """\
Write the text again in at most three short sentences. Keep its names and numbers, add nothing, \
and write in the language that is named."""
EXTRACT_PROMPT = """\
Copy from the text the words that say what is asked for, and nothing else. If the text does not \
say it, write: none"""
EXPERT_PROMPT = "Which expert suits the task best? Answer with a number.\n{listed}"

LONGEST = 2000
MOST_EXPERTS = 9
"""Candidates that are shown for one task; HuggingGPT shows ten."""

_TEXT = frozenset({"text"})

MODULES: dict[str, Signature] = {
    "look_up": Signature(
        name="look_up",
        about="Find out one thing from the person's files, tables or notes.",
        inputs={"question": "text"},
        required=frozenset({"question"}),
    ),
    "work_out": Signature(
        name="work_out",
        about="Answer a question that needs an earlier result.",
        inputs={"question": "text", "known": "text"},
        required=frozenset({"question", "known"}),
    ),
    "solve": Signature(
        name="solve",
        about="Answer a question from facts.",
        inputs={"question": "text", "facts": "text"},
        required=frozenset({"question", "facts"}),
    ),
    "summarise": Signature(
        name="summarise", about="Shorten a text.", inputs={"text": "text"}, required=_TEXT
    ),
    "extract": Signature(
        name="extract",
        about="Copy out of a text what is asked for.",
        inputs={"what": "text", "text": "text"},
        required=frozenset({"what", "text"}),
    ),
}
HANDED = frozenset({"look_up", "work_out"})
"""Modules that are a run of their own."""


@dataclass(frozen=True, kw_only=True)
class Expert:
    """A model that may run a module, and what it is good at."""

    about: str
    model: BaseChatModel
    modules: frozenset[str] = frozenset({"solve", "summarise", "extract"})


async def expert_for(
    planner: BaseChatModel, own: BaseChatModel, module: str, task: str, experts: Sequence[Expert]
) -> BaseChatModel:
    """Return the model for one node: the only one there is, or the one that the planner chooses.

    Args:
        planner: who chooses.
        own: the agent's model, where no expert knows the module.
        module: which module is to run.
        task: what it is to do.
        experts: the candidates; the first ones that know the module are shown.
    """
    open_experts = [e for e in experts if module in e.modules][:MOST_EXPERTS]
    if len(open_experts) < 2:
        return open_experts[0].model if open_experts else own
    listed = "\n".join(f"{n}) {e.about[:120]}" for n, e in enumerate(open_experts, 1))
    shown = [SystemMessage(EXPERT_PROMPT.format(listed=listed)), HumanMessage(f"{module}: {task}")]
    numbers = [str(n) for n in range(1, len(open_experts) + 1)]
    found = await choose(planner, shown, numbers, purpose="expert")
    return open_experts[int(next(iter(found))) - 1].model


async def run_module(model: BaseChatModel, name: str, args: dict[str, str], goal: str) -> str:
    """Return what a module of one model call writes; empty when it brings nothing.

    Args:
        model: who writes.
        name: solve, summarise or extract.
        args: texts, by the names of the module's inputs.
        goal: the run's goal, whose language is written.
    """
    language = "Chinese" if is_chinese(goal) else "English"
    text = args.get("facts", args.get("text", ""))[:LONGEST]
    if name == "solve":
        asked = f"Facts:\n{text}\nQuestion: {args['question']}\nLanguage: {language}"
        shown = [SystemMessage(SOLVE_PROMPT), *SOLVE_EXAMPLE, HumanMessage(asked)]
    elif name == "summarise":
        shown = [SystemMessage(SUMMARISE_PROMPT), HumanMessage(f"{text}\nLanguage: {language}")]
    else:
        asked = f"Text:\n{text}\nAsked for: {args['what']}"
        shown = [SystemMessage(EXTRACT_PROMPT), HumanMessage(asked)]
    written = await complete(model, shown, purpose=name, stop=["\n\n", "```"], max_tokens=200)
    written = " ".join(written.split())
    return "" if name == "extract" and written.lower().strip(" .") == "none" else written
