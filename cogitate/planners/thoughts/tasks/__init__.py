"""The kinds of tasks that the engine knows: the game of 24, sorting, programs, any question."""
