"""The loop lab: suites, metrics, statistics and the runs that measure loops against each other."""
