"""Digests of sessions, by a model: which stretches are due, what is asked, and what of an answer is believed.

Pure: asks no model and keeps nothing (`pipeline.digesting` does). Entries: `stretches.due`, `asking.request`,
`answers.read`.
"""
