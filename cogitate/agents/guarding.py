"""What a run is handed before it begins: its policy, its prices, its ledger, what it may trust.

What it does not know: what becomes of them. Tools ask the policy, the meter asks the prices.
"""

from collections.abc import Sequence
from functools import partial

from langchain_core.language_models import BaseChatModel

from cogitate.agents.loops import limits_of
from cogitate.agents.state import Parts
from cogitate.errors import SetupError
from cogitate.llm.llama import ChatLlama
from cogitate.llm.remote import is_local
from cogitate.llm.scripted import ScriptedModel
from cogitate.runs.context import RunContext
from cogitate.runs.ledger import Ledger
from cogitate.runs.prices import cost_of, currency_of
from cogitate.runs.recorded import name_of
from cogitate.runs.taint import OUTSIDE
from cogitate.values import Limits, Survey


def check_prices(parts: Parts) -> None:
    """Check that a limit of cost can hold: each model has a price, or runs on this machine.

    Raises:
        SetupError: a model has no price, or prices are given in several currencies.
    """
    currency_of(parts.prices)
    limits = limits_of(parts)
    if limits.cost is None and limits.window_cost is None:
        return
    for model in (parts.model, parts.planner_model, parts.critic_model):
        if model is None or is_free(model) or name_of(model) in parts.prices:
            continue
        name = name_of(model)
        raise SetupError(
            f"a limit of cost needs a price for the model {name!r}: write "
            f'[prices."{name}"] with read and written (for a million tokens) into cogitate.toml'
        )


def is_free(model: BaseChatModel) -> bool:
    """Return whether a model runs on this machine, where calls cost nothing."""
    if isinstance(model, ChatLlama):
        return True
    if isinstance(model, ScriptedModel) and name_of(model) == model._llm_type:
        return True
    address = getattr(model, "openai_api_base", None)
    return isinstance(address, str) and is_local(address)


def guard(context: RunContext, parts: Parts) -> None:
    """Hand a run the policy and the prices of its parts. Doing it twice changes nothing."""
    context.safety.policy = parts.policy
    context.price = partial(cost_of, parts.prices) if parts.prices else None
    if limits_of(parts).window_cost is not None and context.ledger is None:
        context.ledger = Ledger()


def trust(
    context: RunContext,
    goal: str,
    history: Sequence[str],
    notes: Sequence[str],
    survey: Survey | None,
) -> None:
    """Tell a run what the person wrote, and what was read and remembered beforehand.

    Args:
        context: the run.
        goal: what the person wants.
        history: what was said before it, each as question -> answer.
        notes: what memory recalled.
        survey: what was found in the person's files.
    """
    sources = context.safety.sources
    sources.trust(goal)
    for text in history:
        sources.trust(text.partition(" -> ")[0])  # an answer may rest on anything
    for note in notes:
        if OUTSIDE in note:
            sources.distrust(note, "memory")
        else:
            sources.trust(note.partition(" -> ")[0])
    for hit in survey["hits"] if survey is not None else []:
        sources.distrust(hit["text"], "the folder's files")


async def look_up_spending(context: RunContext, limits: Limits) -> None:
    """Note what other runs have spent within the window; once more at each turn."""
    if limits.window_cost is None or context.ledger is None:
        return
    ledger = context.ledger

    def look() -> float:
        return ledger.within(limits.window, without=context.run_id)

    found = await context.outcome("spent", {"turn": context.turns}, look)
    context.spent_elsewhere = float(found)


__all__ = ["check_prices", "guard", "is_free", "look_up_spending", "trust"]
