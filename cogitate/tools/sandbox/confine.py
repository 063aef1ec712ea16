"""Confines the calling process on Linux with what the kernel offers, by the standard library alone.

Layers, in the order in which they are put on: rlimits, dropped capabilities, death with the
parent, no_new_privs, Landlock (files, TCP, signals), seccomp (sockets, processes, the rest).
It is loaded by path in the child, so it imports nothing of this package; the seccomp filter is
built by `calls.py` and handed over.

What it does not stop: kernel bugs, side channels of the processor, and learning from `stat`
whether a path exists. Files that are deleted while open are bounded only by the number of
open files times the largest file. Changing modes, owners and times does nothing and says so
to nobody, because `shutil.copy` and `zipfile` need it to succeed and Landlock does not cover it.
"""

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Callable, Iterable, Mapping

LAYERS = ("rlimits", "capabilities", "no_new_privs", "landlock", "seccomp")
"""Every layer that must hold, as named by what `apply` returns."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long

# ------------------------------------------------------------------------------ kernel numbers
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_GET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 21, 24
_PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 38, 39, 47
_CAPSET = {"x86_64": 126, "aarch64": 91}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446


def _syscall(number: int, *arguments: object) -> int:
    """Return what a system call gives.

    Raises:
        OSError: it failed.
    """
    result = int(_LIBC.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _prctl(option: int, *arguments: int) -> int:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return int(_LIBC.prctl(option, *padded))


# ------------------------------------------------------------------------------------ landlock
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << i for i in range(6))
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE, _IOCTL = 1 << 7, 1 << 8, 1 << 13, 1 << 14, 1 << 15
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_READ = _READ_FILE | _READ_DIR
# No links, pipes, sockets or devices: other programs that meet them must not be fooled.
_WRITE = (
    _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
)


def landlock_version() -> int:
    """Return the kernel's Landlock version, 0 when there is none."""
    try:
        return _syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    except OSError:
        return 0


def _handled_rights(version: int) -> int:
    count = 13 if version < 2 else 14 if version < 3 else 15 if version < 5 else 16
    return (1 << count) - 1


def _restrict_files(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Leave the calling thread `readable` and `writable` of all the files there are.

    A readable path that does not exist is left out; a writable one must exist.
    """
    version = landlock_version()
    if version < 1:
        raise OSError(errno.ENOSYS, "the kernel has no Landlock (5.13 or later has, if enabled)")
    handled = _handled_rights(version)
    attributes = struct.pack("QQQ", handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = _syscall(_LANDLOCK_CREATE, attributes[:size], ctypes.c_size_t(size), 0)
    try:
        for path in readable:
            if os.path.exists(path):
                _allow(rules, path, _READ & handled)
        for path in writable:
            _allow(rules, path, _WRITE & handled)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _syscall(_LANDLOCK_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _FOR_FILES
        _syscall(_LANDLOCK_ADD, rules, 1, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


# ------------------------------------------------------------------------------------- seccomp
class _Program(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _restrict_calls(instructions: list[bytes]) -> None:
    """Put a seccomp filter on every thread of this process."""
    buffer = ctypes.create_string_buffer(b"".join(instructions))
    program = _Program(len(instructions), ctypes.cast(buffer, ctypes.c_void_p))
    _syscall(_SECCOMP[platform.machine()], 1, 1, ctypes.byref(program))  # filter mode, all threads
    if _prctl(_PR_GET_SECCOMP) != 2:
        raise OSError(errno.EPERM, "the filter was taken but is not on")


# -------------------------------------------------------------------------------- all the rest
def _limit_resources(bounds: Mapping[str, int]) -> None:
    wanted = {
        resource.RLIMIT_CPU: bounds["processor"],
        resource.RLIMIT_FSIZE: bounds["disk"],
        resource.RLIMIT_NOFILE: bounds["open_files"],
        resource.RLIMIT_AS: bounds["memory"],
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # One second more, or the kernel would kill before it says why.
        most = value + 1 if kind == resource.RLIMIT_CPU and value != hard else value
        resource.setrlimit(kind, (value, most))


def _drop_capabilities() -> None:
    for capability in range(64):
        _prctl(_PR_CAPBSET_DROP, capability)  # refused when there are none to drop
    _prctl(_PR_CAP_AMBIENT, 4)
    header, empty = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    _syscall(_CAPSET[platform.machine()], header, empty)


def _die_with(parent: int) -> None:
    """End this process when the thread that started it ends, and hide its memory from others."""
    _prctl(_PR_SET_PDEATHSIG, 9)
    _prctl(_PR_SET_DUMPABLE, 0)
    if os.getppid() != parent:
        os._exit(0)


def _forbid_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if _prctl(_PR_GET_NO_NEW_PRIVS) != 1:
        raise OSError(errno.EPERM, "the kernel did not take it")


def apply(
    *,
    readable: Iterable[str],
    writable: Iterable[str],
    bounds: Mapping[str, int],
    parent: int,
    calls: Callable[[], list[bytes]],
    full: bool = True,
) -> dict[str, str]:
    """Confine this process for good and return each layer with why it is missing, `""` if it is on.

    Args:
        readable: files and folders that may be read.
        writable: files and folders that may be read, changed and made.
        bounds: `memory`, `disk`, `open_files`, `processor` as in `Bounds`.
        parent: the process whose end is the end of this one.
        calls: returns the seccomp filter, as `calls.instructions` does.
        full: False puts on the rlimits only.
    """
    found = {"rlimits": _reason(lambda: _limit_resources(bounds))}
    if not sys.platform.startswith("linux"):
        return found | {layer: f"not on {sys.platform}" for layer in LAYERS[1:]}
    steps: dict[str, Callable[[], None]] = {
        "capabilities": _drop_capabilities,
        "no_new_privs": _forbid_privileges,
        "landlock": lambda: _restrict_files(readable, writable),
        "seccomp": lambda: _restrict_calls(calls()),
    }
    if not full:
        steps = {}
    for layer, step in steps.items():
        if layer == "no_new_privs":
            _die_with(parent)  # after the capabilities, whose change could undo it
        found[layer] = _reason(step)
    if not full:
        _die_with(parent)
    return found


def _reason(step: Callable[[], None]) -> str:
    """Return why `step` failed, `""` when it did not."""
    try:
        step()
    except (OSError, ValueError, KeyError) as error:
        return str(error) or type(error).__name__
    return ""
