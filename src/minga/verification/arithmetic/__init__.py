"""Arithmetic that an answer states, recomputed: equations, labelled amounts, tables with totals, words.

Entry: `sums.Sums`.
"""
