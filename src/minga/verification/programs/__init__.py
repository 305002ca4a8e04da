"""Programs that check the work, on a copy: which, with which tests, and what their output means.

Entry: `commands.Commands`.
"""
