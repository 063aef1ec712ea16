"""The vocabulary of a loaded GGUF file: text to tokens and back, and its metadata."""

import ctypes
from typing import Any

from cogitate.errors import ModelError


class Vocabulary:
    """Texts and tokens of one llama.cpp model."""

    def __init__(self, lib: Any, model: Any) -> None:
        self.lib = lib
        self.model = model
        self.vocab = lib.llama_model_get_vocab(model)
        self.n_vocab = int(lib.llama_vocab_n_tokens(self.vocab))

    def metadata(self, key: str) -> str | None:
        """Return one string of the GGUF's metadata, such as `tokenizer.chat_template`."""
        buffer = ctypes.create_string_buffer(1 << 20)
        length = self.lib.llama_model_meta_val_str(self.model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8") if length >= 0 else None

    def special(self, name: str) -> str:
        """Return the text of the special token `bos` or `eos`, empty when there is none."""
        token = int(getattr(self.lib, f"llama_vocab_{name}")(self.vocab))
        return self.piece(token).decode("utf-8", "replace") if token >= 0 else ""

    def beginning(self, text: str) -> list[int]:
        """Return what stands before `text` where it is the beginning of a document."""
        token = int(self.lib.llama_vocab_bos(self.vocab))
        needed = not text or self.lib.llama_vocab_get_add_bos(self.vocab)
        return [token] if needed and token >= 0 else []

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of `text`; special tokens written in it are taken as such."""
        data = text.encode("utf-8")
        room = len(data) + 8
        tokens = (ctypes.c_int32 * room)()
        count = self.lib.llama_tokenize(self.vocab, data, len(data), tokens, room, False, True)
        if count < 0:
            raise ModelError(f"the tokenizer failed on a text of {len(data)} bytes")
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; a token may end in the middle of a character."""
        buffer = ctypes.create_string_buffer(256)
        size = self.lib.llama_token_to_piece(self.vocab, token, buffer, 256, 0, True)
        return bytes(buffer.raw[:size]) if size > 0 else b""

    def controls(self) -> list[str]:
        """Return the texts of all control tokens, such as those that begin and end a turn."""
        control = self.lib.llama_vocab_is_control
        found = (self.piece(t) for t in range(self.n_vocab) if control(self.vocab, t))
        return [piece.decode("utf-8", "replace") for piece in found if piece]

    def is_end(self, token: int) -> bool:
        """Return whether `token` ends a turn."""
        return bool(self.lib.llama_vocab_is_eog(self.vocab, token))
