"""What one text says, found by rules and without a model: what is the speaker's own, what is junk or secret, what it
mentions and states, and which standing rules it asks for. Pure functions of text; reads nothing, keeps nothing.

Entry: `extract.extract` for a passage, `hygiene` for a text that is to become one.
"""
