"""Pipelines of typed nodes, checked before anything runs: rewoo and compose."""
