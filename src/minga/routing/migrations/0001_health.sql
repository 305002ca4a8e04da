CREATE TABLE limits (
    account TEXT NOT NULL,
    model_family TEXT NOT NULL,
    until BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (account, model_family)
);
CREATE TABLE outcomes (
    attempt_id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    ended_at BIGINT NOT NULL,
    failure TEXT NOT NULL
);
CREATE INDEX outcomes_by_agent ON outcomes (agent, ended_at);
