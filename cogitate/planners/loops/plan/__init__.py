"""plan: the goal laid out as steps, each handed on as a run of its own."""
