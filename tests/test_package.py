"""What the package offers: the public names, their order, and that importing it costs nothing."""

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cogitate

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cogitate"
HEAVY = (
    *("ddgs", "duckdb", "httpx", "langchain_core", "langchain_openai", "langgraph", "llama_cpp"),
    *("llguidance", "numpy", "openai", "pandas", "pydantic", "rich"),
)


def packages() -> list[str]:
    found = (path.parent.relative_to(ROOT) for path in PACKAGE.rglob("__init__.py"))
    return sorted(".".join(path.parts) for path in found)


def modules() -> list[str]:
    found = (path.relative_to(ROOT).with_suffix("") for path in PACKAGE.rglob("*.py"))
    dotted = {".".join(path.parts).removesuffix(".__init__") for path in found}
    return sorted(dotted - {"cogitate.__main__", "cogitate.tools.sandbox.child"})


def in_order(names: list[str]) -> list[str]:
    """Return names as ruff sorts them: CONSTANTS, Classes, functions."""

    def kind(name: str) -> int:
        return 0 if name.isupper() else 1 if name[0].isupper() else 2

    return sorted(names, key=lambda name: (kind(name), name))


@pytest.mark.parametrize("name", modules())
def test_all_is_sorted_and_real(name: str) -> None:
    module = importlib.import_module(name)
    names = list(getattr(module, "__all__", []))
    assert names == in_order(names)
    assert len(names) == len(set(names))
    missing = [each for each in names if getattr(module, each, None) is None]
    assert missing == []


@pytest.mark.parametrize("name", packages())
def test_a_package_holds_no_code(name: str) -> None:
    """An `__init__` says what there is: imports, names and one lazy `__getattr__`."""
    import ast

    tree = ast.parse((ROOT / Path(*name.split(".")) / "__init__.py").read_text("utf-8"))
    functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert functions <= {"__getattr__", "__dir__"}


def test_the_public_names_are_those_of_dir() -> None:
    assert dir(cogitate) == sorted([*cogitate.__all__, "__version__"])


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Agents'"):
        cogitate.Agents  # noqa: B018 - looking it up is the test


@pytest.mark.parametrize("name", cogitate.__all__)
def test_each_public_name_has_a_docstring(name: str) -> None:
    assert (getattr(cogitate, name).__doc__ or "").strip()


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import cogitate, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert set(json.loads(done.stdout)).intersection(HEAVY) == set()


def test_the_package_is_typed_and_has_one_version() -> None:
    assert (PACKAGE / "py.typed").exists()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert settings["tool"]["hatch"]["version"]["path"] == "cogitate/__init__.py"
    assert f"## [{cogitate.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
