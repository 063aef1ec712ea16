"""The run that is going on: who sees it, what it opens, and that it closes it."""

import asyncio
import threading
import time

import pytest

from cogitate.runs.context import RunContext, current, running
from cogitate.runs.events import Noted


def context(tmp_path, **more):
    return RunContext(run_id="r", workspace=tmp_path, **more)


class Thing:
    def __init__(self, name, closed):
        self.name, self.closed = name, closed

    def close(self):
        self.closed.append(self.name)


def test_the_run_is_current_inside_and_not_after(tmp_path):
    made = context(tmp_path)
    before = current()
    with running(made) as given:
        assert given is made
        assert current() is made
    assert current() is before


def test_outside_of_a_run_there_is_a_bare_one_with_a_folder_that_exists():
    bare = current()
    assert bare.workspace.is_dir()
    assert bare.folder is None
    assert current() is bare
    bare.workspace.rmdir()


def test_things_are_opened_once_and_closed_in_reverse(tmp_path):
    closed = []
    with running(context(tmp_path)) as run:
        first = run.opened("a", lambda: Thing("a", closed))
        assert run.opened("a", lambda: Thing("other", closed)) is first
        run.opened("b", lambda: Thing("b", closed))
        run.opened("plain", lambda: 5)
        assert closed == []
    assert closed == ["b", "a"]


def test_things_are_closed_when_the_body_fails(tmp_path):
    closed = []
    with pytest.raises(ValueError, match="oh"), running(context(tmp_path)) as run:
        run.opened("a", lambda: Thing("a", closed))
        raise ValueError("oh")
    assert closed == ["a"]


def test_two_threads_open_one_thing(tmp_path):
    run, made, ready = context(tmp_path), [], threading.Barrier(4)

    def make():
        made.append(1)
        return object()

    def work():
        ready.wait(10)
        run.opened("a", make)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert made == [1]


def test_an_event_is_stamped_and_handed_on(tmp_path):
    heard = []
    before = time.time()
    context(tmp_path, listener=heard.append).emit(Noted(text="here"))
    assert [e.text for e in heard] == ["here"]
    assert before <= heard[0].at <= time.time()
    context(tmp_path).emit(Noted(text="nobody listens"))


def test_the_seconds_left_are_those_to_the_deadline(tmp_path):
    assert 9 < context(tmp_path, deadline=time.monotonic() + 10).seconds_left() <= 10
    assert context(tmp_path, deadline=time.monotonic() - 1).seconds_left() < 0
    assert context(tmp_path).seconds_left() == 30 * 86400


async def test_runs_of_two_tasks_do_not_see_each_other(tmp_path):
    inside, seen = asyncio.Barrier(2), {}

    async def work(name):
        with running(RunContext(run_id=name, workspace=tmp_path)):
            await inside.wait()
            seen[name] = current().run_id
            seen[name + " in a thread"] = (await asyncio.to_thread(current)).run_id

    await asyncio.gather(work("one"), work("two"))
    assert seen == {
        "one": "one",
        "one in a thread": "one",
        "two": "two",
        "two in a thread": "two",
    }


async def test_the_time_of_a_person_is_not_the_runs(tmp_path):
    events = []

    async def ask(question):
        await asyncio.sleep(0.05)  # a person takes this long
        return f"{question} yes"

    run = context(tmp_path, ask=ask, listener=events.append)
    run.deadline = before = time.monotonic() + 100
    assert await run.put("now?") == "now? yes"
    assert run.deadline - before >= 0.05
    assert [(e.question, e.reply) for e in events] == [("now?", "now? yes")]


async def test_where_nobody_is_there_is_no_reply(tmp_path):
    assert await context(tmp_path).put("now?") is None
