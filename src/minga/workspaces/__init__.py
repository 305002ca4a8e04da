"""Git worktrees in which agents work apart from the person's own files, and their end: merged, aged out, over quota.

Must not run agents. Entry: `worktrees.Worktrees`.
"""
