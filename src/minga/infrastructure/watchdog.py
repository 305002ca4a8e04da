"""Kills what Minga started if Minga itself dies without a chance to clean up (kill -9, out of memory).

One small ``sh`` per Minga process reads which trees live; when its input ends, because Minga is gone in whatever way,
it kills their groups, sessions and descendants, and whatever carries their mark. It stands in a session of its own, so
that a Ctrl-C at the terminal does not reach it.
"""

import contextlib
import subprocess

_SCRIPT = r"""
trap '' HUP INT TERM
live=' '
while read -r verb leader mark; do
  case $verb in
    guard) live="$live$leader:$mark " ;;
    release) kept=' '; for tree in $live; do [ "${tree%%:*}" = "$leader" ] || kept="$kept$tree "; done; live=$kept ;;
  esac
done
for tree in $live; do
  leader=${tree%%:*}; members=" $leader "; grown=yes
  while [ "$grown" ]; do
    grown=
    for stat in /proc/[0-9]*/stat; do
      read -r line 2>/dev/null < "$stat" || continue
      pid=${line%% *}
      set -- ${line##*) }
      case $members in *" $pid "*) continue ;; esac
      case $members in *" $2 "*) members="$members$pid "; grown=yes; continue ;; esac
      [ "$4" = "$leader" ] && members="$members$pid " && grown=yes
    done
  done
  kill -KILL -- "-$leader" 2>/dev/null
  for pid in $members; do kill -KILL "$pid" 2>/dev/null; done
done
for tree in $live; do
  for environ in $(grep -lsF "MINGA_PROCESS_MARK=${tree#*:}" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${environ#/proc/}; kill -KILL "${pid%/environ}" 2>/dev/null
  done
done
"""


class Watchdog:
    """Guards process trees by the pid of their leader and their mark. Starts its shell with the first tree."""

    def __init__(self) -> None:
        self._shell: subprocess.Popen[bytes] | None = None

    def guard(self, leader: int, mark: str) -> None:
        if self._shell is None:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        self._tell(f"guard {leader} {mark}\n")

    def release(self, leader: int) -> None:
        self._tell(f"release {leader}\n")

    def close(self) -> None:
        """End the shell; trees still guarded are killed by it."""
        if self._shell is not None:
            assert self._shell.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self._shell.stdin.close()
            self._shell.wait()
            self._shell = None

    def _tell(self, line: str) -> None:
        assert self._shell is not None
        assert self._shell.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._shell.stdin.write(line.encode())
            self._shell.stdin.flush()
