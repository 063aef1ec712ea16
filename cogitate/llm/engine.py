"""One llama.cpp model with one context: tokens in, logits out, nothing read twice.

It knows tokens, sequences and logits; it knows no messages, no templates and no tools.
Not safe for several threads at once: the `Scheduler` gives it one worker thread.
"""

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cogitate.errors import ContextOverflow, ModelError, SetupError
from cogitate.llm.cores import usable_cores
from cogitate.llm.draw import log_probability
from cogitate.llm.library import llama_library
from cogitate.llm.rows import Reading, Row
from cogitate.llm.sequences import Placement, Sequences, common_prefix
from cogitate.llm.snapshots import LIMIT_MB, Snapshots
from cogitate.llm.vocabulary import Vocabulary

BATCH = 512
"""Most tokens of one pass."""
AT_ONCE = 256
"""Tokens that llama.cpp computes in one piece: with 512 no faster, and 18 to 40 MB more."""
CONTEXT_CAP = 8192
"""Most cells of KV cache by default, shared by all sequences: 230 MB for a 1.5B model."""
SEQUENCES = 16
"""Conversations in the cache at once; more of them come and go by way of host memory."""
WORTH_RESTORING = BATCH // 8
"""Tokens that a snapshot must save to be brought back."""


class Engine(Vocabulary):
    """A loaded GGUF file with its vocabulary, and its KV cache."""

    def __init__(
        self,
        path: Path,
        *,
        n_ctx: int | None = None,
        sequences: int = SEQUENCES,
        threads: int | None = None,
        snapshot_mb: float = LIMIT_MB,
    ) -> None:
        self.lib = llama_library()
        self.path = path
        super().__init__(self.lib, self._load(path))
        trained = int(self.lib.llama_model_n_ctx_train(self.model))
        self.n_ctx = min(n_ctx or CONTEXT_CAP, trained)
        self.threads = threads or usable_cores()
        self.context = self._open(sequences, self.threads)
        self.memory = self.lib.llama_get_memory(self.context)
        self.batch = self.lib.llama_batch_init(BATCH, 0, 1)
        self.sequences = Sequences(sequences, self.n_ctx, cuttable=self._cuttable())
        self.snapshots = Snapshots(snapshot_mb)

    def close(self) -> None:
        """Free the context and the model."""
        if self.context is not None:
            self.lib.llama_batch_free(self.batch)
            self.lib.llama_free(self.context)
            self.lib.llama_model_free(self.model)
            self.context = None
            self.snapshots.clear()

    def clear(self) -> None:
        """Forget all that was read."""
        self.lib.llama_memory_clear(self.memory, True)
        for sequence in list(self.sequences.tokens):
            self.sequences.drop(sequence)
        self.sequences.live.clear()
        self.snapshots.clear()

    # ---------------------------------------------------------------- where prompts go

    def place(self, prompt: list[int], room: int, width: int = 1) -> Reading | None:
        """Give `prompt` a sequence with what of it is known; None: not before others end.

        The sequence is at work, and safe, until it is released.

        Args:
            prompt: the tokens that it shall hold.
            room: tokens that each answer may add.
            width: how many answers share the prompt.

        Raises:
            ContextOverflow: `prompt` and its answers do not fit the context at all.
        """
        if len(prompt) + room * width > self.n_ctx:
            raise ContextOverflow(
                f"a prompt of {len(prompt)} tokens and an answer of up to {room} exceed the "
                f"context of {self.n_ctx}; give less text, or load the model with a larger n_ctx"
            )
        book = self.sequences
        if book.place(prompt, room, width) is None:
            return None
        restored = self._revive(prompt)
        place = book.place(prompt, room, width)
        if place is None:
            return None
        for sequence in place.evicted:
            self._evict(sequence)
        reading = self._keep(place, prompt)
        reading.restored = min(restored, reading.reused)
        book.begin(place.target, reading.read + room)
        for fork in place.forks:
            book.begin(fork, room)
        return reading

    def _keep(self, place: Placement, prompt: list[int]) -> Reading:
        """Bring what `place` says is known into the target sequence."""
        book, kept, copied = self.sequences, place.kept, 0
        if place.source is not None:
            self._copy(place.source, place.target, kept)
            copied = kept
        elif book.tokens.get(place.target) and kept == len(book.tokens[place.target]):
            pass  # it goes on from where it ended
        elif self.lib.llama_memory_seq_rm(self.memory, place.target, kept if kept else -1, -1):
            book.cut(place.target, kept)
        else:
            # This cache cannot be cut: begin anew rather than answer wrongly.
            self.drop(place.target)
            kept = 0
        return Reading(
            sequence=place.target,
            read=len(prompt) - kept,
            reused=kept,
            copied=copied,
            forks=place.forks,
        )

    def fork(self, source: int, target: int) -> None:
        """Let `target` share all that `source` holds."""
        self.drop(target)
        self._copy(source, target, len(self.sequences.tokens.get(source, [])))

    def cut(self, sequence: int, count: int) -> None:
        """Let `sequence` hold only its first `count` tokens.

        Raises:
            ModelError: the cache of this model cannot be cut.
        """
        if not (
            self.sequences.cuttable
            and self.lib.llama_memory_seq_rm(self.memory, sequence, count, -1)
        ):
            raise ModelError("the cache of this model cannot be cut; load it with more n_ctx")
        self.sequences.cut(sequence, count)

    def bookmark(self, sequence: int) -> None:
        """Keep what `sequence` holds now where it could not be cut back to it later."""
        spare = None if self.sequences.cuttable else self.sequences.vacate()
        if spare is not None:
            self._evict(spare)
            self.fork(sequence, spare)

    def release(self, reading: Reading) -> None:
        """Let go of a prompt: its sequence may be taken from now on, its forks are emptied."""
        self.sequences.end(reading.sequence)
        for fork in reading.forks:
            self.sequences.end(fork)
            self.drop(fork)

    def drop(self, sequence: int) -> None:
        """Empty a sequence; what it shares with others stays theirs."""
        self.lib.llama_memory_seq_rm(self.memory, sequence, -1, -1)
        self.sequences.drop(sequence)

    # ---------------------------------------------------------------- computing

    def decode(self, rows: Sequence[Row]) -> None:
        """Append tokens to several sequences in one pass of the model, at most `BATCH` in all.

        Raises:
            ModelError: llama.cpp failed; the sequences of these rows are empty then.
        """
        total = sum(len(row.tokens) for row in rows)
        for sequence in self.sequences.excess(total):
            self._evict(sequence)
        index = 0
        for row in rows:
            index = self._fill(row, index)
        self.batch.n_tokens = total
        code = self.lib.llama_decode(self.context, self.batch)
        if code != 0:
            for row in rows:
                self.drop(row.sequence)
            raise ModelError(f"llama.cpp could not compute {total} tokens (code {code})")
        for row in rows:
            self.sequences.append(row.sequence, row.tokens)

    def logits(self, at: int = -1) -> Any:
        """Return the logits after the token `at` of the last pass: float32, a copy."""
        return self._view(at).copy()

    def log_probability(self, at: int, token: int) -> float:
        """Return the natural log-probability of `token` after the token `at` of the last pass."""
        return log_probability(self._view(at), token)

    def _view(self, at: int) -> Any:
        import numpy

        pointer = self.lib.llama_get_logits_ith(self.context, at)
        return numpy.ctypeslib.as_array(pointer, shape=(self.n_vocab,))

    def _fill(self, row: Row, index: int) -> int:
        batch, position = self.batch, len(self.sequences.tokens.get(row.sequence, []))
        for offset, token in enumerate(row.tokens):
            batch.token[index] = token
            batch.pos[index] = position + offset
            batch.seq_id[index][0] = row.sequence
            batch.n_seq_id[index] = 1
            last = offset == len(row.tokens) - 1
            batch.logits[index] = int(row.logits == "every" or (row.logits == "last" and last))
            index += 1
        return index

    # ---------------------------------------------------------------- inside

    def _load(self, path: Path) -> Any:
        self.lib.llama_backend_init()
        params = self.lib.llama_model_default_params()
        # Weights are rearranged while they are read: of a file that is mapped, most would be
        # in memory twice (1.5B: 600 MB more).
        params.load_mode = self.lib.LLAMA_LOAD_MODE_NONE
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
        params.n_batch, params.n_ubatch = BATCH, AT_ONCE
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

    def _cuttable(self) -> bool:
        """Return whether a sequence may be cut back: all its tokens are there, one by one.

        A recurrent model has one state of them all. Of a sliding window, llama.cpp gives away
        what lies behind it, without a word: a head that is cut out later would have holes.
        """
        lib, model = self.lib, self.model
        if lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model):
            return False
        return not 0 < lib.llama_model_n_swa(model) < self.n_ctx

    def _copy(self, source: int, target: int, count: int) -> None:
        end = count if self.sequences.cuttable else -1
        self.lib.llama_memory_seq_cp(self.memory, source, target, 0, end)
        self.sequences.copy(source, target, count)

    def _evict(self, sequence: int) -> None:
        """Move a sequence to host memory, and the oldest ones there out of it."""
        held = self.sequences.tokens.get(sequence)
        if held:
            size = self.lib.llama_state_seq_get_size(self.context, sequence)
            if self.snapshots.fits(size):
                state = (ctypes.c_uint8 * size)()
                self.lib.llama_state_seq_get_data(self.context, state, size, sequence)
                self.snapshots.put(held, state)
        self.drop(sequence)

    def _revive(self, prompt: list[int]) -> int:
        """Bring a snapshot back when it is worth it; return how much of `prompt` it holds."""
        book = self.sequences
        live = max((common_prefix(held, prompt) for held in book.tokens.values()), default=0)
        least = live + min(WORTH_RESTORING, len(prompt) // 2)
        spare = book.vacate()
        found = None
        if spare is not None:
            found = self.snapshots.take(prompt, least, whole=not book.cuttable)
        if spare is None or found is None:
            return 0
        held, state = found
        self._evict(spare)
        for sequence in book.excess(len(held)):
            self._evict(sequence)
        if not self.lib.llama_state_seq_set_data(self.context, state, len(state), spare):
            self.drop(spare)
            return 0
        book.append(spare, held)
        return common_prefix(held, prompt)
