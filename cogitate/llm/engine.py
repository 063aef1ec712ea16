"""One llama.cpp model with one context: tokens in, tokens out, nothing read twice.

It knows tokens, sequences and logits; it knows no messages, no templates and no tools.
Not safe for several threads at once: `ChatLlama` gives it one worker thread.
"""

import ctypes
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cogitate.errors import ContextOverflow, ModelError, SetupError
from cogitate.llm.constrain import Constraint
from cogitate.llm.draw import Drawing, Sampling
from cogitate.llm.library import llama_library
from cogitate.llm.sequences import Sequences, common_prefix
from cogitate.llm.vocabulary import Vocabulary

BATCH = 512
CONTEXT_CAP = 8192
"""Most cells of KV cache by default, shared by all sequences: 230 MB for a 1.5B model."""
SEQUENCES = 12
SNAPSHOT_BYTES = 256 << 20
"""Host memory for sequences that had to leave the cache."""


@dataclass(kw_only=True)
class Reading:
    """What a prompt cost, in tokens."""

    sequence: int
    read: int
    reused: int


@dataclass(frozen=True)
class Row:
    """Tokens that one pass appends to a sequence."""

    sequence: int
    position: int
    tokens: list[int]
    logits: bool
    """Whether the logits after the last token are wanted."""


class Engine(Vocabulary):
    """A loaded GGUF file with its vocabulary, and its KV cache."""

    def __init__(
        self,
        path: Path,
        *,
        n_ctx: int | None = None,
        sequences: int = SEQUENCES,
        threads: int | None = None,
    ) -> None:
        self.lib = llama_library()
        self.path = path
        super().__init__(self.lib, self._load(path))
        trained = int(self.lib.llama_model_n_ctx_train(self.model))
        self.n_ctx = min(n_ctx or CONTEXT_CAP, trained)
        self.context = self._open(sequences, threads or os.cpu_count() or 1)
        self.memory = self.lib.llama_get_memory(self.context)
        self.batch = self.lib.llama_batch_init(BATCH, 0, 1)
        self.sequences = Sequences(sequences, self.n_ctx)
        self.snapshots: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def close(self) -> None:
        """Free the context and the model."""
        if self.context is not None:
            self.lib.llama_batch_free(self.batch)
            self.lib.llama_free(self.context)
            self.lib.llama_model_free(self.model)
            self.context = None

    # ---------------------------------------------------------------- reading and writing

    def read(self, prompt: list[int], *, room: int, cancel: threading.Event) -> Reading:
        """Bring the cache to hold `prompt`, with logits for its last token.

        Raises:
            ContextOverflow: `prompt` and `room` more tokens do not fit the context.
        """
        if len(prompt) + room > self.n_ctx:
            raise ContextOverflow(
                f"a prompt of {len(prompt)} tokens and an answer of up to {room} exceed the "
                f"context of {self.n_ctx}; give less text, or load the model with a larger n_ctx"
            )
        self._revive(prompt)
        place = self.sequences.place(prompt, room)
        kept = place.kept
        anew = [place.target] if place.source is not None or not kept else []
        for sequence in (*anew, *place.evicted):
            if sequence != place.source:
                self._evict(sequence)
        if place.source is not None:
            self.lib.llama_memory_seq_cp(self.memory, place.source, place.target, 0, kept)
            # The copy shares cells up to `kept`; nothing beyond belongs to the new sequence.
            if place.source in place.evicted:
                self._evict(place.source)
        elif not self.lib.llama_memory_seq_rm(self.memory, place.target, kept, -1):
            # A recurrent cache cannot be cut: begin anew rather than answer wrongly.
            self.lib.llama_memory_seq_rm(self.memory, place.target, -1, -1)
            kept = 0
        self.sequences.hold(place.target, prompt[:kept])
        self.extend(place.target, prompt[kept:], cancel)
        return Reading(sequence=place.target, read=len(prompt) - kept, reused=kept)

    def extend(self, sequence: int, tokens: list[int], cancel: threading.Event) -> None:
        """Append `tokens` to `sequence`; the logits are then those after the last one."""
        held = self.sequences.tokens.get(sequence, [])
        for start in range(0, len(tokens), BATCH):
            if cancel.is_set():
                break
            chunk = tokens[start : start + BATCH]
            last = start + len(chunk) == len(tokens)
            self._decode([Row(sequence, len(held), chunk, last)])
            held = held + chunk
        self.sequences.hold(sequence, held)

    def fork(self, sequence: int, count: int, room: int) -> list[int]:
        """Return up to `count` new sequences that share all cells of `sequence`.

        Each can grow by `room` tokens, and so can `sequence`; fewer where the cache has no room.
        """
        forks, evicted = self.sequences.fork(sequence, count, room)
        for other in evicted:
            self._evict(other)
        held = self.sequences.tokens[sequence]
        for fork in forks:
            self.lib.llama_memory_seq_cp(self.memory, sequence, fork, 0, len(held))
            self.sequences.hold(fork, list(held))
        return forks

    def drop(self, sequence: int) -> None:
        """Empty a sequence; what it shares with others stays theirs."""
        self.lib.llama_memory_seq_rm(self.memory, sequence, -1, -1)
        self.sequences.drop(sequence)

    def extend_each(self, parts: dict[int, list[int]]) -> dict[int, Any]:
        """Append tokens to several sequences in one pass; return the logits after each."""
        rows = [
            Row(sequence, len(self.sequences.tokens[sequence]), tokens, True)
            for sequence, tokens in parts.items()
        ]
        self._decode(rows)
        found, at = {}, -1
        for row in rows:
            at += len(row.tokens)
            held = self.sequences.tokens[row.sequence]
            self.sequences.hold(row.sequence, held + row.tokens)
            found[row.sequence] = self.logits(at)
        return found

    def logits(self, at: int = -1) -> Any:
        """Return the logits after the token `at` of the last pass: float32, a copy."""
        import numpy

        pointer = self.lib.llama_get_logits_ith(self.context, at)
        return numpy.ctypeslib.as_array(pointer, shape=(self.n_vocab,)).copy()

    def write(
        self,
        reading: Reading,
        sampling: Sampling,
        constraint: Constraint | None,
        cancel: threading.Event,
    ) -> Iterator[list[int]]:
        """Yield tokens as they are written, several at once where the constraint forces them.

        Ends at an end-of-turn token (not yielded), at `max_tokens`, when the constraint is
        fulfilled, or when `cancel` is set.
        """
        draw = Drawing(sampling)
        written = 0
        while written < sampling.max_tokens and not cancel.is_set():
            tokens = constraint.forced() if constraint else []
            if not tokens:
                if constraint is not None and constraint.finished():
                    return
                token = draw.next(self.logits(), constraint)
                if self.is_end(token):
                    return
                tokens = [token]
            tokens = tokens[: sampling.max_tokens - written]
            if constraint is not None:
                constraint.take(tokens)
            written += len(tokens)
            yield tokens
            if constraint is not None and constraint.finished():
                return
            if written < sampling.max_tokens:
                self.extend(reading.sequence, tokens, cancel)

    # ---------------------------------------------------------------- inside

    def _load(self, path: Path) -> Any:
        self.lib.llama_backend_init()
        params = self.lib.llama_model_default_params()
        model = self.lib.llama_model_load_from_file(os.fsencode(path), params)
        if not model:
            raise SetupError(
                f"{str(path)!r} is not a model that llama.cpp can load (damaged, cut short, or "
                "of an architecture that this version does not know); fetch it again with "
                "`cogitate models pull NAME --force`, or choose another file"
            )
        return model

    def _open(self, sequences: int, threads: int) -> Any:
        params = self.lib.llama_context_default_params()
        params.n_ctx = self.n_ctx
        params.n_batch = params.n_ubatch = BATCH
        params.n_seq_max = sequences
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = threads
        context = self.lib.llama_init_from_model(self.model, params)
        if not context:
            self.lib.llama_model_free(self.model)
            raise ModelError(
                f"llama.cpp could not make a context of {self.n_ctx} tokens (out of memory?); "
                "load the model with a smaller n_ctx"
            )
        return context

    def _decode(self, rows: list[Row]) -> None:
        batch, index = self.batch, 0
        for row in rows:
            for offset, token in enumerate(row.tokens):
                batch.token[index] = token
                batch.pos[index] = row.position + offset
                batch.seq_id[index][0] = row.sequence
                batch.n_seq_id[index] = 1
                batch.logits[index] = int(row.logits and offset == len(row.tokens) - 1)
                index += 1
        batch.n_tokens = index
        code = self.lib.llama_decode(self.context, batch)
        if code != 0:
            for row in rows:
                self.drop(row.sequence)
            raise ModelError(f"llama.cpp could not compute {index} tokens (code {code})")

    def _evict(self, sequence: int) -> None:
        """Move a sequence to host memory, and the oldest ones there out of it."""
        held = self.sequences.tokens.get(sequence)
        if held:
            size = self.lib.llama_state_seq_get_size(self.context, sequence)
            if 0 < size <= SNAPSHOT_BYTES:
                buffer = (ctypes.c_uint8 * size)()
                self.lib.llama_state_seq_get_data(self.context, buffer, size, sequence)
                self.snapshots[tuple(held)] = buffer
            while sum(len(b) for b in self.snapshots.values()) > SNAPSHOT_BYTES:
                self.snapshots.popitem(last=False)
        self.drop(sequence)

    def _revive(self, prompt: list[int]) -> None:
        """Bring a snapshot back when it shares more with `prompt` than any live sequence does."""
        live = max((common_prefix(t, prompt) for t in self.sequences.tokens.values()), default=0)
        best = max(self.snapshots, key=lambda held: common_prefix(list(held), prompt), default=None)
        if best is None or common_prefix(list(best), prompt) <= live + BATCH // 8:
            return
        buffer = self.snapshots.pop(best)  # first: evicting others may push out the oldest
        place = self.sequences.clear(len(best))
        for sequence in (place.target, *place.evicted):
            self._evict(sequence)
        if self.lib.llama_state_seq_set_data(self.context, buffer, len(buffer), place.target):
            self.sequences.hold(place.target, list(best))
