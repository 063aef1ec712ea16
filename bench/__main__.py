"""Runs the benchmarks that need nothing but a model, one after another, on that model.

python -m bench [--model NAME] [--quick]
"""

import argparse
from collections.abc import Sequence

QUICK = {
    "forms": ["--limit", "3"],
    "goals": ["--limit", "3"],
    "local_engine": ["--quick"],
    "reuse": ["--turns", "2"],
}
"""What each benchmark is told by `--quick`."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all benchmarks as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", help="an embedded model; the default one when not given")
    parser.add_argument("--quick", action="store_true", help="a few tasks of each, to try it out")
    given = parser.parse_args(arguments)
    # After the options: --help must not wait for them.
    from bench import forms, goals, local_engine, reuse

    parts = {
        "forms": forms.main,
        "goals": goals.main,
        "reuse": reuse.main,
        "local_engine": local_engine.main,
    }
    for name, run in parts.items():
        model = ["--model", given.model] if given.model else []
        print(f"\n== {name} ==", flush=True)
        run([*model, *(QUICK[name] if given.quick else [])])


if __name__ == "__main__":
    main()
