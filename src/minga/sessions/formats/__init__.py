"""The native session formats of the agent CLIs: find, read and write, one module a CLI.

Reading streams: a file of gigabytes passes through bounded memory, and what cannot be read is set aside, never dropped.
Writing makes files that the CLI itself resumes. Nothing here changes a file that a CLI wrote. Entry: `catalog.FORMATS`.
"""
