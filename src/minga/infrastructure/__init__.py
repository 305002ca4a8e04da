"""Mechanisms that touch the world: clock, ids, processes, JSON lines, git. No product words.

Each is handed in where it is needed, so that the whole product also runs from a seed.
"""
