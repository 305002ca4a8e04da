"""The Agent2Agent protocol: other companies' agents give Minga a task. Off unless a directory is set for it.

Thin, on the official SDK (the extra ``a2a``): a card that says what Minga can do, and an endpoint that takes tasks,
each of them a run of Minga's like any other. Entry: `web.A2a`.
"""
