"""llama.cpp's library, loaded at first use, quiet and told to spin for a moment only."""

import ctypes
import functools
import os
from typing import Any

from cogitate.errors import UnavailableError

NO_LLAMA = (
    "the embedded engine llama-cpp-python is not here ({reason}). Three ways on: "
    'install a C++ compiler and run `pip install "cogitate[local]"` (it compiles for about '
    '5 minutes); take a ready-made wheel, by `pip install "cogitate[prebuilt]"` or from the '
    "wheel index that the llama-cpp-python documentation names; or use any OpenAI-compatible "
    "server: --model http://127.0.0.1:8080/v1#NAME"
)

SPINS = "500"
"""How often a thread looks whether the others are there before it sleeps: some microseconds."""


def llama_library() -> Any:
    """Return the llama_cpp module, whose threads sleep soon when they wait for each other.

    Raises:
        UnavailableError: it is not installed or its library does not load.
    """
    # Spinning worker threads cost 20 times the speed as soon as anything else runs.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Those that sleep at once cost a third of it: a token has hundreds of such meetings.
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise UnavailableError(NO_LLAMA.format(reason=error)) from error
    _quieten(llama_cpp)
    return llama_cpp


@functools.cache
def _quieten(lib: Any) -> Any:
    """Keep llama.cpp's own log off the person's terminal.

    The callback is kept for as long as the process lives, because llama.cpp keeps its address.
    """
    callback = lib.llama_log_callback(lambda level, text, data: None)
    lib.llama_log_set(callback, ctypes.c_void_p(0))
    return callback
