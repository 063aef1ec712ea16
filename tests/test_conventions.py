"""The written rules, as tests: sizes, names, prompts, documentation.

`UPDATE_GOLDEN=1 python -m pytest tests/test_conventions.py` writes the prompts' golden files.
"""

import ast
import functools
import gc
import importlib
import os
import re
import subprocess
from pathlib import Path

import click
import pytest

from cogitate.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cogitate"
GOLDEN = ROOT / "tests" / "golden" / "prompts"

MODULE_LINES = 300
LARGER: dict[str, int] = {}
"""Modules that are larger than the limit, and how large they may be: they only shrink."""
FUNCTION_LINES = 40
"""Without the docstring."""
PARAMETERS = 6
"""`self` not counted; click's commands get theirs from decorators."""

TEXT_ENDINGS = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".jsonl", ".json", ".cfg", ""}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def parsed(text: str) -> ast.Module:
    """Return the syntax tree. CPython 3.11 may fail when it collects garbage meanwhile."""
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> list[Function]:
    tree = parsed(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def docstring_lines(function: Function) -> int:
    first = function.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) - first.lineno + 1 if is_text else 0


def parameters(function: Function) -> int:
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def test_modules_are_small() -> None:
    sizes = {named(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {n: lines for n, lines in sizes.items() if lines > LARGER.get(n, MODULE_LINES)} == {}


def test_no_exception_is_kept_that_is_not_needed() -> None:
    sizes = {name: len((ROOT / name).read_text("utf-8").splitlines()) for name in LARGER}
    assert [name for name, lines in sizes.items() if lines <= MODULE_LINES] == []


def test_functions_are_small() -> None:
    long = {
        f"{named(path)}: {function.name}": lines
        for path in modules()
        for function in functions(path)
        if (lines := (function.end_lineno or 0) - function.lineno + 1 - docstring_lines(function))
        > FUNCTION_LINES
    }
    assert long == {}


def test_functions_take_few_parameters() -> None:
    many = {
        f"{named(path)}: {function.name}": parameters(function)
        for path in modules()
        for function in functions(path)
        if parameters(function) > PARAMETERS
        and not ("/cli/" in named(path) and function.decorator_list)
    }
    assert many == {}


def test_only_the_command_line_prints() -> None:
    printing = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        if "cogitate/cli/" not in named(path)
        for node in ast.walk(parsed(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert printing == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
    assert [named(path) for path in modules() if later.search(path.read_text("utf-8"))] == []


# ------------------------------------------------------------------------------------- prompts


@functools.cache
def prompts() -> dict[str, str]:
    """Return every prompt of the package, by module and name."""
    found = {}
    for path in modules():
        dotted = named(path).removesuffix(".py").replace("/", ".")
        tree = parsed(path.read_text(encoding="utf-8"))
        targets = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
        for target in targets:
            name = target.id if isinstance(target, ast.Name) else ""
            if name.isupper() and name.endswith("_PROMPT"):
                found[f"{dotted}.{name}"] = getattr(importlib.import_module(dotted), name)
    return found


@pytest.mark.parametrize("name", prompts())
def test_what_the_model_is_shown_is_a_golden_file(name: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    text = prompts()[name] + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), f"{golden} is missing; UPDATE_GOLDEN=1 writes it"
    assert golden.read_text(encoding="utf-8") == text, "UPDATE_GOLDEN=1 writes the new one"


def test_each_golden_file_has_its_prompt() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        for path in GOLDEN.glob("*.txt"):
            if path.stem not in prompts():
                path.unlink()
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(prompts())


# ------------------------------------------------------------------------------- documentation

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def blocks(path: Path) -> list[tuple[str, str]]:
    return _BLOCK.findall(path.read_text(encoding="utf-8"))


def commands(path: Path) -> list[str]:
    """Return the lines of a page's shell blocks that call `cogitate`."""
    shell = "\n".join(text for kind, text in blocks(path) if kind in ("sh", "bash", "console"))
    found = re.findall(r"(?:^|&&|\|)\s*\$?\s*cogitate\s+([^\n|#&]*)", shell, re.MULTILINE)
    return [line.strip() for line in found]


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_each_command_of_a_page_exists_with_its_options(path: Path) -> None:
    for line in commands(path):
        words = line.split()
        assert words[0] in COMMANDS or words[0].startswith("-"), line
        if words[0].startswith("-"):
            continue
        command = getattr(importlib.import_module(COMMANDS[words[0]][0]), words[0])
        if isinstance(command, click.Group):
            own = command.invoke_without_command and words[1].startswith("--")
            assert own or words[1] in command.commands or words[1] == "--help", line
            command = command.commands.get(words[1], command)
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= known, line


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_each_python_block_of_a_page_is_python(path: Path) -> None:
    for kind, text in blocks(path):
        if kind == "python":
            compile(text, named(path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_each_name_that_a_page_imports_exists(path: Path) -> None:
    for kind, text in blocks(path):
        if kind != "python":
            continue
        for node in ast.walk(parsed(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cogitate"):
                module = importlib.import_module(node.module or "")
                assert [a.name for a in node.names if not hasattr(module, a.name)] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_each_link_of_a_page_leads_somewhere(path: Path) -> None:
    targets = _LINK.findall(path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_readme_names_every_command() -> None:
    used = {line.split()[0] for line in commands(ROOT / "README.md")}
    assert set(COMMANDS) <= used


def test_both_readmes_have_the_same_blocks_and_commands() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    assert [kind for kind, _ in blocks(english)] == [kind for kind, _ in blocks(chinese)]
    assert [c.split()[0] for c in commands(english)] == [c.split()[0] for c in commands(chinese)]
    assert english.read_text("utf-8").count("\n## ") == chinese.read_text("utf-8").count("\n## ")


def test_every_option_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    missing = []
    for name, (module, _) in COMMANDS.items():
        command = getattr(importlib.import_module(module), name)
        below = command.commands.values() if isinstance(command, click.Group) else []
        parts = [command, *below]
        missing += [
            f"{name} {option.opts[0]}"
            for part in parts
            for option in part.params
            if isinstance(option, click.Option) and f"`{option.opts[0]}" not in text
        ]
    assert missing == []


def test_the_map_is_short_and_names_every_package() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    folders = {p.parent.name for p in PACKAGE.rglob("__init__.py")} - {"cogitate"}
    assert [name for name in sorted(folders) if f"{name}/" not in text] == []


def test_ci_runs_the_test_line_of_the_readme() -> None:
    line = 'pip install -e ".[local,dev]" && make check'
    for page in ("README.md", "README.zh-CN.md"):
        assert any(line in text.splitlines() for _, text in blocks(ROOT / page))
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_make_check_is_what_the_style_asks_for() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    check = text.partition("\ncheck:\n")[2].partition("\n\n")[0]
    for tool in ("ruff format --check", "ruff check", "mypy", "lint_imports", "pytest"):
        assert tool in check


# --------------------------------------------------------------------------------- what is kept


def tracked() -> list[Path]:
    """Return the files that git has or would take in."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=60,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_registry() -> None:
    # Put together here, so that this file does not hold what it looks for.
    homes = "|".join(("/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/[a-z]+/", "/Us" + "ers/[a-z]+/"))
    registries = (
        "index-" + r"url\s*=|artifac" + r"tory|nex" + r"us\.|dev" + r"pi|files\.python" + "hosted"
    )
    pattern = re.compile(f"(?<![\\w.~-])({homes})|{registries}")
    found = [
        f"{named(path)}: {match.group()}"
        for path in tracked()
        if path.suffix in TEXT_ENDINGS
        and (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_says_what_is_and_not_how_it_was_made(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"(?i)\bissue #?\d+|\bbrief\b|\bthis session\b|\bas asked\b", text) == []


def test_no_file_is_large() -> None:
    assert [named(p) for p in tracked() if p.stat().st_size > 300_000] == []
