"""Which system calls a confined program may make: the seccomp filter, as bytes.

It is loaded by path in the child, so it imports nothing of this package. What it does not
know: how a filter is put on a process; `confine.py` does that.
"""

import errno
import os
import platform
import struct
from collections.abc import Mapping

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN = {"x86_64": 1, "aarch64": 2}
_FIRST_UNKNOWN = 463
"""System calls from here on did not exist when this was written, so they do not exist here."""

# name:x86_64:aarch64, `-` where the architecture has none.
_REFUSED = """
socket:41:198 connect:42:203 bind:49:200 listen:50:201 accept:43:202 accept4:288:242
sendmsg:46:211 sendmmsg:307:269
ptrace:101:117 process_vm_readv:310:270 process_vm_writev:311:271 kcmp:312:272
process_madvise:440:440 process_mrelease:448:448 migrate_pages:256:238 move_pages:279:239
pidfd_open:434:434 pidfd_getfd:438:438 pidfd_send_signal:424:424 tkill:200:130
fork:57:- vfork:58:- execve:59:221 execveat:322:281 setsid:112:157 setpgid:109:154
mount:165:40 umount2:166:39 pivot_root:155:41 chroot:161:51 unshare:272:97 setns:308:268
open_tree:428:428 move_mount:429:429 fsopen:430:430 fsconfig:431:431 fsmount:432:432
fspick:433:433 mount_setattr:442:442 statmount:457:457 listmount:458:458
io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427
bpf:321:280 perf_event_open:298:241 userfaultfd:323:282 lookup_dcookie:212:18
keyctl:250:219 add_key:248:217 request_key:249:218
init_module:175:105 finit_module:313:273 delete_module:176:106 kexec_load:246:104
kexec_file_load:320:294 reboot:169:142 swapon:167:224 swapoff:168:225 acct:163:89
settimeofday:164:170 clock_settime:227:112 adjtimex:159:171 clock_adjtime:305:266
quotactl:179:60 quotactl_fd:443:443 syslog:103:116 iopl:172:- ioperm:173:- modify_ldt:154:-
uselib:134:- personality:135:92 vhangup:153:58 sethostname:170:161 setdomainname:171:162
open_by_handle_at:304:265 name_to_handle_at:303:264 memfd_create:319:279 memfd_secret:447:447
setpriority:141:140 ioprio_set:251:30 sched_setaffinity:203:122 sched_setscheduler:144:119
sched_setparam:142:118 sched_setattr:314:274
shmget:29:194 shmat:30:196 shmctl:31:195 msgget:68:186 msgctl:71:187 msgsnd:69:189
msgrcv:70:188 semget:64:190 semctl:66:191 semop:65:193 semtimedop:220:192
mq_open:240:180 mq_unlink:241:181 inotify_init:253:- inotify_init1:294:26 fanotify_init:300:262
truncate:76:45
setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7 removexattr:197:14 lremovexattr:198:15
fremovexattr:199:16
"""
_PRETENDED = """
chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452
chown:92:- fchown:93:55 lchown:94:- fchownat:260:54
utime:132:- utimes:235:- futimesat:261:- utimensat:280:88
"""
_ABSENT = "clone3:435:435 openat2:437:437"
"""Their arguments lie behind pointers; glibc falls back to `clone` and `openat`."""
_TO_ITSELF = "kill:62:129 tgkill:234:131 rt_sigqueueinfo:129:138 rt_tgsigqueueinfo:297:240"
_CHECKED = """
clone:56:220 prctl:157:167 prlimit64:302:261 fcntl:72:25 ioctl:16:29 socketpair:53:199
sendto:44:206 open:2:- openat:257:56
"""


def _numbers(table: str) -> dict[str, int]:
    """Return the system call numbers of this machine, by name."""
    rows = (entry.split(":") for entry in table.split())
    column = _COLUMN[platform.machine()]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000


def _fail(code: int) -> int:
    return 0x00050000 | code


def _op(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value & 0xFFFFFFFF)


def _argument(index: int, high: bool = False) -> bytes:
    return _op(_LOAD, 16 + 8 * index + (4 if high else 0))


_ENDS = [_op(_RETURN, _fail(errno.EPERM)), _op(_RETURN, _ALLOW)]
"""How each check below ends: the last but one refuses, the last allows."""


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """Return `body` and its two ends, run for system call `number` alone."""
    return [_op(_EQUAL, number, 0, len(body) + 2), *body, *_ENDS]


def _only(number: int, index: int, value: int) -> list[bytes]:
    """Return a check that lets `number` pass only when its argument is `value`."""
    return _when(number, [_argument(index), _op(_EQUAL, value, 1, 0)])


def _not(number: int, index: int, values: tuple[int, ...]) -> list[bytes]:
    """Return a check that refuses `number` when its argument is one of `values`."""
    last = len(values) - 1
    tests = [
        _op(_EQUAL, value, last - place, 1 if place == last else 0)
        for place, value in enumerate(values)
    ]
    return _when(number, [_argument(index), *tests])


def _checks(numbers: Mapping[str, int]) -> list[bytes]:
    """Return the checks of calls that are refused for some arguments only."""
    thread = 0x00010000
    program = _when(numbers["clone"], [_argument(0), _op(_ANY_BIT, thread, 1, 0)])
    # PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_MM and PR_SET_PTRACER.
    reserved = (1, 4, 35, 0x59616D61)
    program += _not(numbers["prctl"], 0, reserved)
    program += _only(numbers["prlimit64"], 0, 0)
    # F_SETOWN, F_SETSIG, F_SETOWN_EX and FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX send signals
    # or keys to others.
    program += _not(numbers["fcntl"], 1, (8, 10, 15))
    program += _not(numbers["ioctl"], 1, (0x8901, 0x8902, 0x5412, 0x541C))
    program += _only(numbers["socketpair"], 0, 1)
    # With an address, a datagram of a socket pair would reach any socket file.
    no_address = [_argument(4), _op(_EQUAL, 0, 0, 2), _argument(4, True), _op(_EQUAL, 0, 1, 0)]
    program += _when(numbers["sendto"], no_address)
    # Older Landlock does not see that opening for reading with O_TRUNC empties a file.
    for name, index in (("open", 1), ("openat", 2)):
        if name in numbers:
            body = [_argument(index), _op(_ANY_BIT, os.O_TRUNC, 0, 2), _op(_ANY_BIT, 3, 1, 0)]
            program += _when(numbers[name], body)
    return program


def instructions() -> list[bytes]:
    """Return the seccomp program for this process, one instruction each.

    Raises:
        OSError: there is none for this processor.
    """
    machine = platform.machine()
    if machine not in _AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"no filter for the processor {machine!r}")
    program = [_op(_LOAD, 4), _op(_EQUAL, _AUDIT_ARCH[machine], 1, 0), _op(_RETURN, _KILL)]
    program.append(_op(_LOAD, 0))
    if machine == "x86_64":  # the x32 numbers of the same calls
        program += [_op(_AT_LEAST, 0x40000000, 0, 1), _op(_RETURN, _KILL)]
    absent = _op(_RETURN, _fail(errno.ENOSYS))
    program += [_op(_AT_LEAST, _FIRST_UNKNOWN, 0, 1), absent]
    refused = _op(_RETURN, _fail(errno.EPERM))
    for table, end in (
        (_REFUSED, refused),
        (_PRETENDED, _op(_RETURN, _fail(0))),
        (_ABSENT, absent),
    ):
        for number in _numbers(table).values():
            program += [_op(_EQUAL, number, 0, 1), end]
    for number in _numbers(_TO_ITSELF).values():
        program += _only(number, 0, os.getpid())
    return [*program, *_checks(_numbers(_CHECKED)), _op(_RETURN, _ALLOW)]
