"""How a confined process begins and ends: its pipes, its environment, its death.

What it does not know: what is said over the pipes.
"""

import contextlib
import functools
import os
import signal
import site
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_SYSTEM = (
    *("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime"),
    *("/usr/share/zoneinfo", "/dev/urandom", "/dev/zero"),
)


class NotConfinedError(Exception):
    """Raised when the process could not be started with every layer; says which is missing."""


def readable_roots() -> list[str]:
    """Return what the process may read of the system: this Python installation and libraries."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    roots = {sysconfig.get_path(name) for name in names} | set(site.getsitepackages())
    roots |= {os.path.join(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix)}
    base = {"base": sys.base_prefix, "platbase": sys.base_prefix}
    roots |= {sysconfig.get_path(name, vars=base) for name in names}
    return sorted(path for path in (*roots, *_SYSTEM) if path and os.path.exists(path))


@functools.cache
def starter(_process: int) -> ThreadPoolExecutor:
    """Return the one thread that starts processes.

    A confined process dies with the *thread* that started it, so that thread must last as long
    as this process does. Cached by process id, because a fork leaves threads behind.
    """
    return ThreadPoolExecutor(1, thread_name_prefix="cogitate-sandbox")


def end(process: "subprocess.Popen[bytes]", answers: int) -> None:
    """Kill the process and all that it may have started, and close the pipes to it."""
    if process.returncode is None:  # else its number may be another's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    os.close(answers)


def start(workspace: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """Start the child in `workspace` and return it with the pipe of its answers."""
    answers, theirs = os.pipe()
    place = str(workspace)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": place,
        "TMPDIR": place,
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": os.path.join(place, ".matplotlib"),
    }
    script = str(Path(__file__).with_name("child.py"))
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", script, str(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            cwd=place,
            pass_fds=(theirs,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(answers)
        raise NotConfinedError(f"the Python process did not start: {error}") from error
    finally:
        os.close(theirs)
    return process, answers
