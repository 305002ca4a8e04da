CREATE TABLE model_calls (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    user_name TEXT NOT NULL,
    team TEXT NOT NULL,
    project TEXT NOT NULL,
    provider TEXT NOT NULL,
    wire TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cached_input_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost_micro_usd BIGINT,
    source TEXT NOT NULL,
    status INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    took_ms INTEGER NOT NULL
);
CREATE INDEX model_calls_by_key ON model_calls (key_id, at);
CREATE INDEX model_calls_by_time ON model_calls (at);
