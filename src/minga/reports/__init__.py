"""The read side: questions that go across packages, for the command line. Never writes.

Entry: `stats.Statistics`.
"""
