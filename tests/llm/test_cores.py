import os
from pathlib import Path

import pytest

from cogitate.llm.cores import usable_cores


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("100000 100000", 1), ("50000 100000", 1), ("1 100000", 1)],
)
def test_a_containers_limit_of_cpu_time_counts(tmp_path: Path, limit: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(limit + "\n")
    assert usable_cores(tmp_path / "cpu.max") == cores


@pytest.mark.parametrize("limit", ["max 100000\n", "", "nonsense", "1 0"])
def test_no_limit_or_one_that_cannot_be_read_leaves_the_cores_of_the_process(
    tmp_path: Path, limit: str
) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    assert usable_cores(tmp_path / "cpu.max") == usable_cores(tmp_path / "missing")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this platform")
def test_only_the_cores_that_the_process_may_run_on_count(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cores(tmp_path / "missing") == 1
    finally:
        os.sched_setaffinity(0, before)
