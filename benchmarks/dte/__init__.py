"""What the engine for tax documents takes, finds and misses: speed beside peers, valid documents and mutants.

``python -m benchmarks dte`` does all of it (`run`). `corpus` makes the documents, signed with the keys of trials.
"""
