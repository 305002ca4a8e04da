"""Examples of envelopes, messages and books as files, as the benchmark makes them."""

from benchmarks.dte.covers import edited_file, written

__all__ = ["edited_file", "written"]
