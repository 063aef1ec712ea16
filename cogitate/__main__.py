"""`python -m cogitate`: the same as the command `cogitate`."""

from cogitate.cli.main import main

if __name__ == "__main__":
    main()
