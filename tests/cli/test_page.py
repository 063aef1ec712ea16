"""The file that `cogitate page` writes, and what stands in it."""

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cogitate.agents.roleplay.scene import Scene, Talk
from cogitate.agents.roleplay.transcript import write_talk, write_transcript
from cogitate.agents.roleplay.values import Cost, Counts, Message, Play, Role
from cogitate.agents.town import Town
from cogitate.cli.main import run_command_line
from cogitate.cli.pages.finding import found
from cogitate.cli.pages.html import SCRIPTS, as_data, page_html
from cogitate.cli.pages.roleplay import roleplay_page
from cogitate.cli.pages.town import town_page
from cogitate.errors import SetupError
from cogitate.runs.store import RunStore
from cogitate.values import Result
from tests.browser.sample import EVIL, roleplay, town

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "cogitate" / "cli" / "pages" / "static"
ARENA = "Café > room"
TOWN = """
[town]
name = "Twin"
language = "en"
date = 2026-03-02

[[sectors]]
name = "Café"
arenas = [ { name = "room", objects = ["stove"], opens = "08:00", closes = "21:00" } ]

[[people]]
id = "ann"
name = "Ann"
age = 30
traits = "calm"
about = "Ann cooks."
home = "Café > room"

[[people]]
id = "bob"
name = "Bob"
age = 40
traits = "loud"
about = "Bob eats."
home = "Café > room"

[[news]]
id = "soup"
who = ["ann"]
text = "There is soup."
words = [["soup"]]
"""


def script_of(html: str) -> str:
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)[0]


def data_of(html: str) -> Any:
    return json.loads(re.findall(r'id="data">(.*?)</script>', html, re.DOTALL)[0])


# ------------------------------------------------------------------------------------ the file


@pytest.mark.parametrize("make", [town, roleplay])
def test_the_file_reaches_nowhere(make: Any) -> None:
    html = page_html(make())
    addresses = set(re.findall(r"https?://[^\s\"'`<>]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}, "a namespace is a name, not an address"
    assert re.findall(r"(?:src|href)=\"?([^\"\s>]+)", html) == ["data:,"]
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|import)\b\s*\(", html)


def test_the_policy_names_exactly_the_style_and_the_script_of_the_file() -> None:
    html = page_html(town())
    policy = unescape(re.findall(r'Content-Security-Policy" content="([^"]+)"', html)[0])
    style = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)[0]
    for name, text in (("style", style), ("script", script_of(html))):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_no_text_of_the_data_can_end_its_element() -> None:
    html = page_html(town(evil=EVIL))
    assert html.count("</script>") == 2
    assert html.count("<img") == 0
    assert EVIL in data_of(html)["people"][1]["name"]
    title = "</title><script>1</script>"
    named = page_html({**town(), "title": title})
    assert named.count("</script>") == 2
    assert data_of(named)["title"] == title


def test_data_is_the_same_when_it_is_read_again() -> None:
    text = "<b>&amp;</b> \u2028 \u2029 😀 @DATA@ \\u003c 河"
    assert json.loads(as_data({"a": text}))["a"] == text
    assert as_data("\ud800").encode() == b'"\\ud800"'


def test_the_placeholders_of_the_template_in_the_data_stay_text() -> None:
    html = page_html({**roleplay(), "summary": "@SCRIPT@ @TITLE@"})
    assert data_of(html)["summary"] == "@SCRIPT@ @TITLE@"


def test_the_scripts_make_no_markup_of_text() -> None:
    assert {path.name for path in STATIC.glob("*.js")} == set(SCRIPTS)
    for path in STATIC.glob("*.js"):
        code = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b", code)
        assert len(code.splitlines()) <= 300


def test_each_word_of_the_page_has_both_languages() -> None:
    text = (STATIC / "words.js").read_text(encoding="utf-8")
    english, chinese = (
        re.findall(r'"?([\w-]+)"?: "', part) for part in text.split("  zh: {", maxsplit=1)
    )
    assert english == chinese
    assert len(english) == len(set(english))


# ------------------------------------------------------------------------------------- the town


def memory(name: str, kind: str = "observation", **more: Any) -> dict[str, Any]:
    plain = {"id": name, "kind": kind, "text": f"about {name}", "importance": 4.0, "depth": 0}
    return {**plain, "evidence": [], "created": "2026-03-02T08:00", **more}


def tick(time: str, *, bob: str = "eating", stove: str = "") -> dict[str, Any]:
    ann = {"place": ARENA, "activity": "cooking", "object": f"{ARENA} > stove" if stove else "",
           "asleep": False, "busy": False}  # fmt: skip
    people = {"ann": ann, "bob": {**ann, "activity": bob, "object": "", "asleep": bob == "asleep"}}
    objects = {f"{ARENA} > stove": stove} if stove else {}
    return {"time": time, "kind": "tick", "people": people, "objects": objects}


def written(folder: Path, *more: dict[str, Any]) -> Path:
    """Write a town's folder by hand, as the log's format has it."""
    head = {
        "time": "2026-03-02T08:00", "kind": "town", "version": 1, "name": "Twin", "language": "en",
        "seed": 3, "model": "none", "constants": {},
        "people": [
            {"id": who, "name": who.title(), "age": 30, "traits": "calm", "about": "Works.",
             "now": "", "home": ARENA, "wake": "07:00", "bed": "23:00", "knows": knows}
            for who, knows in (("ann", {"bob": "a guest", "old": "gone"}), ("bob", {}))
        ],
        "places": [{"path": ARENA, "sector": "Café", "arena": "room", "objects": ["stove"],
                    "open": "08:00-21:00", "owner": ""}],
        "news": [{"id": "soup", "text": "There is soup.", "who": ["ann"]}],
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "town.json").write_text(json.dumps({"source": TOWN, "people": None}))
    lines = "".join(json.dumps({"n": n, **line}) + "\n" for n, line in enumerate((head, *more), 1))
    (folder / "town.jsonl").write_text(lines, encoding="utf-8")
    return folder


def lived(folder: Path) -> Path:
    first, second = "2026-03-02T08:00", "2026-03-02T08:10"
    block = {"start": "08:00", "end": "24:00", "what": "cooking", "place": ARENA,
             "commitment": "soup", "rest": False}  # fmt: skip
    hit = {"memory": "ann-1", "text": "", "score": 1.5, "relevance": 0.5, "importance": 0.25,
           "recency": 0.75, "weights": {}}  # fmt: skip
    return written(
        folder,
        {"time": first, "kind": "planned", "who": "ann", "day": 1, "items": [],
         "blocks": [block], "hours": []},
        {"time": first, "kind": "remembered", "who": "ann",
         "memory": memory("ann-1", importance=None)},
        {"time": first, "kind": "rated", "who": "ann", "memory": "ann-1", "importance": 6.0},
        tick(first, stove="soup is boiling"),
        {"time": second, "kind": "retrieved", "who": "ann", "purpose": "talk", "query": "Bob",
         "hits": [hit, {**hit, "memory": "ann-77"}]},
        {"time": second, "kind": "talked", "id": "t1", "between": ["ann", "bob"], "place": ARENA,
         "aims": {"ann": "Ann wants company."},
         "turns": [{"who": "ann", "say": "There is soup!"}], "until": second},
        {"time": second, "kind": "reflected", "who": "ann",
         "insights": [memory("ann-2", "reflection", evidence=["ann-1", "ann-99"], depth=1)]},
        {"time": second, "kind": "of another time", "who": "ann"},
        tick(second, bob="asleep"),
    )  # fmt: skip


def test_the_log_of_a_town_becomes_what_the_page_looks_up(tmp_path: Path) -> None:
    page = town_page(lived(tmp_path / "t"))
    assert page["times"] == ["2026-03-02T08:00", "2026-03-02T08:10"]
    assert [place["name"] for place in page["places"]] == ["Twin", "Café", "room", "stove"]
    assert [place["parent"] for place in page["places"]] == [-1, 0, 1, 2]
    assert page["moves"] == [
        (0, 0, 2, "cooking", False),
        (0, 1, 2, "eating", False),
        (1, 1, 2, "asleep", True),
    ]
    assert page["states"] == [(0, 3, "soup is boiling", 0), (1, 3, "", -1)]
    assert page["talks"] == [
        {
            "t": 1,
            "place": 2,
            "who": [0, 1],
            "lines": [(0, "There is soup!")],
            "note": "Ann wants company.",
        }
    ]
    assert [m["importance"] for m in page["memories"]] == [6.0, 4.0]
    assert page["memories"][1]["evidence"] == [0, -1]
    assert page["recalls"][0]["hits"] == [(0, 0.75, 0.25, 0.5)]
    assert page["plans"][0]["items"][0]["promised"] is True
    assert page["news"] == [{"text": "There is soup.", "knows": [(-1, 0, -1), (1, 1, 0)]}]
    assert page["bonds"] == [(-1, 0, 1), (1, 0, 1)]
    assert dict(page["measures"])["talks"] == 1


def test_what_interviews_brought_is_on_the_page(tmp_path: Path) -> None:
    folder = lived(tmp_path / "t")
    row = {"time": "", "who": "bob", "question": "Soup?", "mask": "none", "answer": "No."}
    (folder / "interviews.jsonl").write_text(json.dumps(row) + '\n{"who": "torn')
    counts = {"total": {"read": 10, "reused": 20, "written": 30, "calls": 4}}
    (folder / "counts.jsonl").write_text(f"{json.dumps(counts)}\n" * 2)
    table = {"full": {"mu": 29.0, "sigma": 0.7}, "none": {"mu": 21.0, "sigma": 0.7}}
    (folder / "metrics.json").write_text(json.dumps({"hallucination": 0.25, "ablation": table}))
    page = town_page(folder)
    assert page["people"][1]["interviews"] == [
        {"mask": "none", "question": "Soup?", "answer": "No."}
    ]
    measures = dict(page["measures"])
    assert (measures["model_calls"], measures["tokens_reused"]) == (8, 40)
    assert measures["hallucination"] == "25%"
    assert page["tables"][-1]["rows"][0] == ["mask_full", 29.0, 0.7]


async def test_a_town_that_really_ran_becomes_a_page(tmp_path: Path) -> None:
    from tests.agents.town.conftest import Brain

    folder = tmp_path / "town"
    living = Town.load(ROOT / "examples/towns/millbrook.toml", model=Brain(), folder=folder)
    await living.arun(until="08:10")
    page = town_page(folder)
    assert page["title"] == "Millbrook"
    assert page["times"][0].endswith("T06:00") and page["times"][-1].endswith("T08:00")
    assert {move[1] for move in page["moves"]} == set(range(5))
    assert all(move[2] > 0 for move in page["moves"])
    assert len(page["memories"]) > 5 and len(page["plans"]) >= 5
    assert data_of(page_html(page)) == json.loads(json.dumps(page))
    assert found("last")[0] == folder  # the run of a town shows the town


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no log of a town that has begun"),
        ('{"kind": "town", "version": 9}\n', "version 9"),
        ("{broken}\n", "no log of a town"),
        ('{"kind": "tick"}\n', "no log of a town"),
    ],
)
def test_a_log_that_cannot_be_shown_is_an_error_that_says_why(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "town.jsonl").write_text(text)
    with pytest.raises(SetupError, match=told):
        town_page(tmp_path)


def test_a_town_before_its_first_tick_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="run the town for a while first"):
        town_page(written(tmp_path / "t"))


# --------------------------------------------------------------------------------- the role-play


def play(folder: Path, **more: Any) -> Path:
    """Write the transcript of a role-play as a role-play writes it."""
    clerk, coder = Role(name="Clerk"), Role(name="Coder", traits=("brief",))
    solution = Message(turn=1, seat="assistant", speaker="Coder", status="solution",
                       text="SOLUTION: It is 4.\nOutput of python:\n4", tool="python",
                       code="print(2 + 2)", output="4", ok=True)  # fmt: skip
    values: dict[str, Any] = {
        "result": Result(run_id="r", answer="4", stopped="answered"),
        "idea": "sums",
        "task": "Add 2 and 2.",
        "assistant": coder,
        "user": clerk,
        "termination": "done",
        "why": "the user said that it is done",
        "turns": 2,
        "messages": (
            Message(turn=1, seat="user", speaker="Clerk", text="INSTRUCTION: Add.\nINPUT: 2, 2",
                    instruction="Add.", input="2, 2"),
            solution,
            Message(turn=2, seat="user", speaker="Clerk", text="<CAMEL_TASK_DONE>"),
        ),
        "memo": ({"instruction": "Add.", "outcome": "done", "text": "It is 4."},),
        "counts": Counts(flips=1),
        "summary": "4",
        "costs": {"user": Cost(read=1, reused=2, written=3, calls=4)},
        "models": {"model": "large", "user": "small"},
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    write_transcript(Play(**{**values, **more}), folder)
    return folder / "transcript.json"


def test_a_transcript_becomes_columns_with_what_was_done(tmp_path: Path) -> None:
    page = roleplay_page(play(tmp_path))
    assert [(r["name"], r["seat"]) for r in page["roles"]] == [
        ("Clerk", "user"),
        ("Coder", "assistant"),
    ]
    assert [r["model"] for r in page["roles"]] == ["small", "large"]
    assert [m["role"] for m in page["messages"]] == [0, 1, 0]
    assert [m["status"] for m in page["messages"]] == ["instruct", "solution", "done"]
    answer = page["messages"][1]
    assert answer["text"] == "It is 4.", "the page shows label and output beside the words"
    assert answer["tools"][0]["output"] == "4"
    assert page["memo"][0]["after"] == 1
    assert page["ending"]["rule"] == "done" and page["ending"]["solved"] is True
    assert page["counts"] == [("turns", 2), ("flips", 1)]
    assert page["tables"][0]["rows"] == [["user", 1, 2, 3, 4]]


def test_two_roles_of_one_name_keep_their_columns(tmp_path: Path) -> None:
    same = Role(name="Ann")
    messages = tuple(
        Message(turn=1, seat=seat, speaker="Ann", text="hm") for seat in ("user", "assistant")
    )
    path = play(tmp_path, user=same, assistant=same, messages=messages, memo=())
    assert [m["role"] for m in roleplay_page(path)["messages"]] == [0, 1]


def test_a_role_play_that_was_stopped_says_by_what(tmp_path: Path) -> None:
    result = Result(run_id="r", answer="", stopped="deadline")
    ending = roleplay_page(play(tmp_path, termination=None, result=result))["ending"]
    assert (ending["rule"], ending["stopped"], ending["solved"]) == ("", "deadline", False)


def test_a_chinese_task_makes_a_chinese_page(tmp_path: Path) -> None:
    assert roleplay_page(play(tmp_path, task="把 2 和 2 加起来。"))["language"] == "zh"


def test_a_scene_of_several_roles_has_a_column_for_each(tmp_path: Path) -> None:
    roles = tuple(Role(name=name, persona=f"{name} argues.") for name in ("A", "B", "C"))
    said = tuple(
        Message(turn=n, seat="user", speaker=name, text=f"I am {name}.")
        for n, name in enumerate("ABCA", 1)
    )
    talk = Talk(
        result=Result(run_id="r", answer="", stopped="answered"),
        scene=Scene(topic="Cats or dogs?", roles=roles, order="moderator"),
        termination="max_turns",
        why="all messages were used",
        messages=said,
        summary="Both.",
    )
    write_talk(talk, tmp_path)
    page = roleplay_page(tmp_path / "transcript.json")
    assert [m["role"] for m in page["messages"]] == [0, 1, 2, 0]
    assert page["ending"]["solved"] is None
    assert page["title"] == "Cats or dogs?" and page["summary"] == "Both."


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"messages": 3}', "3"])
def test_what_is_no_transcript_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "transcript.json").write_text(text)
    with pytest.raises(SetupError, match="no transcript of a role-play"):
        roleplay_page(tmp_path / "transcript.json")


# ----------------------------------------------------------------------------------- the command


def test_page_writes_into_the_folder_and_prints_where(tmp_path: Path, capsys: Any) -> None:
    folder = lived(tmp_path / "t")
    assert run_command_line(["page", str(folder)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == folder / "page.html"
    assert data_of(path.read_text(encoding="utf-8"))["title"] == "Twin"


def test_page_finds_a_run_by_its_id_and_writes_where_it_is_told(
    tmp_path: Path, capsys: Any
) -> None:
    with RunStore().create("20260101-000000-aaaa") as run:
        play(run.workspace)
    out = tmp_path / "out.html"
    assert run_command_line(["page", "last", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert data_of(out.read_text(encoding="utf-8"))["kind"] == "roleplay"


def test_a_transcript_may_be_named_itself(tmp_path: Path) -> None:
    path = play(tmp_path)
    assert found(str(path))[0] == tmp_path


def test_a_folder_with_nothing_to_show_is_a_usage_error(tmp_path: Path, capsys: Any) -> None:
    assert run_command_line(["page", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "neither a town" in error and "cogitate town run" in error


def test_an_unknown_name_is_a_usage_error(capsys: Any) -> None:
    assert run_command_line(["page", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path: Path, capsys: Any) -> None:
    folder = lived(tmp_path / "t")
    assert run_command_line(["page", str(folder), "--out", str(tmp_path / "no" / "x.html")]) == 2
    assert "--out" in capsys.readouterr().err
