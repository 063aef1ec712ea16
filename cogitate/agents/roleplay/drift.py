"""How well messages keep to a persona: a score of nearness, and questions that code reads.

A message is held against the persona of its speaker and against those of the others, by the
cosine of their embeddings. `margin` is the first less the largest of the others: above 0 the
message is nearest to its own persona. `drift` is the mean margin of the first half of a role's
messages less that of the second half: above 0 the role has moved away from its persona.
`answers` is the share of the persona's content words that the role still gives when it is asked
who it is, less the largest share of another persona's words. What it does not know: whether a
message is good, or true. Personas of a few words are near to everything.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cogitate.agents.roleplay.values import Role
from cogitate.words import content_words


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What one role's messages came to."""

    role: str
    messages: int
    fit: float
    """Mean cosine with the own persona."""
    margin: float
    drift: float | None
    """None where there are not two messages."""
    answers: float | None = None
    """None where the role was not asked."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def drift_of(
    said: Sequence[tuple[str, str]],
    roles: Sequence[Role],
    asked: dict[str, str] | None = None,
    embedder: Any = "auto",
) -> list[Drift]:
    """Return the scores of each role that spoke, in the order of `roles`.

    Args:
        said: (speaker, text) in order.
        roles: all roles; a role without a persona is described by its name.
        asked: what a role answered when it was asked who it is, by its name.
        embedder: a name or embedder for `cogitate.llm.embed.load_embeddings`.
    """
    from cogitate.llm.embed import load_embeddings

    vectors = load_embeddings(embedder)
    personas = vectors.embed_documents([text_of(role) for role in roles])
    found = []
    for at, role in enumerate(roles):
        texts = [text for speaker, text in said if speaker == role.name and text.strip()]
        if not texts:
            continue
        near = vectors.embed_documents(texts) @ personas.T
        own = [float(row[at]) for row in near]
        others = [
            max((float(v) for i, v in enumerate(row) if i != at), default=0.0) for row in near
        ]
        margins = [mine - other for mine, other in zip(own, others, strict=True)]
        half = len(margins) // 2
        moved = round(_mean(margins[:half]) - _mean(margins[half:]), 4) if half else None
        found.append(
            Drift(
                role=role.name,
                messages=len(texts),
                fit=round(_mean(own), 4),
                margin=round(_mean(margins), 4),
                drift=moved,
                answers=_answers(role, roles, (asked or {}).get(role.name)),
            )
        )
    return found


def text_of(role: Role) -> str:
    """Return a role as the text that messages are held against."""
    return f"{role.name}. {role.about}".strip()


def _answers(role: Role, roles: Sequence[Role], answer: str | None) -> float | None:
    if answer is None:
        return None
    said = set(content_words(answer))

    def share(of: Role) -> float:
        known = content_words(text_of(of))
        return sum(word in said for word in known) / max(len(known), 1)

    others = max((share(other) for other in roles if other.name != role.name), default=0.0)
    return round(share(role) - others, 4)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)
