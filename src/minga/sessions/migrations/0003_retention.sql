CREATE TABLE retention (
    owner TEXT NOT NULL,
    project TEXT NOT NULL,
    days INTEGER NOT NULL,
    PRIMARY KEY (owner, project)
);
CREATE TABLE retention_runs (
    owner TEXT PRIMARY KEY,
    ran_at BIGINT NOT NULL
);
