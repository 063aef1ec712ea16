"""Whether notes bear a conclusion, by the word of a model: one forward pass.

What this module does not know: where notes and conclusions come from.
"""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel

from cogitate.llm.decide import choose
from cogitate.memory.learning.relations import shown as worked

BORNE_PROMPT = """\
Do the notes support the conclusion? Answer yes or no.
yes - whoever reads the notes would agree
no - it names the wrong person, a job, a reason or a plan that the notes do not speak of, or turns \
them around"""

BORNE_EXAMPLES = (
    (
        "Notes:\nBen watered the tomatoes before work.\nBen bought a book on soil.\n"
        "Conclusion: Ben takes gardening seriously.",
        "yes",
    ),
    (
        "Notes:\nBen gave Eva a pot of mint.\nEva asked Ben for seeds.\n"
        "Conclusion: Eva is a gardener and a cook.",
        "no",
    ),
    ("Notes:\n老周退休了。\n老周每天练字。\nConclusion: 老周是书法老师。", "no"),
    (
        "Notes:\n孙子让老周教他写字。\n老周买了两支新毛笔。\nConclusion: 孙子想跟老周学写字。",
        "yes",
    ),
    (
        "Notes:\nIda sold her car.\nIda takes the tram to work.\n"
        "Conclusion: Ida no longer drives to work.",
        "yes",
    ),
    (
        "Notes:\nIda told Max that Leo plays chess.\nMax likes tea.\nConclusion: Max plays chess.",
        "no",
    ),
)
BORNE = 1.4
"""Log-odds of yes from which notes bear a conclusion: small models say yes too easily."""


async def is_borne(model: BaseChatModel, notes: Sequence[str], conclusion: str) -> bool:
    """Ask whether notes bear a conclusion."""
    listed = "\n".join(notes)
    case = f"Notes:\n{listed}\nConclusion: {conclusion}"
    shown = worked(BORNE_PROMPT, BORNE_EXAMPLES, case)
    found = await choose(model, shown, ("yes", "no"), purpose="memory.borne")
    return found["yes"] - found["no"] > BORNE
