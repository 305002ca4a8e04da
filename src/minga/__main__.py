"""``python -m minga`` is ``minga``."""

from minga.entrypoints.cli.main import main

main()
