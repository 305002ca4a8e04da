"""The command line: one file a verb. Entry: `main.main`."""
