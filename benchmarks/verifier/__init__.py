"""How often the verifier is wrong: labelled answers, right ones that look wrong and wrong ones that look right.

``python -m benchmarks verifier`` judges all of them (`run`). `kinds` holds the templates, written from what a person
would ask and get, not from what the checks look at; `corpus` fills them from a seed; `rates` counts.
"""
