"""Code in an answer and in changed files, read and never run: that it parses, and that the names in it exist.

Entries: `compiling.Compiles`, `imports.Names`.
"""
