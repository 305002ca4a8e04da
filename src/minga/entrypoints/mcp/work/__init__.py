"""What the tools do, a module a subject; imported at its first use, since three CLIs do not wait for a slow start."""
