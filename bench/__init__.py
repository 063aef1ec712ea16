"""The benchmarks that the documentation quotes; none of them is part of the installed package."""
