"""Whether a passage is about what a question names, or only about something of the same kind.

Of many things the same is told: each hut has a way up, each contract a notice. A model that
reads one sentence says that it answers, whichever hut was asked about. All of it is code: words
of the question that the headings or the path of a passage hold, names, and other documents that
say the same. What it does not know: other names of one thing, and names in other scripts.
"""

import re
from collections.abc import Sequence

from cogitate.passages import Passage
from cogitate.planners.quotable import about
from cogitate.words import CJK_CHARACTER, content_words

ALIKE = 0.6
"""Share of the words of two sentences that must be the same for one to say what the other says."""
_NAME = re.compile(r"(?<=[^.!?:\s]\s)[A-Z][\w&'’-]*\w")


def is_meant(goal: str, text: str, passage: Passage, found: Sequence[Passage]) -> bool:
    """Return whether a sentence may be told of what the goal asks about.

    Args:
        goal: what was asked.
        text: the sentence.
        passage: where it stands.
        found: the passages that were found for the goal.
    """
    others = [each for each in found if each["path"] != passage["path"]]
    if _tied(goal, passage, others):
        return True
    known = set(content_words(f"{_head(passage)} {passage['text']} {passage['before']}"))
    named = [set(content_words(name)) for name in _NAME.findall(goal)]
    same_script = bool(CJK_CHARACTER.search(goal)) == bool(CJK_CHARACTER.search(text))
    if named and same_script and not any(name <= known for name in named if name):
        return False
    said = set(content_words(goal)) & set(content_words(text))
    rivals = [set(content_words(each["text"])) for each in others if _says(text, each["text"])]
    return all(said - there for there in rivals)


def _tied(goal: str, passage: Passage, others: Sequence[Passage]) -> bool:
    """Return whether headings or path hold a word of the goal that sets them apart."""
    shared = set(content_words(goal)) & set(content_words(_head(passage)))
    if not others:
        return bool(shared)
    return any(any(word not in content_words(_head(other)) for other in others) for word in shared)


def _says(text: str, other: str) -> bool:
    """Return whether another text says nearly the same, but with values of its own."""
    words, there = set(content_words(text)), set(content_words(other))
    if words <= there:
        return False
    plain = {word for word in words if not any(character.isdigit() for character in word)}
    return bool(plain) and len(plain & there) >= ALIKE * len(plain)


def _head(passage: Passage) -> str:
    return f"{about(passage)} {passage['path']}"
