"""The kinds of claims, a file or two each: templates that the corpus is filled from, and those that are kept apart.

A template makes cases of one form. Those of ``HELD`` are in no development set, so that nobody can fit a check to them.
"""
