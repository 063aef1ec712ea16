import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cogitate.cli.main import run_command_line

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty data folder, an empty current folder and no settings."""
    for name in list(os.environ):
        if name.startswith("COGITATE_") or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("COGITATE_HOME", str(home))
    monkeypatch.chdir(here)
    return home


@pytest.fixture
def cogitate() -> Run:
    """Return a function that runs the command in a process of its own."""

    def run(
        *args: str, env: dict[str, str] | None = None, **more: object
    ) -> "subprocess.CompletedProcess[str]":
        options: dict[str, object] = {
            "capture_output": True,
            "text": True,
            "encoding": "utf-8",
            "timeout": 60,
            # A script has no replies for what a memory asks.
            "env": {"COGITATE_MEMORY": "off", **os.environ, **(env or {})},
            **more,
        }
        return subprocess.run([sys.executable, "-m", "cogitate", *args], **options)  # type: ignore[call-overload,no-any-return]

    return run


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command in this process, for claims that hold in any process."""

    def run(
        *args: str, env: dict[str, str] | None = None, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        for name, value in {"COGITATE_MEMORY": "off", **(env or {})}.items():
            monkeypatch.setenv(name, value)
        typed = io.BytesIO(more.get("input", "").encode())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(typed, encoding="utf-8"))
        capfd.readouterr()
        code = run_command_line(args)
        return subprocess.CompletedProcess(args, code, *capfd.readouterr())

    return run
