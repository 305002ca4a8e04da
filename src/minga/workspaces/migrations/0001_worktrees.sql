CREATE TABLE worktrees (
    path TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    branch TEXT NOT NULL,
    base TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    owner_key TEXT NOT NULL
);
