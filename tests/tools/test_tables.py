import json
import os
import subprocess
import sys
import time
import zipfile

import pytest

from cogitate.errors import ToolFailure
from cogitate.runs.context import RunContext, running
from cogitate.tools.base import effect_of, timeout_of
from cogitate.tools.cells import csv_rows, typed_columns
from cogitate.tools.database import Database, QueryError
from cogitate.tools.folder import Folder
from cogitate.tools.grid import grid, number_text
from cogitate.tools.tables import describe_tables, query_tables, tables_of

SALES = "region,amount,day\nNorth,120.5,2024-01-02\nSouth,80,2024-01-03\nNorth,10,2024-02-01\n"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "sales.csv").write_text(SALES)
    return folder


@pytest.fixture
def ask(root, tmp_path):
    (tmp_path / "work").mkdir()
    context = RunContext(run_id="r", workspace=tmp_path / "work", folder=root)

    def call(sql):
        message = query_tables.invoke(
            {"name": "query_tables", "args": {"sql": sql}, "id": "1", "type": "tool_call"}
        )
        return message.content, message.artifact

    with running(context):
        yield call


def one(root, name, text, encoding="utf-8"):
    (root / name).write_bytes(text.encode(encoding))
    found = [table for table in tables_of(root) if table["file"] == name]
    assert len(found) == 1
    return {column["name"]: column for column in found[0]["columns"]}, found[0]


def test_a_table_has_types_examples_and_a_count(root):
    assert tables_of(root) == [
        {
            "name": "sales",
            "file": "sales.csv",
            "rows": 3,
            "columns": [
                {"name": "region", "type": "VARCHAR", "examples": ["North", "South"]},
                {"name": "amount", "type": "DOUBLE", "examples": ["120.5", "80", "10"]},
                {
                    "name": "day",
                    "type": "DATE",
                    "examples": ["2024-01-02", "2024-01-03", "2024-02-01"],
                },
            ],
        }
    ]


def test_the_tool_declares_that_it_only_reads():
    assert effect_of(query_tables) == "read"
    assert timeout_of(query_tables) == 30


def test_a_sum_is_exact_and_the_artifact_is_plain(ask):
    text, artifact = ask("SELECT region, SUM(amount) AS total FROM sales GROUP BY 1 ORDER BY 1")
    assert text == "region | total\nNorth  | 130.5\nSouth  | 80\n(2 rows)"
    assert artifact == {
        "status": "ok",
        "columns": ["region", "total"],
        "rows": [["North", 130.5], ["South", 80.0]],
        "count": 2,
    }


def test_one_row_is_shown_as_lines(ask):
    text, artifact = ask("SELECT MAX(day) AS last, NULL AS nothing FROM sales")
    assert text == "last: 2024-02-01\nnothing: NULL"
    assert json.dumps(artifact)


def test_with_describe_and_summarize_may_run(ask):
    assert "3" in ask("WITH s AS (SELECT * FROM sales) SELECT count(*) FROM s;")[0]
    assert "amount" in ask("DESCRIBE sales")[0]
    assert "region" in ask("SUMMARIZE sales")[0]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY sales TO '/tmp/out.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET threads=8",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY sales TO '/tmp/out.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM '/etc/hosts.csv'",
        "SELECT * FROM 'https://localhost/a.csv'",
        "SELECT * FROM glob('/*')",
        "SELECT getenv('HOME')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM query('COPY sales TO ''/tmp/out.csv''')",
        "WITH gone AS (DELETE FROM sales RETURNING *) SELECT * FROM gone",
        "DELETE FROM sales",
        "DROP TABLE sales",
        "CREATE TABLE x AS SELECT 1",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPORT DATABASE '/tmp/out'",
        "CALL pragma_version()",
        "",
        "-- nothing",
        "not sql at all",
    ],
)
def test_whatever_is_not_one_reading_query_is_refused(ask, sql):
    with pytest.raises(ToolFailure):
        ask(sql)
    assert ask("SELECT count(*) AS n FROM sales")[0] == "n: 3"


def test_variables_of_the_program_are_no_tables(ask):
    with pytest.raises(ToolFailure):
        ask("SELECT * FROM answer")
    with pytest.raises(ToolFailure):
        ask("SELECT * FROM sys")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(100000) a, range(100000) b, range(1000) c",
        "SELECT a.range FROM range(100000) a, range(100000) b, range(1000) c "
        "WHERE a.range + b.range + c.range < 0",
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r",
    ],
)
def test_an_endless_query_is_stopped_and_the_next_one_runs(root, sql):
    database = Database(Folder(root))
    before = time.monotonic()
    with pytest.raises(QueryError, match=r"stopped after 0\.3 seconds"):
        database.query(sql, seconds=0.3)
    assert time.monotonic() - before < 5
    assert database.query("SELECT count(*) FROM sales").rows == [(3,)]
    database.close()


def test_a_huge_result_is_clipped_and_counted(ask):
    text, artifact = ask("SELECT range AS n FROM range(10000000)")
    assert "(first 50 of more than 100,000 rows)" in text
    assert len(artifact["rows"]) == 50
    text, artifact = ask("SELECT repeat('x', 100000) AS a FROM range(60)")
    assert len(text) < 7_000
    assert artifact["count"] == 60
    assert len(json.dumps(artifact)) < 150_000


def test_a_wrong_column_is_answered_with_the_names_there_are(ask):
    with pytest.raises(ToolFailure) as failure:
        ask("SELECT SUM(amout) FROM sales")
    first, *rest = str(failure.value).split("\n")
    assert "amout" in first and "LINE" not in first
    assert rest[0] == "closest names: amount"
    assert "sales(region VARCHAR e.g. North, amount DOUBLE" in str(failure.value)


def test_a_wrong_table_is_answered_with_the_closest_table_first(ask, root):
    (root / "aaa.csv").write_text("x\n1\n")
    with pytest.raises(ToolFailure) as failure:
        ask("SELECT * FROM sale")
    text = str(failure.value)
    assert "closest names: sales" in text
    assert text.index("sales(") < text.index("aaa(")


@pytest.mark.parametrize("what", ["*", "SUM(amount)", "COUNT(*)"])
def test_when_no_row_matches_the_values_that_exist_are_shown(ask, what):
    text, _ = ask(f"SELECT {what} FROM sales WHERE region = 'north'")
    assert "no row match" in text
    assert "region holds: 'North', 'South'" in text


def test_a_changed_file_is_loaded_again(ask, root):
    assert ask("SELECT count(*) AS n FROM sales")[0] == "n: 3"
    (root / "sales.csv").write_text(SALES + "East,1,2024-03-01\n")
    assert ask("SELECT count(*) AS n FROM sales")[0] == "n: 4"
    (root / "new.csv").write_text("a\n1\n")
    assert ask("SELECT count(*) AS n FROM new")[0] == "n: 1"


def test_the_database_is_opened_once_a_run(root, tmp_path):
    with running(RunContext(run_id="r", workspace=tmp_path, folder=root)) as context:
        query_tables.invoke({"sql": "SELECT 1"})
        first = context.opened("tables", lambda: None).fresh()
        query_tables.invoke({"sql": "SELECT 1"})
        assert context.opened("tables", lambda: None).fresh() is first


def test_a_broken_file_is_skipped_and_said(ask, root):
    (root / "bad.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (root / "bad.parquet").write_bytes(b"nothing")
    (root / "bad.jsonl").write_text('{"a": 1\n')
    (root / "empty.csv").write_text("")
    assert [table["name"] for table in tables_of(root)] == ["sales"]
    text, _ = ask("SELECT count(*) AS n FROM sales")
    assert text.startswith("n: 3\n(not read: bad.jsonl: ")
    with pytest.raises(ToolFailure, match=r"bad\.parquet"):
        ask("SELECT * FROM bad")


def test_without_a_folder_or_tables_the_failure_says_so(tmp_path):
    with (
        running(RunContext(run_id="r", workspace=tmp_path)),
        pytest.raises(ToolFailure, match="no folder was given; pass --folder DIR"),
    ):
        query_tables.invoke({"sql": "SELECT 1"})
    with (
        running(RunContext(run_id="r", workspace=tmp_path, folder=tmp_path)),
        pytest.raises(ToolFailure, match="no tables"),
    ):
        query_tables.invoke({"sql": "SELECT 1"})


def test_gb18030_with_chinese_headers_is_read(ask, root):
    (root / "销售.csv").write_bytes("地区,销售 额\n华北,1200\n华南,800\n".encode("gb18030"))
    assert ask('SELECT sum("销售 额") AS 总额 FROM 销售')[0] == "总额: 2000"
    assert "地区 holds: '华北', '华南'" in ask("SELECT * FROM 销售 WHERE 地区 = '北'")[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_of_csv_are_told_apart(root, encoding):
    columns, table = one(root, "a.csv", "名字,年龄\n张三,30\n", encoding)
    assert list(columns) == ["名字", "年龄"]
    assert table["rows"] == 1


@pytest.mark.parametrize(
    ("text", "kind", "first"),
    [
        ('v\n"1,234"\n"5"\n', "BIGINT", "1234"),
        ('v\n"$1,200.50"\n$3\n', "DOUBLE", "1200.5"),
        ("v\n￥300\n¥4.5\n", "DOUBLE", "300"),
        ("v\n12%\n5.5%\n", "DOUBLE", "12"),
        ("v\n(120)\n30\n", "BIGINT", "-120"),
        ("v\n-$5\n$6\n", "BIGINT", "-5"),
        ("v\n1\nN/A\n3\n", "BIGINT", "1"),
        ("v\n007\n008\n", "VARCHAR", "007"),
        ("v\n12345678901234567890\n1\n", "VARCHAR", "12345678901234567890"),
        ("v\n$5\n€6\n", "VARCHAR", "$5"),
        ("v\n1\ntwo\n", "VARCHAR", "1"),
        ("v\n1e3\n2.\n.5\n", "DOUBLE", "1000"),
        ("v\ntrue\nFALSE\n", "BOOLEAN", "true"),
        ("v\n2024/1/2\n2024/11/30\n", "DATE", "2024-01-02"),
        ("v\n2024年1月2日\n", "DATE", "2024-01-02"),
        ("v\n31/12/2024\n01/02/2024\n", "DATE", "2024-12-31"),
        ("v\n12/31/2024\n01/02/2024\n", "DATE", "2024-12-31"),
        ("v\nMar 3, 2024\n", "VARCHAR", "Mar 3"),
        ("v\n2024-01-02 10:00\n2024-01-02T10:00:01\n", "TIMESTAMP", "2024-01-02 10:00:00"),
        ("v\n2024-13-45\n", "VARCHAR", "2024-13-45"),
    ],
)
def test_a_column_is_typed_when_every_value_parses(root, text, kind, first):
    columns, _ = one(root, "a.csv", text)
    assert (columns["v"]["type"], columns["v"]["examples"][0]) == (kind, first)


def test_semicolons_and_decimal_commas_are_read(root):
    columns, _ = one(root, "a.csv", "Stadt;Preis;Tag\nWien;1.200,5;03.04.2024\nGraz;7;05.04.2024\n")
    assert columns["Preis"]["examples"] == ["1200.5", "7"]
    assert columns["Tag"]["examples"][0] == "2024-04-03"


def test_quoted_cells_keep_their_newlines_commas_and_quotes(ask, root):
    (root / "q.csv").write_text('name,note\nA,"one, two\nthree ""four"""\nB,\n')
    _, artifact = ask("SELECT note FROM q ORDER BY name")
    assert artifact["rows"] == [['one, two\nthree "four"'], [None]]


def test_title_lines_short_rows_and_doubled_headers_are_borne(root):
    columns, table = one(root, "a.csv", "Report for May\n\nname,x,x,\nA,1,2,\nB,3\n,,,\nC,4,5,6\n")
    assert list(columns) == ["name", "x", "x_2", "column4"]
    assert table["rows"] == 3


def test_a_file_without_header_gets_numbered_columns(root):
    columns, table = one(root, "a.csv", "1,2024-01-02,3\n4,2024-01-03,6\n")
    assert list(columns) == ["column1", "column2", "column3"]
    assert table["rows"] == 2
    columns, _ = one(root, "years.csv", "region,2023,2024\nNorth,1,2\n")
    assert list(columns) == ["region", "2023", "2024"]


def test_a_column_of_one_with_gaps_keeps_its_rows(root):
    _, table = one(root, "a.csv", "v\n1\nNA\n3\n")
    assert table["rows"] == 3


def test_tsv_json_jsonl_and_parquet_are_tables(root):
    duckdb = pytest.importorskip("duckdb")
    (root / "t.tsv").write_text("a\tb\n1\tx\n")
    (root / "j.json").write_text(json.dumps([{"a": 1, "b": "é"}, {"a": 2}]))
    (root / "l.jsonl").write_bytes('{"城市": "北京", "n": 1}\n'.encode("gb18030"))
    target = root / "p[1].parquet"
    duckdb.connect().execute(f"COPY (SELECT 1 AS a, DATE '2024-01-01' AS d) TO '{target}'")
    tables = {table["name"]: table for table in tables_of(root)}
    assert set(tables) == {"sales", "t", "j", "l", "p_1"}
    assert [column["type"] for column in tables["p_1"]["columns"]] == ["INTEGER", "DATE"]
    assert tables["l"]["columns"][0] == {"name": "城市", "type": "VARCHAR", "examples": ["北京"]}


def test_names_are_made_for_sql(root):
    (root / "in").mkdir()
    for name in ("2024 Q1 (final).csv", "order.csv", "in/Sales.csv", "客户.csv"):
        (root / name).write_text("a\n1\n")
    names = {table["file"]: table["name"] for table in tables_of(root)}
    assert names["2024 Q1 (final).csv"] == "t_2024_q1_final"
    assert names["order.csv"] == "order_table"
    assert names["客户.csv"] == "客户"
    assert {names["in/Sales.csv"], names["sales.csv"]} == {"sales", "sales_2"}


def test_every_name_that_is_not_quoted_can_be_asked(ask, root):
    duckdb = pytest.importorskip("duckdb")
    words = [
        row[0]
        for row in duckdb.connect().execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
    ]
    (root / "words.csv").write_text(",".join(words) + "\n" + ",".join("1" for _ in words) + "\n")
    from cogitate.tools.names import sql_text

    _, artifact = ask(f"SELECT {', '.join(f'w.{sql_text(word)}' for word in words)} FROM words w")
    assert artifact["rows"] == [[1] * len(words)]
    for word in words:
        ask(f"SELECT {sql_text(word)} FROM words")


def test_tables_are_described_in_one_line_each(root):
    (root / "b.csv").write_text("order,total amount\n1,2\n")
    assert describe_tables(tables_of(root)).split("\n") == [
        'b("order" BIGINT e.g. 1, "total amount" BIGINT e.g. 2)  -- b.csv, 1 row',
        "sales(region VARCHAR e.g. North, amount DOUBLE e.g. 120.5, "
        "day DATE e.g. 2024-01-02)  -- sales.csv, 3 rows",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (120.0, "120"),
        (100 / 3, "33.3333"),
        (1234567.891, "1234567.891"),
        (2 / 3 * 1e6, "666666.67"),
        (1.5e-7, "1.5e-07"),
        (0.000123456789, "0.000123457"),
        (1e14, "100000000000000"),
        (0.0, "0"),
        (-2.50, "-2.5"),
    ],
)
def test_numbers_are_written_without_noise(value, text):
    assert number_text(value) == text


def test_a_grid_is_aligned_for_wide_letters():
    text, shown = grid(["城市", "n"], [("北京", 1), ("x", None)])
    assert text == "城市 | n\n北京 | 1\nx    | NULL"
    assert shown == 2


def test_two_hundred_thousand_rows_load_in_seconds(root):
    rows = "\n".join(
        f"{n},name {n % 50},{n / 7:.2f},2024-01-{n % 28 + 1:02d}" for n in range(200_000)
    )
    (root / "big.csv").write_text("id,name,amount,day\n" + rows)
    before = time.process_time()
    table = next(table for table in tables_of(root) if table["name"] == "big")
    assert table["rows"] == 200_000
    assert [column["type"] for column in table["columns"]] == [
        "BIGINT",
        "VARCHAR",
        "DOUBLE",
        "DATE",
    ]
    assert time.process_time() - before < 10


def test_a_table_of_nothing_is_no_column():
    assert typed_columns([["", " "], []]) == []
    assert typed_columns(csv_rows("a,b\n")[0])[0].cells == []


BOOK = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(path, sheets, strings=(), styles="<cellXfs><xf numFmtId='0'/></cellXfs>"):
    def part(body):
        return f"<?xml version='1.0' encoding='UTF-8'?>{body}"

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        tabs = "".join(
            f"<sheet name='{name}' sheetId='{i}' r:id='r{i}'/>" for i, name in enumerate(sheets)
        )
        links = "".join(
            f"<Relationship Id='r{i}' Target='worksheets/sheet{i}.xml'/>"
            for i in range(len(sheets))
        )
        texts = "".join(f"<si><t>{text}</t></si>" for text in strings)
        book.writestr(
            "xl/workbook.xml",
            part(f"<workbook xmlns='{BOOK}' xmlns:r='{LINK}'><sheets>{tabs}</sheets></workbook>"),
        )
        book.writestr("xl/_rels/workbook.xml.rels", part(f"<Relationships>{links}</Relationships>"))
        book.writestr("xl/sharedStrings.xml", part(f"<sst xmlns='{BOOK}'>{texts}</sst>"))
        book.writestr("xl/styles.xml", part(f"<styleSheet xmlns='{BOOK}'>{styles}</styleSheet>"))
        for i, body in enumerate(sheets.values()):
            book.writestr(
                f"xl/worksheets/sheet{i}.xml",
                part(f"<worksheet xmlns='{BOOK}'><sheetData>{body}</sheetData></worksheet>"),
            )


def test_an_excel_file_gives_strings_numbers_dates_and_booleans(ask, root):
    rows = (
        "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='inlineStr'><is><t>额</t></is></c>"
        "<c r='D1' t='str'><v>day</v></c><c r='E1' t='str'><v>ok</v></c></row>"
        "<row r='2'><c r='A2' t='s'><v>1</v></c><c r='B2'><v>1.5</v></c>"
        "<c r='D2' s='1'><v>45293</v></c><c r='E2' t='b'><v>1</v></c></row>"
        "<row r='3'><c r='A3' t='s'><v>2</v></c><c r='B3' t='e'><v>#N/A</v></c>"
        "<c r='D3' s='2'><v>45294</v></c><c r='E3' t='b'><v>0</v></c></row>"
    )
    styles = (
        "<numFmts><numFmt numFmtId='164' formatCode='yyyy\\-mm\\-dd'/></numFmts>"
        "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='164'/></cellXfs>"
    )
    workbook(root / "收入.xlsx", {"表一": rows}, ["城市", "北京", "上海"], styles)
    _, artifact = ask("SELECT * FROM 收入 ORDER BY day")
    assert artifact["columns"] == ["城市", "额", "day", "ok"]
    assert artifact["rows"] == [
        ["北京", 1.5, "2024-01-02", True],
        ["上海", None, "2024-01-03", False],
    ]


def test_each_sheet_is_a_table(root):
    cell = "<row><c><v>{}</v></c></row>"
    workbook(
        root / "book.xlsx",
        {"Jan": cell.format(1) + cell.format(2), "Empty": "", "Feb": cell.format(3)},
    )
    names = {table["name"]: table["file"] for table in tables_of(root)}
    assert names["book_jan"] == "book.xlsx (sheet Jan)"
    assert "book_empty" not in names


def test_a_workbook_written_by_another_library_is_read(root):
    openpyxl = pytest.importorskip("openpyxl")
    from datetime import datetime

    book = openpyxl.Workbook()
    book.active.append(["when", "what", "much"])
    book.active.append([datetime(2024, 1, 2, 10, 30), "tea & <milk>", 3])
    book.save(root / "o.xlsx")
    table = next(table for table in tables_of(root) if table["name"] == "o")
    assert [column["type"] for column in table["columns"]] == ["TIMESTAMP", "VARCHAR", "BIGINT"]
    assert table["columns"][0]["examples"] == ["2024-01-02 10:30:00"]
    assert table["columns"][1]["examples"] == ["tea & <milk>"]


def test_a_spreadsheet_bomb_is_refused(root):
    bomb = "<row>" + "<c/>" * 20_000 + "</row>"
    workbook(root / "bomb.xlsx", {"a": bomb * 51})
    database = Database(Folder(root))
    assert [table["name"] for table in database.tables] == ["sales"]
    assert database.failures == {"bomb.xlsx": "more than 1,000,000 cells"}
    database.close()


def test_nothing_is_left_in_the_working_folder(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ask("SELECT count(*) FROM sales a, sales b ORDER BY 1")
    assert sorted(os.listdir(tmp_path)) == ["mine", "work"]


def test_a_database_that_is_left_open_does_not_abort_the_process(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code = (
        "from pathlib import Path\n"
        "from cogitate.tools.database import Database\n"
        "from cogitate.tools.folder import Folder\n"
        f"print(Database(Folder(Path({str(tmp_path)!r}))).query('SELECT a FROM t').rows)\n"
    )
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (0, "[(1,)]\n"), done.stderr
