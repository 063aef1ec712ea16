import pytest
from langchain_core.tools import tool as langchain_tool

from cogitate.errors import SetupError
from cogitate.tools.base import DEFAULT_TIMEOUT, effect_of, permission_of, timeout_of, tool


def test_a_one_line_docstring_is_enough():
    @tool
    def area(width: float, height: float) -> float:
        """Return the area of a rectangle."""
        return width * height

    assert area.description == "Return the area of a rectangle."
    assert area.invoke({"width": 2, "height": 3}) == 6


def test_args_lines_describe_the_parameters():
    @tool
    def area(width: float) -> float:
        """Return the area of a square.

        Args:
            width: metres.
        """
        return width * width

    assert area.args["width"]["description"] == "metres."


def test_declarations_are_read_back():
    @tool(name="send", effect="idempotent", permission="ask", timeout=3)
    def send_letter(text: str) -> str:
        """Send a letter.

        Args:
            text: what it says.
        """
        return text

    assert send_letter.name == "send"
    assert (effect_of(send_letter), permission_of(send_letter)) == ("idempotent", "ask")
    assert timeout_of(send_letter) == 3


def test_a_tool_made_elsewhere_counts_as_once_and_auto():
    @langchain_tool
    def other(text: str) -> str:
        """Do something."""
        return text

    assert (effect_of(other), permission_of(other)) == ("once", "auto")
    assert timeout_of(other) == DEFAULT_TIMEOUT


def test_a_function_without_docstring_is_refused_by_name():
    with pytest.raises(SetupError, match="'nameless'"):

        @tool
        def nameless(text: str) -> str:
            return text


def test_an_args_line_for_no_parameter_is_refused():
    with pytest.raises(SetupError, match="wrong"):

        @tool
        def area(width: float) -> float:
            """Return the area.

            Args:
                wrong: metres.
            """
            return width
