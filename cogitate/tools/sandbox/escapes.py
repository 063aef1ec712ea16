"""Programs that try to break out. Each prints ESCAPED only if it reached what it must not reach."""

from dataclasses import dataclass

MARK = "ESCAPED"
"""What a probe prints when it has got out."""


@dataclass(frozen=True)
class Probe:
    """One attempt. `code` may use the variables OUTSIDE (a folder) and PARENT (a process id)."""

    name: str
    code: str
    stopped: tuple[str, ...] = ()
    """Statuses that it must end with; any will do when there are none."""
    seconds: float = 10.0


_C = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
_SYSCALL = _C + (
    "import platform\narm = platform.machine() == 'aarch64'\n"
    "def call(x86, aarch, *rest):\n"
    "    return libc.syscall(ctypes.c_long(aarch if arm else x86), *rest)\n"
)

_FILES = (
    Probe("read /etc/passwd", "print('ESCAPED', open('/etc/passwd').read(40))"),
    Probe("read a file outside", "print('ESCAPED', open(OUTSIDE + '/secret.txt').read())"),
    Probe("list a folder outside", "import os\nprint('ESCAPED', os.listdir(OUTSIDE))"),
    Probe("list /", "import os\nprint('ESCAPED', os.listdir('/'))"),
    Probe(
        "read the home folder",
        "import os\nfor p in ('/root', '/home', '/Users'):\n    try:\n"
        "        print('ESCAPED', os.listdir(p))\n    except OSError:\n        pass",
    ),
    Probe(
        "read by a relative path",
        "import os\np = os.path.relpath(OUTSIDE + '/secret.txt')\nprint('ESCAPED', open(p).read())",
    ),
    Probe("write outside", "open(OUTSIDE + '/made.txt', 'w').write('x')\nprint('ESCAPED')"),
    Probe(
        "change a file outside", "open(OUTSIDE + '/secret.txt', 'a').write('x')\nprint('ESCAPED')"
    ),
    Probe(
        "delete a file outside", "import os\nos.unlink(OUTSIDE + '/secret.txt')\nprint('ESCAPED')"
    ),
    Probe(
        "empty a file outside",
        "import os\nfor f in (lambda p: os.truncate(p, 0),\n"
        "          lambda p: os.open(p, os.O_RDONLY | os.O_TRUNC)):\n"
        "    try:\n        f(OUTSIDE + '/secret.txt')\n        print('ESCAPED')\n"
        "    except OSError:\n        pass",
    ),
    Probe(
        "change the mode of a file outside",
        "import os\np = OUTSIDE + '/secret.txt'\nos.chmod(p, 0o4777)\n"
        "if os.stat(p).st_mode & 0o7777 == 0o4777:\n    print('ESCAPED')",
    ),
    Probe(
        "change the times of a file outside",
        "import os\np = OUTSIDE + '/secret.txt'\nos.utime(p, (1, 1))\n"
        "if os.stat(p).st_mtime == 1:\n    print('ESCAPED')",
    ),
    Probe(
        "read through a symbolic link",
        "import os\nos.symlink(OUTSIDE + '/secret.txt', 'link')\n"
        "print('ESCAPED', open('link').read(9))",
    ),
    Probe("leave a symbolic link", "import os\nos.symlink('/etc', 'way')\nprint('ESCAPED')"),
    Probe(
        "hard-link a file outside",
        "import os\nos.link(OUTSIDE + '/secret.txt', 'hard')\n"
        "print('ESCAPED', open('hard').read())",
    ),
    Probe(
        "move a file in", "import os\nos.rename(OUTSIDE + '/secret.txt', 'mine')\nprint('ESCAPED')"
    ),
    Probe("leave a named pipe", "import os\nos.mkfifo('pipe')\nprint('ESCAPED')"),
    Probe("make a device", "import os\nos.mknod('d', 0o20666, os.makedev(1, 5))\nprint('ESCAPED')"),
    Probe("change the root", "import os\nos.chroot('.')\nprint('ESCAPED')"),
    Probe(
        "mount", _C + "r = libc.mount(b'x', b'.', b'tmpfs', 0, 0)\nif r == 0:\n    print('ESCAPED')"
    ),
    Probe(
        "write to the Python installation",
        "import json\nopen(json.__file__, 'a')\nprint('ESCAPED')",
    ),
)
_SYSTEM = (
    Probe("read /proc/1/environ", "print('ESCAPED', open('/proc/1/environ', 'rb').read(10))"),
    Probe(
        "read the parent's environment",
        "print('ESCAPED', open(f'/proc/{PARENT}/environ', 'rb').read(10))",
    ),
    Probe(
        "read its own environment",
        "import os\nlook = ' '.join(os.environ)\n"
        "if any(w in look for w in ('KEY', 'TOKEN', 'SECRET', 'PROBE', 'VIRTUAL_ENV')):\n"
        "    print('ESCAPED', look)",
    ),
    Probe("list the processes", "import os\nprint('ESCAPED', os.listdir('/proc'))"),
    Probe("read memory as a file", "open('/proc/self/mem', 'rb')\nprint('ESCAPED')"),
    Probe("open the terminal", "open('/dev/tty')\nprint('ESCAPED')"),
    Probe("shared memory of the system", "open('/dev/shm/cogitate-probe', 'w')\nprint('ESCAPED')"),
)
_NETWORK = (
    Probe("open a socket", "import socket\nsocket.socket()\nprint('ESCAPED')"),
    Probe("ask for a name", "import socket\nprint('ESCAPED', socket.gethostbyname('localhost'))"),
    Probe(
        "fetch a page",
        "import urllib.request\ntry:\n    urllib.request.urlopen('http://127.0.0.1:9')\n"
        "    print('ESCAPED')\nexcept OSError as error:\n"
        "    if 'refused' in str(error):\n        print('ESCAPED')",
    ),
    Probe(
        "a socket file",
        "import socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "s.connect(OUTSIDE + '/socket')\nprint('ESCAPED')",
    ),
    Probe("a raw socket", "import socket\nsocket.socket(2, 3, 1)\nprint('ESCAPED')"),
    Probe(
        "a datagram to a socket file",
        "import socket\na, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "for send in (lambda: a.sendto(b'x', OUTSIDE + '/socket'),\n"
        "             lambda: a.sendmsg([b'x'], [], 0, OUTSIDE + '/socket')):\n"
        "    try:\n        send()\n        print('ESCAPED')\n"
        "    except PermissionError:\n        pass",
    ),
    Probe(
        "io_uring",
        _SYSCALL + "r = call(425, 425, 4, ctypes.create_string_buffer(120))\n"
        "if r >= 0:\n    print('ESCAPED')",
    ),
)
_PROCESSES = (
    Probe("fork", "import os\nif os.fork() == 0:\n    os._exit(0)\nprint('ESCAPED')"),
    Probe(
        "fork by system call",
        _SYSCALL + "r = call(57, 220, 17, 0, 0, 0, 0)\nif r >= 0:\n    print('ESCAPED')",
    ),
    Probe("start a program", "import subprocess\nprint('ESCAPED', subprocess.run(['/bin/true']))"),
    Probe("start a shell", "import os\nif os.system('true') == 0:\n    print('ESCAPED')"),
    Probe(
        "replace itself",
        "import os, sys\nos.execv('/bin/echo', ['echo', 'ESCAPED'])",
    ),
    Probe("spawn", "import os\nos.posix_spawn('/bin/true', ['true'], {})\nprint('ESCAPED')"),
    Probe(
        "multiprocessing",
        "import multiprocessing as m\nm.Process(target=print).start()\nprint('ESCAPED')",
    ),
    Probe("kill the parent", "import os\nos.kill(PARENT, 0)\nprint('ESCAPED')\nos.kill(PARENT, 9)"),
    Probe("kill everybody", "import os\nos.kill(-1, 0)\nprint('ESCAPED')"),
    Probe(
        "signal the parent through a file",
        "import fcntl\nf = open('f', 'w')\nfcntl.fcntl(f, 8, PARENT)\nprint('ESCAPED')",
    ),
    Probe("a handle on the parent", "import os\nos.pidfd_open(PARENT)\nprint('ESCAPED')"),
    Probe(
        "trace the parent",
        _C + "r = libc.ptrace(16, PARENT, 0, 0)\nif r == 0:\n    print('ESCAPED')",
    ),
    Probe(
        "read the parent's memory",
        _SYSCALL + "b = ctypes.create_string_buffer(16)\n"
        "r = call(310, 270, PARENT, b, 1, b, 1, 0)\n"
        "if r >= 0 or ctypes.get_errno() != 1:\n    print('ESCAPED')",
    ),
    Probe("slow the parent down", "import os\nos.setpriority(0, PARENT, 19)\nprint('ESCAPED')"),
    Probe("leave the session", "import os\nos.setsid()\nprint('ESCAPED')"),
    Probe("outlive the parent", _C + "if libc.prctl(1, 0, 0, 0, 0) == 0:\n    print('ESCAPED')"),
    Probe("become another", "import os\nos.setgroups([0])\nos.setuid(12345)\nprint('ESCAPED')"),
    Probe("a new namespace", _C + "if libc.unshare(0x10000000) == 0:\n    print('ESCAPED')"),
    Probe("a program in memory", "import os\nos.memfd_create('x')\nprint('ESCAPED')"),
    Probe(
        "trace the kernel",
        _SYSCALL
        + "if call(321, 280, 0, None, 0) >= 0 or ctypes.get_errno() != 1:\n    print('ESCAPED')",
    ),
    Probe("the host's name", "import socket\nsocket.sethostname('x')\nprint('ESCAPED')"),
    Probe(
        "lift the limits",
        "import resource as r\nr.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY,) * 2)\nprint('ESCAPED')",
    ),
)
_LIMITS = (
    Probe("a loop without end", "while True:\n    pass", ("timeout",), 1.0),
    Probe(
        "a loop that catches everything",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        ("timeout",),
        1.0,
    ),
    Probe(
        "signals switched off",
        "import signal\nfor n in range(1, 65):\n    try:\n"
        "        signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\nwhile True:\n    pass",
        ("timeout",),
        1.0,
    ),
    Probe("all the memory", "x = bytearray(8 << 30)\nprint('ESCAPED')", ("memory",)),
    Probe(
        "memory by and by", "x = []\nwhile True:\n    x.append(bytearray(64 << 20))", ("memory",)
    ),
    Probe("output without end", "while True:\n    print('x' * 1000)", ("output",)),
    Probe(
        "output by system call", "import os\nwhile True:\n    os.write(2, b'x' * 4096)", ("output",)
    ),
    Probe(
        "one large file", "f = open('f', 'wb')\nwhile True:\n    f.write(bytes(1 << 20))", ("disk",)
    ),
    Probe(
        "many files",
        "i = 0\nwhile True:\n    open(f'f{i}', 'w').close()\n    i += 1",
        ("disk",),
    ),
    Probe(
        "many large files",
        "i = 0\nwhile True:\n    open(f'f{i}', 'wb').write(bytes(4 << 20))\n    i += 1",
        ("disk",),
    ),
    Probe("a deep recursion", "def f(): return f()\nf()", ("error",)),
    Probe("a crash", "import ctypes\nctypes.string_at(0)", ("killed",)),
    Probe("an early end", "import os\nos._exit(0)", ("killed",)),
    Probe(
        "threads without end",
        "import threading, time\nwhile True:\n"
        "    threading.Thread(target=time.sleep, args=(60,)).start()",
        ("error", "memory", "killed"),
    ),
    Probe(
        "a forged answer",
        "import os\nfor d in range(3, 64):\n    try:\n"
        "        os.write(d, (2).to_bytes(4, 'big') + b'{}')\n    except OSError:\n        pass\n"
        "while True:\n    pass",
        ("killed", "timeout"),
        1.0,
    ),
)


def escape_probes() -> list[Probe]:
    """Return every probe."""
    return [*_FILES, *_SYSTEM, *_NETWORK, *_PROCESSES, *_LIMITS]
