"""Loops by name: what sets each apart is in a module, or a small package, of its own."""
