"""The benchmark of recency: what it tells and asks, on few plans."""

import json

from bench import memory_recency
from cogitate.llm.embed import load_embeddings
from cogitate.memory.scoring.score import Weights

HEAVY = Weights(relevance=1.0, importance=0.0, recency=5.0)


def test_a_plan_is_told_four_times_and_asked_after_each_change():
    told = memory_recency.story(threads=2)
    plans = [each for each in told.questions if each.part == "plans"]
    old = [each for each in told.questions if each.part == "old facts"]
    assert len(plans) == 2 * 2 * memory_recency.CHANGES and len(old) == 2 * 2
    created = {note.text: note.created for note in told.notes}
    for question in plans:
        newest, *older = created[question.wanted], *(created[each] for each in question.others)
        assert all(moment < newest for moment in older) and newest < question.time
    for question in old:
        assert all(created[question.wanted] < created[each] for each in question.others)


def test_it_is_the_same_story_each_time():
    assert memory_recency.story(3) == memory_recency.story(3)


async def test_recency_finds_the_newest_plan_and_loses_the_old_fact():
    ways = {"none": Weights(recency=0.0), "heavy": HEAVY}
    embedder = load_embeddings("hashed")
    found = await memory_recency.measure(embedder, memory_recency.story(threads=4), ways)
    assert found["heavy"]["plans"]["right_first"] == 1.0
    assert found["none"]["plans"]["right_first"] < 0.8
    assert found["heavy"]["old facts"]["right_first"] < found["none"]["old facts"]["right_first"]


async def test_what_was_recalled_is_as_recent_as_what_is_new():
    embedder = load_embeddings("hashed")
    told = memory_recency.story(threads=3)
    found = (await memory_recency.measure(embedder, told, {"heavy": HEAVY}))["heavy"]
    plain, before = found["plans"], found["plans, asked before"]
    assert before["right_first"] <= plain["right_first"] == 1.0


def test_sums_count_ranks_and_what_stands_before():
    sums = memory_recency.Sums()
    asked = memory_recency.Question(time=0.0, text="?", wanted="new", others=("old", "older"))
    sums.add(["old", "else", "new"], asked)
    sums.add(["new", "old"], asked)
    sums.add(["old"], asked)
    assert sums.means() == {"mrr": 0.4444, "right_first": 0.3333, "wrong_before": 0.3333}


def test_its_table_is_printed_and_written(tmp_path, capsys):
    target = tmp_path / "found.json"
    options = ["--embeddings", "hashed", "--threads", "2", "--json", str(target)]
    memory_recency.main(options)
    found = json.loads(target.read_text("utf-8"))
    assert set(found) == set(memory_recency.WAYS)
    assert "default" in capsys.readouterr().out
