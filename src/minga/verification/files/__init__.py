"""Files that an answer points to, patches and changes: that they are there, fit, and stay where they may.

Entries: `references.References`, `patches.Patches`, `paths.ChangedPaths`.
"""
