"""What an agent is told of earlier sessions: texts made shorter without inventing a word, and put into a bounded block.

Pure: no clock, no store, no model. Its entries are `brief.compose` and `shorten.shorten`.
"""
