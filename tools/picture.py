"""Writes docs/pictures/first-run.svg: what `minga run` shows for a task of the built-in agent, from a real run.

Run it again after a change of the live view: ``.venv/bin/python tools/picture.py``.
"""

import asyncio
import io
import re
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from minga.agents.attempt import Stop
from minga.bootstrap import build
from minga.domain.task import Task
from minga.entrypoints.cli.rich_view import RichView
from minga.entrypoints.cli.words import load
from minga.settings import read

TARGET = Path(__file__).parent.parent / "docs/pictures/first-run.svg"
TASK = "validate RUT 12.345.678-5"

LOOK = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Without the fonts that rich loads from the network; the reader's own monospace font serves."""


async def draw(folder: Path) -> str:
    minga = build(read({"MINGA_HOME": str(folder), "MINGA_CONFIG": str(folder), "LANG": "C"}))
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(f'[bold]$ minga run "{TASK}"[/bold]')
    view = RichView(console, load("en"))
    try:
        run = await minga.runner.start(Task(TASK, folder), Stop())
        async for recorded in run.events():
            view.show(recorded)
        assert run.receipt is not None
        view.receipt(run.receipt)
    finally:
        await minga.close()
    return console.export_svg(title="minga", code_format=LOOK, unique_id="minga")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        TARGET.write_text(asyncio.run(draw(Path(folder))), "utf-8")


if __name__ == "__main__":
    main()
