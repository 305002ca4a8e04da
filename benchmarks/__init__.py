"""How fast Minga is, measured on this machine with the real CLIs and a scripted model server.

``python -m benchmarks`` prints every table. A time never fails a benchmark; a lost event, an error or a process that
is left over does (exit code 1).
"""
