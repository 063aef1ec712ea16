"""Tools as lines of Python."""

import pytest
from langchain_core.tools import StructuredTool

from cogitate import tool
from cogitate.llm.signatures import function_name, gives_value, signature


@tool(effect="read")
def area(width: float, height: float = 1.0) -> float:
    """Return the area of a rectangle.

    More is not shown.

    Args:
        width: metres.
        height: metres.
    """
    return width * height


@tool(effect="read")
def names(city: str, most: int) -> list[str]:
    """Return names.

    Args:
        city: where.
        most: how many.
    """
    return [city][:most]


def test_a_tool_is_shown_with_its_parameters_result_and_meaning():
    shown = "area(width: float, height: float = 1.0) -> float  # Return the area of a rectangle."
    assert signature(area) == shown
    assert signature(names) == "names(city: str, most: int) -> list  # Return names."


def test_only_declared_values_are_read_as_values():
    def text(a: str) -> str:
        """Return a."""
        return a

    def silent(a):
        """Return a."""
        return a

    made = [StructuredTool.from_function(f) for f in (text, silent)]
    assert [gives_value(t) for t in (area, names, *made)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("name", "called"), [("get-weather", "get_weather"), ("class", "class_"), ("2nd", "2nd_")]
)
def test_a_name_that_python_does_not_take_is_changed(name, called):
    def text(a: str) -> str:
        """Return a."""
        return a

    made = StructuredTool.from_function(text, name=name)
    assert function_name(made) == ("_" + name if name == "2nd" else called)
    assert function_name(made).isidentifier()
