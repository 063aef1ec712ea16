"""Tools: how one is made, loaded and run, and the ones that ship.

Names are imported at first use. What lives in a module of its own name (`observe`, `calculate`,
`python`) is imported from there: `from cogitate.tools.observe import observe`.
"""

import importlib
from typing import Any

_HOMES = {
    "DEFAULT_TIMEOUT": "base",
    "Observation": "observe",
    "SHIPPED": "shipped",
    "effect_of": "base",
    "load_tools": "load",
    "merge_tools": "load",
    "permission_of": "base",
    "shipped_tools": "shipped",
    "timeout_of": "base",
    "tool": "base",
}

__all__ = [
    "DEFAULT_TIMEOUT",
    "SHIPPED",
    "Observation",
    "effect_of",
    "load_tools",
    "merge_tools",
    "permission_of",
    "shipped_tools",
    "timeout_of",
    "tool",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
