"""Pages of made-up data, for tests and for looking at: a town of any size, and a role-play.

`python -m tests.browser.sample DIR` writes them as HTML files.
"""

import random
import sys
from pathlib import Path
from typing import Any

from cogitate.cli.pages.html import page_html

EVIL = (
    "</script><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
)
TICKS = 108
HOMES = ["bed", "table", "stove"]
SECTORS = [
    ("Cobble Café", [("Counter", ["till", "coffee machine"], "07:00-21:00"), ("Terrace", [], "")]),
    ("Library", [("Reading room", ["shelf", "lamp", "globe"], "09:00-18:00")]),
    ("Market Square", [("Fountain", ["bench"], ""), ("Stalls", ["scales"], "08:00-14:00")]),
    ("Workshop", [("Bench hall", ["lathe", "vice"], "08:00-17:00"), ("Store", ["rack"], "")]),
    ("Town Hall", [("Office", ["desk", "notice board"], "09:00-16:00")]),
]
NAMES = [
    "Isabella Reyes", "Tom Okafor", "Mei Lin", "Viktor Hale", "Ana Souza", "Klaus Brandt",
    "Yuki Mori", "Omar Haddad", "Greta Lund", "Paolo Ricci", "Sana Iqbal", "Jon Ek", "Rosa Diaz",
    "Lena Wolf", "Amir Nasser", "Kofi Mensah", "Ida Berg", "Hugo Petit", "Noor Aziz", "Max Stein",
    "Eva Novak", "Li Na", "Ben Cole", "Zoe Park", "Tariq Khan",
]  # fmt: skip
CHINESE = ["李明", "王小雨", "张伟", "陈思远", "刘芳"]
DOINGS = [
    "making coffee for the early guests", "reading the newspaper", "repairing a bicycle wheel",
    "writing the notice for the evening", "buying pears and bread", "sorting returned books",
    "having lunch on the terrace", "sweeping the floor", "thinking about the dinner",
]  # fmt: skip


def clock(tick: int) -> str:
    minutes = 360 + 10 * tick
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def town(people: int = 5, memories: int = 400, *, language: str = "en", evil: str = "") -> Any:
    """Return a town's day that is made of dice, as the page wants it."""
    dice = random.Random(7)
    names = [*(CHINESE if language == "zh" else []), *NAMES][:people]
    if evil:
        names[1] = f"Eve {evil}"
    places, arenas, objects = _places(names)
    moves, states = _moves(dice, people, arenas, objects)
    talks = _talks(dice, people, arenas, evil)
    kept = _memories(dice, people, memories, names, evil)
    knows = [(-1, 0, -1), *((12 + 9 * n, n + 1, n // 2) for n in range(people - 1))]
    return {
        "kind": "town",
        "language": language,
        "title": "Hartwell, a day in March" if language == "en" else "河口镇的一天",
        "about": [["date", "2026-03-02"], ["persons", people], ["model", "qwen2.5-1.5b"]],
        "times": [f"2026-03-02T{clock(tick)}" for tick in range(TICKS)],
        "places": places,
        "people": [_person(name, evil) for name in names],
        "moves": moves,
        "states": states,
        "talks": talks,
        "memories": kept,
        "recalls": _recalls(dice, kept, people),
        "plans": [_plan(who, t) for t in (0, 40) for who in range(people)],
        "news": [{"text": "Isabella gives a dinner at 18:00 at the café.", "knows": knows}],
        "bonds": [
            *((-1, a, a + 1) for a in range(people - 1) if a % 2 == 0),
            *((talk["t"], *talk["who"]) for talk in talks),
        ],
        "measures": [["model_calls", 402], ["tokens_read", 81230], ["tokens_reused", 388120]],
        "tables": [
            {
                "title": "interviews",
                "head": ["condition", "μ", "σ"],
                "rows": [["mask_full", 29.9, 0.7], ["mask_none", 21.2, 0.7]],
            }
        ],
    }


def _person(name: str, evil: str) -> dict[str, Any]:
    return {
        "name": name,
        "about": f"34, warm and curious. Keeps the café at the square and knows everybody. {evil}",
        "interviews": [
            {"mask": mask, "question": "What will happen at six?", "answer": answer}
            for mask, answer in (
                ("full", "A dinner at the café; I am bringing pears."),
                ("none", f"I do not know. {evil}"),
            )
        ],
    }


def _places(names: list[str]) -> tuple[list[dict[str, Any]], list[int], list[int]]:
    places: list[dict[str, Any]] = [{"name": "Hartwell", "level": 0, "parent": -1}]
    arenas, objects = [], []
    homes = [(f"{name.split()[0]}'s house", [("Room", HOMES, "")]) for name in names]
    for sector, rooms in [*SECTORS, *homes]:
        places.append({"name": sector, "level": 1, "parent": 0})
        above = len(places) - 1
        for room, things, hours in rooms:
            places.append({"name": room, "level": 2, "parent": above, "hours": hours})
            arenas.append(len(places) - 1)
            for thing in things:
                places.append({"name": thing, "level": 3, "parent": arenas[-1]})
                objects.append(len(places) - 1)
    return places, arenas, objects


def _moves(dice: random.Random, people: int, arenas: list[int], objects: list[int]) -> Any:
    moves: list[Any] = []
    states: list[Any] = []
    public = arenas[:-people]
    for tick in range(TICKS):
        for who in range(people):
            home = arenas[-people + who]
            if tick in (0, TICKS - 8):
                moves.append((tick, who, home, "sleeping", True))
            elif tick > 5 and tick < TICKS - 8 and dice.random() < 0.12:
                moves.append((tick, who, dice.choice(public), dice.choice(DOINGS), False))
        if tick % 3 == 0:
            thing = dice.choice(objects)
            states.append((tick, thing, "in use", 0))
            states.append((min(tick + 2, TICKS - 1), thing, "", -1))
    states.sort(key=lambda row: row[0])
    return moves, states


def _talks(dice: random.Random, people: int, arenas: list[int], evil: str) -> list[dict[str, Any]]:
    talks = []
    for tick in range(14, TICKS - 12, 4):
        one, other = dice.sample(range(people), 2)
        lines = [
            (one, "Good morning! Have you heard about the dinner tonight?"),
            (other, "No. Where is it, and at what time should I come?"),
            (one, f"At the café, at six. Bring something sweet if you can. {evil}"),
            (other, "I will bring pears from the market, then. See you at six!"),
        ]
        place = dice.choice(arenas[:-people])
        talks.append({"t": tick, "place": place, "who": [one, other], "lines": lines})
    return talks


def _memories(
    dice: random.Random, people: int, count: int, names: list[str], evil: str
) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    latest: list[list[int]] = [[] for _ in names]
    for number in range(count):
        who, t = number % people, number * TICKS // count
        own = latest[who][-40:]
        latest[who].append(number)
        if number % 37 == 36 and len(own) > 6:
            text = f"{names[who].split()[0]} cares more for guests than for money."
            kind, evidence = "reflection", sorted(dice.sample(own, 4))
        else:
            text = f"{dice.choice(names)} is {dice.choice(DOINGS)} ({number})"
            kind, evidence = "observation", []
        if number == 5:
            text = f"Somebody wrote {evil or 'nothing'} on the notice board."
        kept.append(
            {
                "who": who,
                "t": t,
                "kind": kind,
                "text": text,
                "importance": dice.randint(1, 10),
                "evidence": evidence,
            }
        )
    return kept


def _recalls(dice: random.Random, kept: list[dict[str, Any]], people: int) -> list[dict[str, Any]]:
    own: dict[int, list[int]] = {}
    recalls = []
    by_time: dict[int, list[int]] = {}
    for at, memory in enumerate(kept):
        by_time.setdefault(memory["t"], []).append(at)
    for tick in range(TICKS):
        for at in by_time.get(tick, []):
            own.setdefault(kept[at]["who"], []).append(at)
        for who in range(people):
            known = own.get(who, [])
            if len(known) < 4 or dice.random() > 0.25:
                continue
            hits = [
                (at, round(dice.random(), 3), round(kept[at]["importance"] / 10, 3), 0.5)
                for at in dice.sample(known, 4)
            ]
            recalls.append(
                {"who": who, "t": tick, "purpose": "react", "query": "the dinner", "hits": hits}
            )
    return recalls


def _plan(who: int, t: int) -> dict[str, Any]:
    starts = ["06:00", "07:00", "09:00", "12:30", "15:00", "18:00", "20:00", "22:30"]
    ends = [*starts[1:], "24:00"]
    whats = ["sleeping", "breakfast", "work at the café", "lunch", "reading", "dinner at the café"]
    whats += ["walk along the river", "sleeping"]
    items = [
        {"start": start, "end": end, "what": what, "promised": what.startswith("dinner")}
        for start, end, what in zip(starts, ends, whats, strict=True)
    ]
    return {"who": who, "t": t, "items": items}


def roleplay(turns: int = 4, *, roles: int = 2, evil: str = "") -> Any:
    """Return a role-play, as the page wants it."""
    names = ["Data Clerk", "Python Programmer", "Moderator"][:roles]
    messages: list[dict[str, Any]] = []
    for turn in range(1, turns + 1):
        told = f"Compute the mean of the rows {100 * turn} to {100 * turn + 99}."
        messages.append(
            {"turn": turn, "role": 0, "seat": "user", "text": told, "instruction": told,
             "input": "rank,solved,mean\n901,0.9,7.4\n902,0.8,9.1", "status": "instruct"}
        )  # fmt: skip
        messages.append(
            {"turn": turn, "role": turn % (roles - 1) + 1, "seat": "assistant",
             "text": f"The mean is {7.25 * turn}. {evil}", "status": "solution",
             "tools": [{"name": "python", "code": f"print({7.25} * {turn})  # {evil}",
                        "output": f"{7.25 * turn}\n{evil}", "ok": turn != 2}]}
        )  # fmt: skip
    return {
        "kind": "roleplay",
        "language": "en",
        "title": f"Work out how hard the puzzles of a table are. {evil}",
        "about": [["idea", "statistics about puzzle difficulty"], ["model", "qwen2.5-1.5b"]],
        "roles": [
            {"name": name, "seat": seat, "about": "", "model": "qwen2.5-1.5b"}
            for name, seat in zip(names, ["user", "assistant", "assistant"], strict=False)
        ],
        "plan": ["Read the table.", "Compute the means.", "Draw a conclusion."],
        "open": ["Draw a conclusion."],
        "messages": messages,
        "memo": [
            {"after": 2 * turn - 1, "instruction": f"Compute the mean {turn}.",
             "outcome": "cannot" if turn == 2 else "done", "text": f"The mean is {7.25 * turn}."}
            for turn in range(1, turns + 1)
        ],
        "ending": {"rule": "done", "stopped": "answered", "why": "the user said that it is done",
                   "solved": True},
        "summary": "The later puzzles take longer: 7.25 s, then 14.5 s, then 21.75 s.",
        "counts": [["turns", turns], ["flips", 0], ["reminders", 1]],
        "tables": [
            {"title": "tokens", "head": ["role", "read", "reused", "written", "calls"],
             "rows": [["user", 2310, 18220, 410, 4], ["assistant", 3120, 21870, 830, 9]]}
        ],
        "heads": [["user", "You play Data Clerk."], ["assistant", "You play Python Programmer."]],
    }  # fmt: skip


def main(folder: Path) -> None:
    """Write every sample into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = {
        "town": town(),
        "town_zh": town(language="zh"),
        "town_large": town(25, 20_000),
        "town_evil": town(evil=EVIL),
        "roleplay": roleplay(),
        "roleplay_three": roleplay(5, roles=3),
    }
    for name, data in samples.items():
        path = folder / f"{name}.html"
        path.write_text(page_html(data), encoding="utf-8")
        print(path, path.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
