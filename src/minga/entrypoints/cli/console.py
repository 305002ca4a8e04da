"""The console that every view and table is printed on."""

import rich.console


class Console(rich.console.Console):
    """Rich's own ends the program with code 1 where the reader has gone away, by an exception that ends no turn."""

    def on_broken_pipe(self) -> None:
        """Called while the BrokenPipeError is handled: it goes on to whoever prints."""
        raise
