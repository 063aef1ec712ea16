"""The form of a query: only names that exist, checked with the real small model."""

import re

from langchain_core.messages import HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.ways.sql.form import ALIAS, KEYWORDS, sql_grammar
from cogitate.planners.ways.tables import EXAMPLE, TABLES_PROMPT

NAMES = ["志愿者", "小时", "日期", "books", '"unit price"']


async def test_a_query_holds_no_name_that_no_table_has(small_model):
    text = await complete(
        small_model,
        [
            SystemMessage(TABLES_PROMPT),
            *EXAMPLE,
            HumanMessage(
                "Tables:\n志愿者(小时 DOUBLE, 日期 DATE)\nQuestion: How many hours in all?"
            ),
        ],
        purpose="query",
        opening="```sql\nSELECT",
        stop=["```"],
        max_tokens=80,
        grammar=sql_grammar(NAMES),
    )
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", " ", text)
    words = set(re.findall(r"[^\W\d]\w*", bare))
    known = {*NAMES, *KEYWORDS}
    strange = {w for w in words if w not in known and w.upper() not in known}
    assert words
    assert [w for w in strange if not re.fullmatch(ALIAS, w)] == []


async def test_a_query_may_run_over_several_lines(small_model):
    grammar = sql_grammar(["sales", "region"])
    text = await complete(
        small_model,
        [HumanMessage("Repeat this SQL exactly:\nSELECT region\nFROM sales\nORDER BY region")],
        purpose="query",
        opening="```sql\nSELECT region\nFROM",
        stop=["```"],
        max_tokens=30,
        grammar=grammar,
    )
    assert "sales" in text
