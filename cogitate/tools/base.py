"""What a tool is: LangChain's `BaseTool`, and what it declares about its effect.

The declarations live in the tool's `metadata`, so a tool made elsewhere works as it is;
what it does not declare counts as the careful choice: effect `once`.
"""

from collections.abc import Callable
from typing import Any, Literal, cast, overload

from langchain_core.tools import BaseTool
from langchain_core.tools import tool as langchain_tool

from cogitate.errors import SetupError
from cogitate.values import Effect, Permission

DEFAULT_TIMEOUT = 60.0
"""Seconds that a tool may take when it does not say."""


@overload
def tool(function: Callable[..., Any], /) -> BaseTool: ...
@overload
def tool(
    *,
    name: str | None = None,
    effect: Effect = "once",
    permission: Permission = "auto",
    timeout: float = DEFAULT_TIMEOUT,
    result: Literal["content", "content_and_artifact"] = "content",
) -> Callable[[Callable[..., Any]], BaseTool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    effect: Effect = "once",
    permission: Permission = "auto",
    timeout: float = DEFAULT_TIMEOUT,
    result: Literal["content", "content_and_artifact"] = "content",
) -> Any:
    """Return a tool made from a function: schema from its type hints, texts from its docstring.

    It is LangChain's decorator with `parse_docstring`, so that the `Args:` lines of the
    docstring describe the parameters to the model, plus the declarations below.

    Args:
        function: the function, sync or async; a sync one runs in a thread.
        name: the tool's name, when it is not the function's.
        effect: what a second call does: `read` nothing, `idempotent` the same again,
            `once` a second effect.
        permission: `auto` runs, `ask` needs a person's yes, `never` may not be called.
        timeout: seconds. The thread of a sync function cannot be killed: it is left behind.
        result: `content_and_artifact` when the function returns (text, data).

    Raises:
        SetupError: the function has no docstring or its `Args:` do not match its parameters.
    """

    def make(target: Callable[..., Any]) -> BaseTool:
        label = name or target.__name__
        try:
            made = langchain_tool(
                label,
                parse_docstring=True,
                error_on_invalid_docstring=False,
                response_format=result,
            )(target)
        except ValueError as error:
            raise SetupError(
                f"tool {label!r}: {error}; give the function a docstring whose 'Args:' "
                "section names each of its parameters"
            ) from error
        made.metadata = {"effect": effect, "permission": permission, "timeout": timeout}
        return made

    return make if function is None else make(function)


def effect_of(item: BaseTool) -> Effect:
    """Return the declared effect, `once` when none was declared."""
    return cast(Effect, (item.metadata or {}).get("effect", "once"))


def permission_of(item: BaseTool) -> Permission:
    """Return the declared permission, `auto` when none was declared."""
    return cast(Permission, (item.metadata or {}).get("permission", "auto"))


def timeout_of(item: BaseTool) -> float:
    """Return the declared time limit in seconds."""
    return float((item.metadata or {}).get("timeout", DEFAULT_TIMEOUT))
