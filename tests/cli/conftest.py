import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
