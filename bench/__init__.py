"""The benchmarks that the README quotes; none of them is part of the installed package."""
