"""One request, in order. The only place that knows every package. Entry: `task.Runner`."""
