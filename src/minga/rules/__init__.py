"""The standing rules of a project: `.minga/rules.md`, and the files in which agent CLIs read them.

`rendering.plan` says what would be written, `changes.apply` writes it. Knows nothing of the memory: what is accepted
there comes in as values. Never changes what stands outside Minga's own marks.
"""
