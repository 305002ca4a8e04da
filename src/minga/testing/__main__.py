"""Run the scripted server from a shell: ``python -m minga.testing --port 8080 --script script.toml``."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from minga.testing.script import Script, read_script
from minga.testing.server import Received, ScriptedServer

EPILOG = """\
The first line on standard output is the address. Then each answered request is one line: method, path, which turn
answered, status. Claude Code and Gemini CLI take the address as it is, the others with /v1. Ctrl-C ends the server.

A script file (JSON, or TOML by its suffix) has the keys turns, rules and default; a turn is one step or a list:
  {"turns": [{"do": "run_shell", "command": "ls"}, {"do": "say", "text": "done"}],
   "default": {"do": "fail", "status": 429, "retry_after_s": 30}}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns 2 where the script is unusable or the port is taken."""
    options = _parser().parse_args(arguments)
    try:
        script = read_script(options.script) if options.script else Script()
    except (OSError, msgspec.DecodeError) as error:
        print(f"script {str(options.script)!r} cannot be used: {error}", file=sys.stderr)
        return 2
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        with ScriptedServer(script, port=options.port, on_answered=_report) as server:
            print(server.url, flush=True)
            over.wait()
    except OSError as error:
        print(f"port {options.port} cannot be used: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m minga.testing",
        description="A scripted model server: OpenAI Responses and Chat Completions, Anthropic Messages, Gemini.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="script in JSON or TOML (default: always 'ok')")
    return parser


def _report(received: Received) -> None:
    words = [received.method, received.path, received.answered_by or "-", str(received.status)]
    print(*words, *(["aborted"] if received.aborted else []), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
