"""Runs one command of a sandbox: a program of its own, started as a file by `sandbox`, which imports nothing of Minga.

It reads its plan, a JSON file, leaves the namespaces of the machine where the plan says so, and puts the command in its
place. What the command prints goes to standard error; standard output carries one line that tells how it ended:
``exit N``, ``missing NAME``, ``processes`` (too many of them), or ``impossible WHY`` where the kernel permits no
namespaces. Mounts vanish with the last process of their namespace, in whatever way it ends.
"""

import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any, NoReturn

NEW_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
"""CLONE_NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h)."""

MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PROC_FLAGS = 0x2 | 0x4 | 0x8
"""MS_NOSUID, MS_NODEV, MS_NOEXEC."""

SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
CAPABILITIES = 64
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

LOOK_S = 0.1
"""How often processes are counted."""

Plan = dict[str, Any]


def main() -> int:
    with open(sys.argv[1], "rb") as file:
        plan: Plan = json.load(file)
    report = os.dup(1)
    os.dup2(2, 1)
    if not plan["isolated"]:
        _become(plan, report)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _leave(libc)
    except OSError as refused:
        return _tell(report, f"impossible {refused}")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return 0
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        _bring_up_loopback()
        has_proc = _arrange(libc, plan)
    except OSError as refused:
        os._exit(_tell(report, f"impossible {refused}"))
    os._exit(_be_first(libc, plan, report, counts=has_proc))


def _tell(report: int, line: str) -> int:
    os.write(report, os.fsencode(line.replace("\n", " ") + "\n"))
    return 0


def _leave(libc: ctypes.CDLL) -> None:
    """New namespaces of every kind; in them the person is who they are, and nobody else is anybody."""
    user, group = os.geteuid(), os.getegid()
    _checked(libc.unshare(NEW_NAMESPACES), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def _arrange(libc: ctypes.CDLL, plan: Plan) -> bool:
    """Everything is read-only, but for the copy over the workspace and private folders over those for anybody; returns
    whether ``/proc`` shows the processes of this sandbox only (containers may refuse that).

    What is laid over a place would hide what lies in it, so each folder is opened first and then bound by its handle.
    """
    _mount(libc, "none", "/", MS_REC | MS_PRIVATE)
    _set_read_only(libc, "/", True)
    _mount(libc, plan["scratch"], plan["scratch"], MS_BIND)
    _set_read_only(libc, plan["scratch"], False)
    for source, target in plan["bound"]:
        _mount(libc, source, target, MS_BIND)
    copy = os.open(plan["copy"], os.O_PATH)
    private = [(place, os.open(folder, os.O_PATH)) for place, folder in plan["private"]]
    shown = [(place, os.open(place, os.O_PATH)) for place in plan["shown"]]
    for place, handle in private:
        _mount(libc, f"/proc/self/fd/{handle}", place, MS_BIND)
    for place, handle in shown:
        os.makedirs(place, exist_ok=True)
        _mount(libc, f"/proc/self/fd/{handle}", place, MS_BIND | MS_REC)
    os.makedirs(plan["cwd"], exist_ok=True)
    _mount(libc, f"/proc/self/fd/{copy}", plan["cwd"], MS_BIND | MS_REC)
    own: int = libc.mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(PROC_FLAGS), None)
    return own == 0


def _be_first(libc: ctypes.CDLL, plan: Plan, report: int, *, counts: bool) -> int:
    """The first process of the namespace: when it ends, the kernel ends all others."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    child = os.fork()
    if not child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        _give_up_rights(libc)
        _become(plan, report)
    while True:
        status = _reaped(child)
        if status is not None:
            return _tell(report, f"exit {_exit_code(status)}")
        if counts and sum(name.isdigit() for name in os.listdir("/proc")) > plan["processes"]:
            os.kill(-1, signal.SIGKILL)
            return _tell(report, "processes")
        signal.sigtimedwait({signal.SIGCHLD}, LOOK_S)


def _reaped(child: int) -> int | None:
    """Take leave of every process that has ended; the status of ``child`` if it is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == child:
            found = status
        if pid == 0:
            return found


def _exit_code(status: int) -> int:
    """As a shell tells it: 128 and the number of a signal."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _give_up_rights(libc: ctypes.CDLL) -> None:
    """Nothing that is run from here on can undo a mount, also where the person is root."""
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    _checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def _become(plan: Plan, report: int) -> NoReturn:
    """Put the command in the place of this process."""
    for kind, limit in plan["limits"].items():
        number = getattr(resource, kind, None)
        if number is not None:
            hard = resource.getrlimit(number)[1]
            value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(number, (value, value))
    if os.path.exists("/proc/self/oom_score_adj"):
        _be_killed_first()
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and what is ignored stays so
        signal.signal(ignored, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.chdir(plan["cwd"])
        os.execvp(plan["command"][0], plan["command"])  # noqa: S606 - the shell, where there is one, is the command
    except OSError:
        _tell(report, f"missing {plan['command'][0]}")
        os._exit(127)


def _be_killed_first() -> None:
    """When memory runs out, it is this one that goes, not the person's editor."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return


def _mount(libc: ctypes.CDLL, source: str, target: str, flags: int) -> None:
    done = libc.mount(os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None)
    _checked(done, f"mount on {target}")


class _Attributes(ctypes.Structure):
    """struct mount_attr (mount_setattr(2), Linux 5.12)."""

    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def _set_read_only(libc: ctypes.CDLL, place: str, read_only: bool) -> None:
    wanted = _Attributes(attr_set=MOUNT_ATTR_RDONLY) if read_only else _Attributes(attr_clr=MOUNT_ATTR_RDONLY)
    depth = AT_RECURSIVE if read_only else 0
    done = libc.syscall(
        ctypes.c_long(SYS_MOUNT_SETATTR),
        ctypes.c_long(AT_FDCWD),
        ctypes.c_char_p(os.fsencode(place)),
        ctypes.c_long(depth),
        ctypes.byref(wanted),
        ctypes.c_long(ctypes.sizeof(wanted)),
    )
    _checked(done, f"read-only {place}")


def _checked(done: int, what: str) -> None:
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main())
