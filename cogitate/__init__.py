"""Autonomous agents on your own machine: one install, one GGUF file, no server, no key."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cogitate.agents import Agent, RolePlay
    from cogitate.errors import (
        CogitateError,
        ContextOverflow,
        ModelError,
        ScriptError,
        SetupError,
        ToolFailure,
        UnavailableError,
    )
    from cogitate.llm.llama import ChatLlama
    from cogitate.llm.load import load_model
    from cogitate.llm.scripted import ScriptedModel
    from cogitate.memory import BufferMemory, Memory
    from cogitate.memory.stream import MemoryStream
    from cogitate.planners import Critic, Planner, Route, Turn, go_on, hand_on, no_evidence
    from cogitate.planners.direct import direct
    from cogitate.tools.base import tool
    from cogitate.tools.shipped import shipped_tools
    from cogitate.values import Limits, Result, Step, Task, Usage, Verdict

_HOME = {
    "Agent": "agents",
    "BufferMemory": "memory",
    "ChatLlama": "llm.llama",
    "CogitateError": "errors",
    "ContextOverflow": "errors",
    "Critic": "planners",
    "Limits": "values",
    "Memory": "memory",
    "MemoryStream": "memory.stream",
    "ModelError": "errors",
    "Planner": "planners",
    "Result": "values",
    "RolePlay": "agents.roleplay",
    "Route": "planners",
    "ScriptError": "errors",
    "ScriptedModel": "llm.scripted",
    "SetupError": "errors",
    "Step": "values",
    "Task": "values",
    "ToolFailure": "errors",
    "Turn": "planners",
    "UnavailableError": "errors",
    "Usage": "values",
    "Verdict": "values",
    "direct": "planners",
    "go_on": "planners",
    "hand_on": "planners",
    "load_model": "llm.load",
    "no_evidence": "planners",
    "shipped_tools": "tools.shipped",
    "tool": "tools.base",
}

__all__ = [
    "Agent",
    "BufferMemory",
    "ChatLlama",
    "CogitateError",
    "ContextOverflow",
    "Critic",
    "Limits",
    "Memory",
    "MemoryStream",
    "ModelError",
    "Planner",
    "Result",
    "RolePlay",
    "Route",
    "ScriptError",
    "ScriptedModel",
    "SetupError",
    "Step",
    "Task",
    "ToolFailure",
    "Turn",
    "UnavailableError",
    "Usage",
    "Verdict",
    "direct",
    "go_on",
    "hand_on",
    "load_model",
    "no_evidence",
    "shipped_tools",
    "tool",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use: `import cogitate` itself loads nothing heavy."""
    if name not in _HOME:
        raise AttributeError(f"module 'cogitate' has no attribute {name!r}")
    return getattr(import_module(f"cogitate.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
