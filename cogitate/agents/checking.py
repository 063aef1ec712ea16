"""The critic of a run: how it calls the run's tools, by the one place where tools run."""

import uuid

from langchain_core.messages import ToolCall

from cogitate.agents.state import Parts
from cogitate.planners.critics.critic import ToolCritic
from cogitate.runs.context import current
from cogitate.tools.base import effect_of
from cogitate.tools.observe import observe
from cogitate.values import Limits

LIMITS = Limits(steps=40, tool_calls=60, seconds=900.0)
"""How far the loop with this critic may go: a verification is some calls by itself."""
RESERVE = 6
"""Tool calls that are left to whoever answers."""


def checked_by_tools(parts: Parts) -> ToolCritic:
    """Return the critic that verifies by the tools of `parts` whose calls change nothing."""
    tools = [tool for tool in parts.tools if effect_of(tool) != "once"]
    most = (parts.limits or LIMITS).tool_calls - RESERVE

    async def use(name: str, arguments: dict[str, object]) -> tuple[bool, str]:
        context = current()
        if context.calls >= most:
            return False, "the run's tool calls are used up"
        context.calls += 1
        call_id = f"check-{uuid.uuid4().hex[:8]}"
        call = ToolCall(name=name, args=arguments, id=call_id, type="tool_call")
        found = await observe(call, tools, seconds_left=context.seconds_left())
        return found.ok, found.text

    return ToolCritic(
        model=parts.critic_model or parts.model,
        use=use,
        tools=frozenset(tool.name for tool in tools),
    )
