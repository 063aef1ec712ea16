"""Tries to break out with every program of `escapes.py`: `cogitate doctor` runs this.

A probe that is refused, killed or stopped has failed, which is the point.
"""

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cogitate.tools.sandbox.escapes import MARK, Probe, escape_probes
from cogitate.tools.sandbox.execution import Execution, Level
from cogitate.tools.sandbox.session import PythonSession

SECRET = "a secret of the parent"
"""What lies in the file OUTSIDE/secret.txt that `prove` makes."""


def judge(probe: Probe, found: Execution, level: Level = "confined") -> tuple[bool, str]:
    """Return whether the sandbox held against `probe`, and in a few words how.

    Monty has no signals, threads or files in mass, so there an error is as good as a limit.
    """
    detail = found.error_message or found.error_type or found.status
    if MARK in found.stdout or MARK in (found.value or ""):
        return False, f"escaped: {found.stdout.strip()[:80]}"
    if found.status == "not_confined":
        return False, detail
    stopped = probe.stopped if level == "confined" else (*probe.stopped, "error")
    if probe.stopped and found.status not in stopped:
        return False, f"ended as {found.status!r}, not {' or '.join(probe.stopped)}"
    return True, f"{found.status}: {detail}" if found.status != detail else detail


def prove(level: Level, tried: Sequence[Probe] | None = None) -> list[tuple[str, bool, str]]:
    """Return (name, held, detail) of the probes `tried`, all by default, at `level`.

    At the level `none` nothing is tried, because nothing would hold.

    Raises:
        UnavailableError: the level is `monty` and its package is not installed.
    """
    if level == "none":
        return [("all probes", False, "the level 'none' confines nothing; nothing was tried")]
    most = 2.0 if level == "monty" else 60.0  # there the first time limit holds for all
    found = []
    with tempfile.TemporaryDirectory(prefix="cogitate-probe-") as name:
        workspace = Path(name, "workspace")
        workspace.mkdir()
        with outside(Path(name, "outside")) as place:
            session = PythonSession(workspace, None, level)
            for probe in escape_probes() if tried is None else tried:
                result = session.run(preamble(place) + probe.code, min(probe.seconds, most))
                held, detail = judge(probe, result, level)
                if held and not intact(place):
                    held, detail = False, "it changed files outside"
                found.append((probe.name, held, detail))
            session.close()
    return found


@contextlib.contextmanager
def outside(place: Path) -> Iterator[Path]:
    """Make the folder that probes try to reach, with a secret and a listening socket file."""
    place.mkdir()
    (place / "secret.txt").write_text(SECRET, encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(place / "socket"))
        yield place


def preamble(place: Path) -> str:
    """Return the lines that tell a probe where it may try."""
    return f"OUTSIDE = {str(place)!r}\nPARENT = {os.getpid()}\n"


def intact(place: Path) -> bool:
    """Return whether the folder is as `outside` made it."""
    names = sorted(os.listdir(place))
    text = (place / "secret.txt").read_text(encoding="utf-8") if "secret.txt" in names else ""
    return names == ["secret.txt", "socket"] and text == SECRET
