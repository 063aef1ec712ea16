"""Many requests on one engine at once: each pass of the model computes the next tokens of all.

Prompts are read in pieces between the tokens of those who write, so that a long prompt does
not hold them up. Requests begin in the order in which they came, as soon as the cache has room
for all that they may write; a request whose prompt shares a long head with one that is being
read waits for it, so that the head is read once. What it does not know: messages and text.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from cogitate.errors import ModelError
from cogitate.llm.engine import BATCH, WORTH_RESTORING, Engine
from cogitate.llm.rows import Reading, Row
from cogitate.llm.sequences import common_prefix
from cogitate.llm.writing import MOST_FORCED, Span, Spans, Steps

QUEUE = 512
"""Most requests that wait."""
PIECE = 128
"""Prompt tokens that are read in one pass while others write."""
MOST_SCORED = 16
"""Tokens of one pass whose logits are kept: 10 MB of a vocabulary of 152,000."""
FULL = (
    "{count} requests wait for the model {name!r}, which is the most; ask for fewer at once "
    "(in `abatch`: config={{'max_concurrency': 8}})"
)


class Job(Protocol):
    """What is asked of the engine: a prompt, and what is done after it."""

    prompt: list[int]
    room: int
    """Most tokens of one answer."""
    width: int
    """How many answers are written side by side."""
    cancel: threading.Event

    def prepare(self) -> None:
        """Find the prompt and the room; called once, before anything is computed."""
        ...

    def steps(self, reading: Reading) -> Steps:
        """Yield what is to be computed, beginning with the rest of the prompt."""
        ...


class Active:
    """A job that has its sequences: the step it waits for."""

    def __init__(self, job: Job, done: "Future[None]", reading: Reading) -> None:
        self.job = job
        self.done = done
        self.reading = reading
        self.steps = job.steps(reading)
        self.spans: Spans = next(self.steps)
        self.reads = True
        """Whether it is still at its prompt."""

    @property
    def ready(self) -> bool:
        """Whether all of its step is computed."""
        return not any(span.left for span in self.spans.values())

    def advance(self) -> bool:
        """Go on to the next step; return whether there is one."""
        try:
            self.spans = next(self.steps)
        except StopIteration:
            return False
        return True


class Scheduler:
    """The one way to an engine: takes jobs from any thread, and computes them together."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="llama")
        """The thread on which all work is done; a job of one's own may be put between."""
        self.active: list[Active] = []
        self._waiting: list[tuple[Job, Future[None]]] = []
        self._prepared: set[int] = set()
        self._lock = threading.Lock()
        self._running = False

    def submit(self, job: Job) -> "Future[None]":
        """Put a job into the queue; the future is done when the job's steps are.

        Raises:
            ModelError: too many wait already.
        """
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # it ends when the work does, cancelled or not
        with self._lock:
            if len(self._waiting) >= QUEUE:
                raise ModelError(FULL.format(count=QUEUE, name=self.engine.path.name))
            self._waiting.append((job, done))
            if not self._running:
                self._running = True
                self.worker.submit(self._run)
        return done

    def close(self) -> None:
        """End all work and the thread."""
        with self._lock:
            for job, _ in self._waiting:
                job.cancel.set()
            for active in list(self.active):
                active.job.cancel.set()
        self.worker.shutdown(wait=True)

    # ---------------------------------------------------------------- the turns

    def _run(self) -> None:
        """Turn until there is nothing to do."""
        try:
            while self._turn():
                pass
        except BaseException as error:  # whoever waits must not wait for ever
            with self._lock:
                self._running = False
                left = [done for _, done in self._waiting]
                self._waiting.clear()
            for active in list(self.active):
                self._finish(active, error)
            for done in left:
                done.set_exception(error)
            raise

    def _turn(self) -> bool:
        """Compute one pass; return whether there is more to do."""
        for active in [a for a in self.active if a.job.cancel.is_set()]:
            self._finish(active)
        self._admit()
        pieces = self._compose()
        if pieces:
            self._compute(pieces)
        with self._lock:
            self._running = bool(self.active or self._waiting)
            return self._running

    def _admit(self) -> None:
        """Let waiting jobs begin, in order, as far as there is room for them."""
        with self._lock:
            waiting = list(self._waiting)
        for entry in waiting:
            job, done = entry
            try:
                began = job.cancel.is_set() or self._begin(job, done)
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this job
                done.set_exception(error)
                began = True
            if began is None:
                continue
            if not began:
                return
            with self._lock:
                self._waiting.remove(entry)
            self._prepared.discard(id(job))
            if job.cancel.is_set() and not done.done():
                done.set_result(None)

    def _begin(self, job: Job, done: "Future[None]") -> bool | None:
        """Begin a job; False: there is no room yet; None: another one reads its head now."""
        if id(job) not in self._prepared:
            job.prepare()
            self._prepared.add(id(job))
        if self._is_being_read(job.prompt):
            return None
        reading = self.engine.place(job.prompt, job.room, job.width)
        if reading is None:
            return False
        try:
            self.active.append(Active(job, done, reading))
        except BaseException:
            self.engine.release(reading)
            raise
        return True

    def _is_being_read(self, prompt: list[int]) -> bool:
        """Return whether a job that reads now will hold much more of `prompt` than it does."""
        for active in self.active:
            if active.reads:
                held = len(self.engine.sequences.tokens.get(active.reading.sequence, []))
                shared = common_prefix(active.job.prompt, prompt)
                if min(shared, len(prompt) - 1) > held + WORTH_RESTORING:
                    return True
        return False

    def _compose(self) -> list[tuple[Active, Row, Span]]:
        """Return what one pass computes: all who write, and pieces of what is read."""
        spans = list(self._open_spans())
        self.active = self.active[1:] + self.active[:1]  # each is first in its turn
        writing = [one for one in spans if not one[0].reads and one[2].left <= MOST_FORCED]
        reading = [one for one in spans if one[0].reads or one[2].left > MOST_FORCED]
        share = max((PIECE if writing else BATCH) // max(len(reading), 1), 16)
        pieces: list[tuple[Active, Row, Span]] = []
        room, scored = BATCH, MOST_SCORED
        for most, some in ((MOST_FORCED, writing), (share, reading)):
            for active, sequence, span in some:
                size = min(span.left, room, most, scored if span.scored else room)
                if size > 0:
                    room -= size
                    scored -= size if span.scored else 0
                    pieces.append((active, self._row(sequence, span, size), span))
        return pieces

    @staticmethod
    def _row(sequence: int, span: Span, size: int) -> Row:
        wanted = "last" if size == span.left else "none"
        tokens = span.tokens[span.done : span.done + size]
        return Row(sequence, tokens, "every" if span.scored else wanted)

    def _open_spans(self) -> Iterator[tuple[Active, int, Span]]:
        for active in self.active:
            for sequence, span in active.spans.items():
                if span.left:
                    yield active, sequence, span

    def _compute(self, pieces: list[tuple[Active, Row, Span]]) -> None:
        """Compute one pass and let each job go on with what it asked for."""
        concerned = list(dict.fromkeys(active for active, _, _ in pieces))
        try:
            self.engine.decode([row for _, row, _ in pieces])
        except ModelError as error:
            for active in concerned:
                self._finish(active, error)
            return
        at = 0
        for _, row, span in pieces:
            self._note(row, span, at)
            at += len(row.tokens)
        for active in concerned:
            if not active.ready:
                continue
            if active.reads:
                self.engine.bookmark(active.reading.sequence)
                active.reads = False
            try:
                more = active.advance()
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this job
                self._finish(active, error)
                continue
            if not more:
                self._finish(active)

    def _note(self, row: Row, span: Span, at: int) -> None:
        """Keep in `span` what the pass found for it; its row begins at `at`."""
        if span.scored:
            for offset in range(len(row.tokens)):
                following = span.done + offset + 1
                if following < len(span.tokens):
                    token = span.tokens[following]
                    span.scores.append(self.engine.log_probability(at + offset, token))
        span.done += len(row.tokens)
        if not span.left:
            span.logits = self.engine.logits(at + len(row.tokens) - 1)

    def _finish(self, active: Active, error: BaseException | None = None) -> None:
        self.active.remove(active)
        active.steps.close()
        self.engine.release(active.reading)
        if error is None:
            active.done.set_result(None)
        else:
            active.done.set_exception(error)
