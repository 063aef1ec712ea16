"""Writes a tiny GGUF model with random weights: a recurrent one, whose state cannot be cut."""

import random
import struct
from array import array
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MARKS = ["<|end|>", "<|user|>", "<|assistant|>", "<|system|>", "<|tool|>"]
WIDTH, INNER, STATE, RANK, KERNEL, LAYERS = 64, 128, 16, 4, 4, 2


def _bytes_as_text() -> list[str]:
    """Return the 256 letters by which such a vocabulary writes bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + at) for at, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value[0], str):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))
    return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)


def write_recurrent(path: Path, seed: int = 1) -> None:
    """Write a Mamba of two layers whose tokens are single bytes."""
    random_numbers = random.Random(seed)
    tokens = [*_bytes_as_text(), *MARKS]
    metadata: dict[str, Any] = {
        "general.architecture": "mamba",
        "mamba.context_length": 4096,
        "mamba.embedding_length": WIDTH,
        "mamba.feed_forward_length": 0,
        "mamba.attention.head_count": 0,
        "mamba.block_count": LAYERS,
        "mamba.ssm.conv_kernel": KERNEL,
        "mamba.ssm.inner_size": INNER,
        "mamba.ssm.state_size": STATE,
        "mamba.ssm.time_step_rank": RANK,
        "mamba.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [*[1] * 256, *[3] * len(MARKS)],
        "tokenizer.ggml.merges": ["Ā ā"],
        "tokenizer.ggml.bos_token_id": 256,
        "tokenizer.ggml.eos_token_id": 256,
        "tokenizer.chat_template": TEMPLATE,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (WIDTH, len(tokens)),
        "output_norm.weight": (WIDTH,),
    }
    for layer in range(LAYERS):
        shapes |= {
            f"blk.{layer}.attn_norm.weight": (WIDTH,),
            f"blk.{layer}.ssm_in.weight": (WIDTH, 2 * INNER),
            f"blk.{layer}.ssm_conv1d.weight": (KERNEL, INNER),
            f"blk.{layer}.ssm_conv1d.bias": (INNER,),
            f"blk.{layer}.ssm_x.weight": (INNER, RANK + 2 * STATE),
            f"blk.{layer}.ssm_dt.weight": (RANK, INNER),
            f"blk.{layer}.ssm_dt.bias": (INNER,),
            f"blk.{layer}.ssm_a": (STATE, INNER),
            f"blk.{layer}.ssm_d": (INNER,),
            f"blk.{layer}.ssm_out.weight": (INNER, WIDTH),
        }
    head, body = b"", b""
    for name, shape in shapes.items():
        count = 1
        for size in shape:
            count *= size
        numbers = [random_numbers.gauss(0, 0.3) for _ in range(count)]
        if name.endswith("norm.weight"):
            numbers = [1.0] * count
        if name.endswith("ssm_a"):
            numbers = [-abs(number) - 0.1 for number in numbers]
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        data = array("f", numbers).tobytes()
        body += data + bytes(-len(data) % 32)
    pairs = b"".join(_text(key) + _value(value) for key, value in metadata.items())
    start = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(metadata)) + pairs + head
    path.write_bytes(start + bytes(-len(start) % 32) + body)
