"""Gates: whether a way can work at all, by one yes-or-no forward pass of the model each.

A small model that is asked to choose among six ways leans to one of them; asked about a single
way with two worked examples it is nearly always right. Measured on a 1.5B model, the tools gate
told goals for tools from all others without an error, in two languages.
"""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import choose
from cogitate.values import Around, Hit

TABLES_GATE_PROMPT = (
    "Do the columns of the tables hold what the question asks for? Answer yes or no."
)
TABLES_GATE_EXAMPLE = [
    HumanMessage("Tables: staff(name, city, age)\nQ: In which city do the most people live?"),
    AIMessage("yes"),
    HumanMessage("Tables: staff(name, city, age)\nQ: Who earns the most?"),
    AIMessage("no"),
    HumanMessage("Tables: 订单(客户, 日期, 金额)\nQ: 五月份一共卖了多少钱？"),
    AIMessage("yes"),
    HumanMessage("Tables: 订单(客户, 日期, 金额)\nQ: 仓库的门锁密码是多少？"),
    AIMessage("no"),
]

COMPUTE_GATE_PROMPT = (
    "Does the question itself give every number and date that its answer needs? Answer yes or no."
)
COMPUTE_GATE_EXAMPLE = [
    HumanMessage("A car drives 150 km in 2.5 hours. How fast is it?"),
    AIMessage("yes"),
    HumanMessage("What did we spend on paint in May?"),
    AIMessage("no"),
    HumanMessage("2023年10月5日之后的第100天是星期几？"),
    AIMessage("yes"),
    HumanMessage("王经理今年多大？"),
    AIMessage("no"),
    HumanMessage("How many primes are there below 50?"),
    AIMessage("yes"),
    HumanMessage("How much does it cost to send 3 kg to Rome?"),
    AIMessage("no"),
]

QUERY_GATE_PROMPT = "Does the SQL query give what the question asks for? Answer yes or no."
_STAFF = "Tables: staff(name, city, age)"
QUERY_GATE_EXAMPLE = [
    HumanMessage(
        f"{_STAFF}\nQ: Who is the oldest?\n"
        "SQL: SELECT name, age FROM staff ORDER BY age DESC LIMIT 1"
    ),
    AIMessage("yes"),
    HumanMessage(
        f"{_STAFF}\nQ: Who earns the most?\nSQL: SELECT name FROM staff ORDER BY age DESC LIMIT 1"
    ),
    AIMessage("no"),
    HumanMessage(
        f"{_STAFF}\nQ: 住在里昂的员工平均多大？\n"
        "SQL: SELECT AVG(age) FROM staff WHERE city = 'Lyon'"
    ),
    AIMessage("yes"),
    HumanMessage(f"{_STAFF}\nQ: 谁是财务主管？\nSQL: SELECT name, city FROM staff"),
    AIMessage("no"),
]
QUERY_ODDS = 0.8
"""Log-odds from which a query is taken to give what the question asks for: measured, right
queries began at 1.0, and queries for what the tables do not hold ended at 0.5."""

LONGEST = 200
"""Most characters of a line that a passage shows."""

HOLDS_PROMPT = "Does the text say what the question asks for? Answer yes or no."
HOLDS_EXAMPLE = [
    HumanMessage("Text: Ben keeps the budget.\nQuestion: Who looks after the money?"),
    AIMessage("yes"),
    HumanMessage("Text: Ben keeps the budget.\nQuestion: How old is Ben?"),
    AIMessage("no"),
    HumanMessage("Text: 会议室在三楼。\nQuestion: 会议室的门是什么颜色的？"),
    AIMessage("no"),
]


PASSAGE_PROMPT = (
    "Does the marked line (>) say what the question asks for? The other lines only show what it "
    "is about. Answer yes or no."
)
_MONEY = "plan.md\n## Money\n- The fair needs a stand.\n> - Ben keeps the budget for it."
PASSAGE_EXAMPLE = [
    HumanMessage(f"Text: {_MONEY}\nQuestion: Who looks after the money for the fair?"),
    AIMessage("yes"),
    HumanMessage(f"Text: {_MONEY}\nQuestion: How old is Ben?"),
    AIMessage("no"),
    HumanMessage(
        "Text: 须知.txt\n三、会议室\n1. 会议室要提前预订。\n> 2. 会议室在三楼。\n3. 用完请关灯。\n"
        "Question: 会议室的门是什么颜色的？"
    ),
    AIMessage("no"),
]


HELPS_PROMPT = "Does the note help to answer the question? Answer yes or no."
HELPS_EXAMPLE = [
    HumanMessage("Note: I was born in 1961.\nQuestion: How old will I be in 2030?"),
    AIMessage("yes"),
    HumanMessage("Note: I was born in 1961.\nQuestion: What is 15% of 80?"),
    AIMessage("no"),
    HumanMessage("Note: 我对花生过敏。\nQuestion: 我不能吃什么？"),
    AIMessage("yes"),
    HumanMessage("Note: 我对花生过敏。\nQuestion: 三月份哪个客户的订单最多？"),
    AIMessage("no"),
]


SPEAKS_PROMPT = "Does the question speak of this? Answer yes or no."
SPEAKS_EXAMPLE = [
    HumanMessage("Question: How many paid orders are there?\nThis: paid"),
    AIMessage("yes"),
    HumanMessage("Question: What do all orders of May cost?\nThis: Lyon"),
    AIMessage("no"),
    HumanMessage("Question: 五月份红色的椅子卖了多少？\nThis: red"),
    AIMessage("yes"),
    HumanMessage("Question: 所有员工的工资一共多少？\nThis: 市场部"),
    AIMessage("no"),
]


async def speaks_of(model: BaseChatModel, text: str, goal: str) -> float:
    """Return the log-odds that a goal speaks of a text, in whatever language."""
    question = f"Question: {goal}\nThis: {text}"
    return await yes_or_no(model, SPEAKS_PROMPT, SPEAKS_EXAMPLE, question, "speaks?")


TELLS_PROMPT = "Does the person only tell something, and ask for nothing? Answer yes or no."
TELLS_EXAMPLE = [
    HumanMessage("My brother works in Lyon."),
    AIMessage("yes"),
    HumanMessage("Total sales per month"),
    AIMessage("no"),
    HumanMessage("记住：会议室在三楼。"),
    AIMessage("yes"),
    HumanMessage("把这句话翻译成英文"),
    AIMessage("no"),
    HumanMessage("The square root of 1764"),
    AIMessage("no"),
]


async def tells(model: BaseChatModel, goal: str) -> float:
    """Return the log-odds that a person only tells something and asks for nothing."""
    return await yes_or_no(model, TELLS_PROMPT, TELLS_EXAMPLE, goal, "tells?")


WORTH_PROMPT = "Must a short summary of the text say this? Answer yes or no."
WORTH_EXAMPLE = [
    HumanMessage("Text: fair.md\nThis: Ben keeps the budget, which is 900 euros."),
    AIMessage("yes"),
    HumanMessage("Text: fair.md\nThis: The receipts go into the grey box."),
    AIMessage("no"),
    HumanMessage("Text: 值班.txt\nThis: 用完请关灯。"),
    AIMessage("no"),
    HumanMessage("Text: 值班.txt\nThis: 会议室改到三楼，五月一日开始使用。"),
    AIMessage("yes"),
]


async def worth_telling(model: BaseChatModel, title: str, sentence: str) -> float:
    """Return the log-odds that a summary of the text called `title` must say a sentence of it."""
    question = f"Text: {title}\nThis: {sentence[:LONGEST]}"
    return await yes_or_no(model, WORTH_PROMPT, WORTH_EXAMPLE, question, "worth telling?")


GIVES_PROMPT = "Does the line hold one of the things that are to be listed? Answer yes or no."
GIVES_EXAMPLE = [
    HumanMessage("Line: The shop opens on 3 June.\nList: all dates"),
    AIMessage("yes"),
    HumanMessage("Line: The shop is in the old mill.\nList: all dates"),
    AIMessage("no"),
    HumanMessage("Line: 赵敏保管钥匙。\nList: 列出文中提到的所有人"),
    AIMessage("yes"),
    HumanMessage("Line: 三楼的灯坏了。\nList: 列出文中提到的所有人"),
    AIMessage("no"),
]


async def gives(model: BaseChatModel, sentence: str, goal: str) -> float:
    """Return the log-odds that a sentence holds one of the things that a goal asks to list."""
    question = f"Line: {sentence[:LONGEST]}\nList: {goal}"
    return await yes_or_no(model, GIVES_PROMPT, GIVES_EXAMPLE, question, "gives?")


async def helps(model: BaseChatModel, note: str, goal: str) -> float:
    """Return the log-odds that a note helps to answer a goal."""
    question = f"Note: {note[:600]}\nQuestion: {goal}"
    return await yes_or_no(model, HELPS_PROMPT, HELPS_EXAMPLE, question, "helps?")


async def tables_gate(model: BaseChatModel, tables: str, goal: str) -> float:
    """Return the log-odds that the tables listed hold what the goal asks for."""
    question = f"Tables: {tables}\nQ: {goal}"
    return await yes_or_no(model, TABLES_GATE_PROMPT, TABLES_GATE_EXAMPLE, question, "tables?")


async def query_gate(model: BaseChatModel, tables: str, goal: str, sql: str) -> float:
    """Return the log-odds that a query gives what the goal asks for."""
    question = f"Tables: {tables}\nQ: {goal}\nSQL: {sql}"
    return await yes_or_no(model, QUERY_GATE_PROMPT, QUERY_GATE_EXAMPLE, question, "query?")


async def compute_gate(model: BaseChatModel, goal: str) -> float:
    """Return the log-odds that the goal itself gives all that a program needs."""
    return await yes_or_no(model, COMPUTE_GATE_PROMPT, COMPUTE_GATE_EXAMPLE, goal, "compute?")


async def holds(model: BaseChatModel, text: str, goal: str) -> float:
    """Return the log-odds that `text` says what the goal asks for."""
    question = f"Text: {text[:600]}\nQuestion: {goal}"
    return await yes_or_no(model, HOLDS_PROMPT, HOLDS_EXAMPLE, question, "holds?")


async def holds_within(model: BaseChatModel, hit: Hit, goal: str) -> float:
    """Return the log-odds that a line says what the goal asks for, read with what leads up to it.

    The line after it is not shown: where that one says it, a small model says yes to this one.
    """
    around = hit.get("around") or Around(heading="", before="", after="")
    heading = around["heading"] if around["heading"] != around["before"] else ""
    lines = [hit["path"], heading, around["before"], "> " + hit["text"].strip()]
    text = "\n".join(line[:LONGEST] for line in lines if line)
    question = f"Text: {text}\nQuestion: {goal}"
    return await yes_or_no(model, PASSAGE_PROMPT, PASSAGE_EXAMPLE, question, "holds?")


async def yes_or_no(
    model: BaseChatModel, prompt: str, example: Sequence[BaseMessage], question: str, purpose: str
) -> float:
    """Return the natural log-odds of yes against no."""
    shown = [SystemMessage(prompt), *example, HumanMessage(question)]
    found = await choose(model, shown, ["yes", "no"], purpose=purpose)
    return found["yes"] - found["no"]
