import json

import pytest

from bench import memory, memory_recall
from cogitate.llm import ScriptedModel
from cogitate.llm.embed import load_embeddings

TURNS = [
    "Anna: I adopted a grey cat last week.",
    "Bert: What is its name?",
    "Anna: Pepper, because of the colour.",
    "Bert: I am going to Lisbon in May.",
    "Anna: My sister teaches physics there.",
]


@pytest.fixture
def data(tmp_path):
    """Write one small talk in each of the two forms."""
    turns = [
        {"id": f"D1:{n}", "time": f"2023-05-08T13:5{n}:00", "text": text}
        for n, text in enumerate(TURNS)
    ]
    questions = [
        {"question": "Where is Bert going in May?", "evidence": ["D1:3"]},
        {"question": "Which cat did Anna adopt?", "evidence": ["D1:0", "D9:9"]},
        {"question": "nobody knows", "evidence": []},
    ]
    talk = {"id": "one", "turns": turns, "qa": questions}
    (tmp_path / "locomo10.jsonl").write_text(json.dumps(talk) + "\n", "utf-8")
    memories = [
        {"idx": 0, "date": "2023-04-27", "user": "我喜欢喝绿茶。", "assistant": "绿茶很健康。"},
        {"idx": 1, "date": "2023-04-28", "user": "我去了厦门旅游。", "assistant": "厦门很美。"},
    ]
    asked = [
        {"question": "我去了哪里旅游？", "evidence": [1]},
        {"question": "没有标注", "evidence": None},
    ]
    line = json.dumps({"memories": memories, "questions": asked}, ensure_ascii=False)
    (tmp_path / "memorybank_cn.jsonl").write_text(line + "\n", "utf-8")
    return tmp_path


def test_all_named_figures_are_written(data, tmp_path, capsys):
    target = tmp_path / "figures.json"
    options = ["--data", str(data), "--embeddings", "hashed", "--sizes", "300"]
    memory.main([*options, "--json", str(target)])
    figures = json.loads(target.read_text())
    assert figures["locomo"]["questions"] == 2 and figures["chinese"]["questions"] == 1
    assert figures["locomo_recall_at_10"] == 1.0
    assert figures["locomo"]["bm25"]["mrr"] == 1.0 and figures["chinese_mrr"] == 1.0
    assert set(memory_recall.WAYS) < set(figures["locomo"])
    small = figures["speed"]["300"]
    assert 0 < small["p50_ms"] <= small["p95_ms"] and small["proven"] == 1.0 and small["gb"] > 0
    assert small["numpy"]["p50_ms"] > 0 and small["langchain_in_memory"]["p50_ms"] > 0
    assert "aim: at least 0.7" in capsys.readouterr().out


def test_without_data_it_says_so_and_goes_on(tmp_path, capsys):
    memory.main(["--data", str(tmp_path / "none"), "--embeddings", "hashed", "--skip", "speed"])
    out = capsys.readouterr().out
    assert "locomo: left out" in out and "chinese: left out" in out
    assert "plans that change and old facts: 168 questions" in out


async def test_reflections_are_drawn_as_a_talk_goes_on_and_counted(data):
    asked = {"questions": ["Who is Anna?", "Where is Bert?", "What is Pepper?"]}
    none = {"insights": []}
    said = {"insights": ["Anna loves her grey cat."]}
    first, second = [asked, said, {"choice": "yes"}, none, none], [asked, none, none, none]
    model = ScriptedModel(replies=[*first, *second])
    reflecting = memory_recall.Reflecting(model, threshold=8.0, together=3)
    embedder = load_embeddings("hashed")
    found = await memory_recall.measure(memory_recall.locomo(data), embedder, reflecting)
    model.assert_finished()
    counts = found["reflections"]
    assert (counts["turns"], counts["rounds"], counts["kept"]) == (5, 2, 1)
    assert set(found) >= {"default", "default+reflections"}
    # The second time is about what was said since, and what was concluded.
    assert "sister" in model.calls[5][-1].text


async def test_no_talk_is_begun_when_the_time_for_reflections_is_up(data):
    reflecting = memory_recall.Reflecting(ScriptedModel(replies=[]), minutes=0)
    reflecting.seconds = 1.0
    embedder = load_embeddings("hashed")
    found = await memory_recall.measure(memory_recall.locomo(data), embedder, reflecting)
    assert found["questions"] == 0 and found["default"] == {}


def test_recall_counts_the_share_of_evidence_and_the_first_rank():
    sums = memory_recall.Sums()
    sums.add([{"c"}, {"a"}, {"d"}, {"e"}, {"f"}, {"b"}], {"a", "b"})
    sums.add([{"x"}], {"y"})
    assert sums.means() == {
        "mrr": 0.25,
        "recall_at_5": 0.25,
        "recall_at_10": 0.5,
        "recall_at_25": 0.5,
    }


def test_kept_vectors_are_those_of_the_embedder_and_are_not_made_twice(tmp_path):
    base = load_embeddings("hashed").base
    first = memory_recall.KeptVectors(base, tmp_path / "v.npz")
    made = first.embed_documents(["one", "two"]), first.embed_query("one")
    first.save()

    class Never:
        name, dimension = base.name, base.dimension

    again = memory_recall.KeptVectors(Never(), tmp_path / "v.npz")
    assert (again.embed_documents(["two", "one"]) == made[0][::-1]).all()
    assert (again.embed_query("one") == made[1]).all()
