"""The command line: one module a command. Answers go to stdout, all else to stderr."""
