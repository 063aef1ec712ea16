"""The text of one answer as it grows: whole characters, up to a stop string."""

from collections.abc import Sequence

from cogitate.llm.vocabulary import Vocabulary


class Draft:
    """The text of one answer as it grows, up to a stop string."""

    def __init__(self, vocabulary: Vocabulary, stop: Sequence[str]) -> None:
        self.text = ""
        self.written = 0
        self.ended = False
        """Whether a stop string was met."""
        self._vocabulary = vocabulary
        self._stop = stop
        self._raw = b""
        self._shown = 0

    def take(self, tokens: list[int]) -> str:
        """Append tokens; return what may be shown: no part of a stop string or of a character."""
        self.written += len(tokens)
        self._raw += b"".join(self._vocabulary.piece(token) for token in tokens)
        text = self._raw.decode("utf-8", "ignore")
        cut = min((at for s in self._stop if (at := text.find(s)) >= 0), default=-1)
        self.ended = cut >= 0
        self.text = text[:cut] if self.ended else text
        if self.ended:
            return self.rest()
        held = len(text) - max((len(s) - 1 for s in self._stop), default=0)
        piece = text[self._shown : max(held, self._shown)]
        self._shown = max(held, self._shown)
        return piece

    def rest(self) -> str:
        """Return what was held back."""
        piece = self.text[self._shown :]
        self._shown = max(self._shown, len(self.text))
        return piece
