"""Long-term memory: what was said and done, found again with its source. Derived from the log of sessions, and
made anew from it whenever that is asked."""
