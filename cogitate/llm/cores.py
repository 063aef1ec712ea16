"""How many cores this process may use, which in a container is fewer than the machine has."""

import os
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = QUOTA) -> int:
    """Return how many cores this process may use: at least 1.

    That is what the scheduler lets it run on (`taskset`, a container's cpuset), or the CPU time
    of a container's limit, rounded up, where that is less. Threads beyond that slow a model down.

    Args:
        quota: the file of cgroup v2 with the limit, `max 100000` or `200000 100000`.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1  # macOS and Windows
    try:
        time, period = quota.read_text("ascii").split()
        cores = min(cores, -(-int(time) // int(period)))
    except (OSError, ValueError, ZeroDivisionError):
        pass  # no such limit here, or `max`
    return max(1, cores)


__all__ = ["usable_cores"]
