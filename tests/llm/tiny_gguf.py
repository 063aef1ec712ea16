"""Writes tiny GGUF models with random weights, of kinds whose cache cannot be cut anywhere.

A recurrent one, which has one state of all that it read, and one whose layers see in turn only
the last tokens (a sliding window) and all of them. Their tokens are single bytes.
"""

import math
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
WIDTH, LAYERS = 64, 2
INNER, STATE, RANK, KERNEL = 128, 16, 4, 4
HEADS, HEAD, WINDOW = 2, 32, 24
"""Of the model with a window: heads, their width, and the tokens that the window holds."""


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
    """Write a Mamba of two layers."""
    metadata: dict[str, Any] = {
        "mamba.feed_forward_length": 0,
        "mamba.attention.head_count": 0,
        "mamba.ssm.conv_kernel": KERNEL,
        "mamba.ssm.inner_size": INNER,
        "mamba.ssm.state_size": STATE,
        "mamba.ssm.time_step_rank": RANK,
    }
    layer: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (WIDTH,),
        "ssm_in.weight": (WIDTH, 2 * INNER),
        "ssm_conv1d.weight": (KERNEL, INNER),
        "ssm_conv1d.bias": (INNER,),
        "ssm_x.weight": (INNER, RANK + 2 * STATE),
        "ssm_dt.weight": (RANK, INNER),
        "ssm_dt.bias": (INNER,),
        "ssm_a": (STATE, INNER),
        "ssm_d": (INNER,),
        "ssm_out.weight": (INNER, WIDTH),
    }
    _write(path, "mamba", metadata, layer, seed)


def write_windowed(path: Path, seed: int = 1, window: int = WINDOW) -> None:
    """Write a Gemma 2 of two layers, the first of which sees the last `window` tokens only."""
    metadata: dict[str, Any] = {
        "gemma2.feed_forward_length": 2 * WIDTH,
        "gemma2.attention.head_count": HEADS,
        "gemma2.attention.head_count_kv": HEADS,
        "gemma2.attention.key_length": HEAD,
        "gemma2.attention.value_length": HEAD,
        "gemma2.attention.sliding_window": window,
    }
    layer: dict[str, tuple[int, ...]] = {
        "attn_norm.weight": (WIDTH,),
        "attn_q.weight": (WIDTH, HEADS * HEAD),
        "attn_k.weight": (WIDTH, HEADS * HEAD),
        "attn_v.weight": (WIDTH, HEADS * HEAD),
        "attn_output.weight": (HEADS * HEAD, WIDTH),
        "post_attention_norm.weight": (WIDTH,),
        "ffn_norm.weight": (WIDTH,),
        "ffn_gate.weight": (WIDTH, 2 * WIDTH),
        "ffn_up.weight": (WIDTH, 2 * WIDTH),
        "ffn_down.weight": (2 * WIDTH, WIDTH),
        "post_ffw_norm.weight": (WIDTH,),
    }
    _write(path, "gemma2", metadata, layer, seed)


def _write(
    path: Path,
    family: str,
    metadata: dict[str, Any],
    layer: dict[str, tuple[int, ...]],
    seed: int,
) -> None:
    """Write a model of `family` whose layers all have the tensors of `layer`."""
    random_numbers = random.Random(seed)
    tokens = [*_bytes_as_text(), *MARKS]
    metadata = {
        "general.architecture": family,
        f"{family}.context_length": 4096,
        f"{family}.embedding_length": WIDTH,
        f"{family}.block_count": LAYERS,
        f"{family}.attention.layer_norm_rms_epsilon": 1e-5,
        **metadata,
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
    for number in range(LAYERS):
        shapes |= {f"blk.{number}.{name}": shape for name, shape in layer.items()}
    head, body = b"", b""
    for name, shape in shapes.items():
        count = math.prod(shape)
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
