import os
from pathlib import Path

import pytest

from cogitate.cli import doctor
from cogitate.cli.doctor import Check


def by_name(checks) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_doctor_says_what_is_here_and_proves_the_sandbox(cogitate, clean: Path) -> None:
    done = cogitate("doctor", timeout=200)
    assert "Traceback" not in done.stderr
    assert done.returncode == (3 if "\nFAIL" in done.stdout else 0)
    for part in ("python", "langchain-core", "data folder", "model qwen2.5-coder-1.5b", "sandbox"):
        assert part in done.stdout
    assert list(clean.iterdir()) == []


def test_every_line_that_is_not_ok_says_the_way_out() -> None:
    parts = (doctor.package_checks, doctor.folder_checks, doctor.model_checks)
    for check in (check for part in parts for check in part()):
        assert check.verdict == "ok" or check.way_out or ";" in check.found, check


def test_a_missing_package_names_the_pip_line() -> None:
    check = doctor._package("no-such-package-at-all", "FAIL", "pip install it")
    assert (check.verdict, check.found, check.way_out) == (
        "FAIL",
        "not installed",
        "pip install it",
    )


def test_a_data_folder_that_cannot_be_made_fails_the_doctor(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clean / "file").write_text("in the way")
    monkeypatch.setenv("COGITATE_HOME", str(clean / "file" / "home"))
    check = by_name(doctor.folder_checks())["data folder"]
    assert check.verdict == "FAIL" and "COGITATE_HOME" in check.way_out


def test_looking_makes_no_data_folder(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COGITATE_HOME", str(clean / "deep" / "home"))
    assert by_name(doctor.folder_checks())["data folder"].verdict == "ok"
    assert not (clean / "deep").exists()


def test_a_broken_settings_file_fails_the_doctor() -> None:
    Path("cogitate.toml").write_text("[[[")
    assert by_name(doctor.folder_checks())["cogitate.toml"].verdict == "FAIL"


def test_a_damaged_default_model_fails_and_a_missing_one_does_not() -> None:
    from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL, model_path

    name = f"model {DEFAULT_MODEL}"
    assert by_name(doctor.model_checks())[name].verdict == "note"
    path = model_path(CATALOGUE[DEFAULT_MODEL])
    path.parent.mkdir(parents=True)
    path.write_bytes(b"GGUF")
    found = by_name(doctor.model_checks())[name]
    assert found.verdict == "FAIL" and "--force" in found.way_out


def test_a_whole_model_says_whether_its_hash_was_checked() -> None:
    from cogitate.llm.catalogue import CATALOGUE, model_path

    entry = CATALOGUE["qwen2.5-coder-0.5b"]
    path = model_path(entry)
    path.parent.mkdir(parents=True)
    path.touch()
    os.truncate(path, entry.size)  # sparse: it takes no room
    check = by_name(doctor.model_checks())[f"model {entry.name}"]
    assert check.verdict == "ok" and "checked at first use" in check.found


def test_a_failed_line_is_told_by_the_return_value(capsys: pytest.CaptureFixture[str]) -> None:
    ok = Check(verdict="ok", name="a", found="b")
    bad = Check(verdict="FAIL", name="a", found="b\x1b", way_out="do c")
    assert doctor._print(iter([ok])) is False
    assert doctor._print(iter([bad, ok])) is True
    assert "FAIL  a" in capsys.readouterr().out.replace("  a", " a", 0)
