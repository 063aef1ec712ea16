"""What a memory does with meaning: importance, facts, reflection, tidying and the audit."""
