"""A small town of people who remember, plan, talk and change their minds."""

from cogitate.agents.town.town import Town

__all__ = ["Town"]
