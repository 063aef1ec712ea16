import json
import struct
import subprocess
import sys

import pytest

import cogitate.llm
from cogitate.errors import SetupError, UnavailableError
from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL
from cogitate.llm.gguf import check_gguf
from cogitate.llm.load import load_model
from tests.openai_server import OpenAIServer


@pytest.fixture(autouse=True)
def empty_home(monkeypatch, tmp_path):
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path / "home"))
    for name in ("COGITATE_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "COGITATE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def text(value):
    return struct.pack("<Q", len(value)) + value


def gguf_bytes():
    """Return a whole GGUF file with one tensor of 64 numbers."""
    pairs = text(b"general.alignment") + struct.pack("<II", 4, 64)
    pairs += text(b"words") + struct.pack("<IIQ", 9, 8, 2) + text(b"a") + text(b"b")
    pairs += text(b"scores") + struct.pack("<IIQff", 9, 6, 2, 1, 2)
    tensor = text(b"weight") + struct.pack("<IQQIQ", 2, 8, 8, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + pairs + tensor
    return head + bytes(-len(head) % 64) + bytes(64 * 4)


def test_a_whole_gguf_file_passes(tmp_path):
    path = tmp_path / "whole.gguf"
    path.write_bytes(gguf_bytes())
    check_gguf(path)


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (gguf_bytes()[:-1], UnavailableError, "cut short"),
        (gguf_bytes()[:60], UnavailableError, "damaged"),
        (b"GGUF", UnavailableError, "damaged"),
        (b"GGUF" + b"\xff" * 500, UnavailableError, "damaged"),
        (b"# a text", SetupError, "not a GGUF"),
        (b"", SetupError, "not a GGUF"),
        (None, UnavailableError, "does not exist"),
    ],
)
def test_a_path_to_something_else_is_one_clear_line(tmp_path, content, kind, words):
    path = tmp_path / "file.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(kind, match=words) as caught:
        load_model(str(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_not_a_model(tmp_path):
    with pytest.raises(SetupError, match="is a folder"):
        load_model(str(tmp_path))


def test_an_unknown_name_gets_the_closest():
    with pytest.raises(SetupError, match=r"did you mean 'qwen2.5-coder-1.5b'"):
        load_model("qwen2.5-coder-1.5")


def test_without_a_name_the_default_is_meant():
    with pytest.raises(UnavailableError, match=f"cogitate models pull {DEFAULT_MODEL}"):
        load_model(offline=True)


def test_the_environment_names_the_model(monkeypatch):
    monkeypatch.setenv("COGITATE_MODEL", "nothing-of-the-kind")
    with pytest.raises(SetupError, match="nothing-of-the-kind"):
        load_model()


def test_size_and_place_are_announced_before_a_download(monkeypatch, tmp_path):
    (tmp_path / "home").write_text("no folder, so that the download ends before it begins")
    lines = []
    with pytest.raises(SetupError, match="COGITATE_HOME"):
        load_model(announce=lines.append)
    assert len(lines) == 1
    assert "1.1 GB" in lines[0]
    assert str(tmp_path / "home" / "models" / CATALOGUE[DEFAULT_MODEL].file) in lines[0]


def test_a_server_is_a_model_even_offline_on_this_machine():
    with OpenAIServer() as server:
        assert load_model(f"{server.url}#toy", offline=True).invoke("hi").text == "Hello there"


@pytest.mark.parametrize("spec", ["openai:gpt-4.1-mini", "https://models.example/v1#m"])
def test_offline_forbids_a_model_on_another_machine(spec):
    with pytest.raises(SetupError, match="--offline forbids"):
        load_model(spec, offline=True)


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_without_the_engine_three_ways_on_are_named():
    done = run(
        "import sys; sys.modules['llama_cpp'] = sys.modules['xllamacpp'] = None\n"
        "from cogitate.llm import load_model\n"
        "try: load_model()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    assert done.stdout.startswith("UnavailableError")
    for words in ("compiler", 'pip install "cogitate[local]"', "wheel", "--model http://"):
        assert words in done.stdout


def test_importing_the_package_and_the_catalogue_is_light():
    done = run(
        "import sys, json, cogitate.llm\n"
        "from cogitate.llm import CATALOGUE, fetch, load_model, remote_model, explain\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    heavy = {"openai", "langchain_core", "langchain_openai", "llama_cpp", "numpy", "httpx", "rich"}
    assert not heavy & set(json.loads(done.stdout))


def test_each_public_name_is_there_once_and_real():
    assert sorted(cogitate.llm.__all__) == sorted(set(cogitate.llm.__all__))
    for name in cogitate.llm.__all__:
        assert getattr(cogitate.llm, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        cogitate.llm.nothing  # noqa: B018
