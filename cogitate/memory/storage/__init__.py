"""The truth of a memory: one SQLite file, its words, and what goes in and out of it whole."""
