"""The one door to chat models: `load_model`.

It knows what kinds of names there are; what is behind each kind is imported when asked for.
"""

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cogitate.errors import SetupError, UnavailableError
from cogitate.llm.catalogue import CATALOGUE, DEFAULT_MODEL, find, model_path

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from cogitate.llm.sources import Report

Maker = Callable[[Path, str, int | None, float], "BaseChatModel"]
"""Makes a model of a file, its name, a seed and a temperature."""

SCRIPTED = "scripted:"
REMOTE = ("openai:", "http://", "https://")


def load_model(
    name: str | None = None,
    *,
    offline: bool = False,
    report: "Report | None" = None,
    announce: Callable[[str], None] | None = None,
    seed: int | None = None,
    temperature: float = 0.0,
) -> "BaseChatModel":
    """Return the chat model called `name`.

    Args:
        name: a name of the catalogue, a path to a `.gguf` file, `openai:MODEL`, the URL of
            an OpenAI-compatible server as `http://HOST:PORT/v1#MODEL`, or `scripted:FILE`, a
            JSON list of replies to try tools and settings without a model. Without one,
            `COGITATE_MODEL`, else the embedded default, which is downloaded at first use.
        offline: never download, and use no model on another machine.
        report: called with the progress of a download.
        announce: called with one line: size and place before a download, or that the model
            runs in a ready-made server because llama-cpp-python is not installed.
        seed: fixes the choice of tokens where the temperature is above 0.
        temperature: 0 takes the likeliest token each time.

    Raises:
        SetupError: the name is not known, or is not what it should be.
        UnavailableError: the model or what runs it is not there; the message says the way out.
    """
    wanted = name or os.environ.get("COGITATE_MODEL") or DEFAULT_MODEL
    if wanted.startswith(REMOTE):
        return _remote(wanted, offline, seed, temperature)
    if wanted.startswith(SCRIPTED):
        from cogitate.llm.scripted import read_script

        return read_script(Path(wanted.removeprefix(SCRIPTED)))
    if wanted in CATALOGUE or not _looks_like_path(wanted):
        entry = find(wanted)
        made = _maker(announce)
        if announce is not None and not offline and not model_path(entry).exists():
            announce(
                f"model {entry.name} ({entry.size / 1e9:.1f} GB, {entry.licence}) is not here "
                f"yet; fetching it to {model_path(entry)}"
            )
        from cogitate.llm.download import fetch

        return made(fetch(entry, report=report, offline=offline), wanted, seed, temperature)
    from cogitate.llm.gguf import check_gguf

    path = Path(wanted).expanduser().absolute()
    check_gguf(path)
    return _maker(announce)(path, path.stem, seed, temperature)


def _looks_like_path(name: str) -> bool:
    return name.lower().endswith(".gguf") or "/" in name or os.sep in name or Path(name).is_file()


def _remote(spec: str, offline: bool, seed: int | None, temperature: float) -> "BaseChatModel":
    from cogitate.llm.remote import is_local, remote_model

    address = os.environ.get("OPENAI_BASE_URL", "") if spec.startswith("openai:") else spec
    if offline and not is_local(address):
        raise SetupError(
            f"--offline forbids the model {spec.partition('#')[2] or spec!r} on another machine; "
            "use a model of this one, or leave --offline out"
        )
    return remote_model(spec, seed=seed, temperature=temperature)


def _maker(announce: Callable[[str], None] | None) -> "Maker":
    """Return what makes a model of a file, before a gigabyte is downloaded for it.

    Raises:
        UnavailableError: neither llama-cpp-python nor the ready-made server is here.
    """
    from cogitate.llm.library import llama_library
    from cogitate.llm.prebuilt import is_installed

    try:
        llama_library()
    except UnavailableError:
        if not is_installed():
            raise
        return functools.partial(_served, announce or logging.getLogger("cogitate.llm").warning)
    return _embedded


def _embedded(path: Path, name: str, seed: int | None, temperature: float) -> "BaseChatModel":
    from cogitate.llm.llama import ChatLlama

    return ChatLlama(path=path, name=name, seed=seed, temperature=temperature)


def _served(
    say: Callable[[str], None], path: Path, name: str, seed: int | None, temperature: float
) -> "BaseChatModel":
    from cogitate.llm.prebuilt import prebuilt_model

    model, line = prebuilt_model(path, name, seed, temperature)
    say(line)
    return model
