"""The tables and programs of `corpus.py`: the same rows and settings in each, with other values."""

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.corpus_text import Question, line_of

DEPOTS = {
    "en": "Marlow, Norbury, Oldcastle, Pinewood, Quarry Lane, Rushden, Stanmore, Tilbury, Upton, "
    "Walford, Yelverton, Zeal".split(", "),
    "zh": ["城东", "城西", "江北", "江南", "新港", "老街", "北山", "南湖"],
}
PARTS = {
    "en": "gasket, shear pin, drive belt, check valve, hose clamp, bearing, float switch, "
    "grease nipple, impeller, fuse link, pressure gauge, wing nut, coupling, split pin".split(", "),
    "zh": (
        "垫片 销钉 皮带 止回阀 卡箍 轴承 浮球 油嘴 叶轮 保险丝 压力表 蝶形螺母 联轴器 开口销"
    ).split(),
}
COLUMNS = {
    "en": ("part", "bin", "in stock", "unit price", "reorder at"),
    "zh": ("品名", "货位", "库存", "单价", "补货线"),
}


def write_tables(files: Path, rng: random.Random) -> list[Question]:
    """Write 20 lists of spare parts: the same parts with other numbers in each."""
    found: list[Question] = []
    for language, depots in DEPOTS.items():
        for depot in depots:
            name = f"stock {depot}" if language == "en" else f"{depot}仓库库存"
            path = files / ("stock" if language == "en" else "库存") / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [_stock(part, rng) for part in PARTS[language]]
            rng.shuffle(rows)
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([COLUMNS[language], *rows])
            found += [
                _stock_question(language, depot, row, number, path.relative_to(files))
                for number, row in enumerate(rows, 2)
            ]
    return found


def _stock(part: str, rng: random.Random) -> list[str]:
    place = f"{rng.choice('ABCDEFGH')}{rng.randint(10, 99)}"
    price = f"{rng.uniform(0.2, 90):.2f}"
    return [part, place, str(rng.randint(1, 900)), price, str(rng.randint(1, 60))]


def _stock_question(
    language: str, depot: str, row: Sequence[str], line: int, file: Path
) -> Question:
    asked = (
        f"How many pieces of the {row[0]} are left in the {depot} store?"
        if language == "en"
        else f"{depot}的仓库里还剩几个{row[0]}？"
    )
    columns = COLUMNS[language]
    passage = "; ".join(f"{name}: {cell}" for name, cell in zip(columns, row, strict=True))
    return Question(
        id="",
        language=language,
        question=asked,
        answer=row[2],
        file=file.as_posix(),
        line=line,
        passage=passage,
    )


DEEDS = {
    "en": {
        "invoices": "send bills to the accounting partner",
        "thumbnails": "make small pictures of uploads",
        "reminders": "write to people who have not paid",
        "geocoding": "turn addresses into coordinates",
        "exports": "pack the data that a person asked for",
        "search": "bring new pages into the index",
        "payroll": "move wages to the bank",
        "weather": "fetch the forecast for the ferries",
        "backups": "copy the tables to the other site",
        "badges": "print the cards of visitors",
    },
    "zh": {
        "开票": "把账单发给代账公司",
        "缩略图": "给上传的照片做小图",
        "催缴": "给欠费的人发信",
        "定位": "把地址换成坐标",
        "归档": "把旧表打包移走",
    },
}
SETTINGS = {
    "en": (
        ("MAX_ATTEMPTS", "Tries before the job is given up.",
         "How often does the code meant to {d} try again before it stops?", (2, 19)),
        ("PAUSE_SECONDS", "Rest between two tries.",
         "How long does the program wait after a failure when it has to {d}?", (3, 240)),
        ("BATCH_ROWS", "Items handled in one go.",
         "What is the chunk size used to {d}?", (20, 900)),
    ),
    "zh": (
        ("MAX_ATTEMPTS", "放弃之前尝试的次数。", "{d}的程序失败几回就不再继续？", (2, 19)),
        ("PAUSE_SECONDS", "两次尝试之间休息的秒数。", "{d}时出错以后隔多久再来？", (3, 240)),
        ("BATCH_ROWS", "一次处理的条数。", "{d}的程序每一批有多大？", (20, 900)),
    ),
}  # fmt: skip
STAGES = ("collect", "send")


def write_code(files: Path, rng: random.Random) -> list[Question]:
    """Write 30 modules: for each deed one that collects and one that sends."""
    found: list[Question] = []
    for language, deeds in DEEDS.items():
        folder = files / ("jobs" if language == "en" else "任务")
        folder.mkdir(parents=True, exist_ok=True)
        for name, deed in deeds.items():
            for stage in STAGES:
                values = {key: rng.randint(*span) for key, _, _, span in SETTINGS[language]}
                path = folder / f"{name}_{stage}.py"
                path.write_text(_module(language, deed, stage, values), encoding="utf-8")
                if stage == "send":
                    found += _code_questions(path, files, language, deed, values)
    return found


def _module(language: str, deed: str, stage: str, values: Mapping[str, int]) -> str:
    if language == "en":
        doc = {
            "send": f"Job to {deed}: the part that does it.",
            "collect": f"What is needed to {deed} is gathered here, from the queue.",
        }
        hint = "Return the items that could not be handled."
    else:
        doc = {"send": f"任务：{deed}。", "collect": f"为“{deed}”准备数据，只读队列。"}
        hint = "返回没有处理成功的条目。"
    lines = [f'"""{doc[stage]}"""', "", "import time", "from collections.abc import Iterable", ""]
    for key, meaning, _, _ in SETTINGS[language]:
        own = key if stage == "send" else f"QUEUE_{key}"
        value = values[key] if stage == "send" else values[key] + 1
        lines += [f"{own} = {value}", f'"""{meaning}"""']
    verb = "deliver" if stage == "send" else "gather"
    prefix = "" if stage == "send" else "QUEUE_"
    lines += [
        "", "",
        f"def {verb}(items: Iterable[str]) -> list[str]:",
        f'    """{hint}"""',
        "    failed = []",
        "    for item in items:",
        f"        for _ in range({prefix}MAX_ATTEMPTS):",
        f"            if {verb}_one(item):",
        "                break",
        f"            time.sleep({prefix}PAUSE_SECONDS)",
        "        else:",
        "            failed.append(item)",
        "    return failed",
        "", "",
        f"def {verb}_one(item: str) -> bool:",
        f"    return len(item) % 7 != {values['MAX_ATTEMPTS'] % 7}",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _code_questions(
    path: Path, files: Path, language: str, deed: str, values: Mapping[str, int]
) -> list[Question]:
    return [
        Question(
            id="",
            language=language,
            question=asked.format(d=deed),
            answer=str(values[key]),
            file=path.relative_to(files).as_posix(),
            line=line_of(path, f"{key} = {values[key]}"),
            passage=f"{key} = {values[key]}",
        )
        for key, _, asked, _ in SETTINGS[language]
    ]
