CREATE TABLE virtual_keys (
    id TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    user_name TEXT NOT NULL,
    team TEXT NOT NULL,
    project TEXT NOT NULL,
    models TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    requests_per_minute INTEGER,
    concurrent_max INTEGER,
    budget_micro_usd BIGINT,
    budget_window TEXT NOT NULL
);
