CREATE TABLE usage_entries (
    attempt_id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    turn_id TEXT NOT NULL,
    agent TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cached_input_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_micro_usd BIGINT,
    cost_source TEXT NOT NULL,
    failure TEXT NOT NULL,
    booked_at BIGINT NOT NULL
);
CREATE INDEX usage_entries_by_turn ON usage_entries (turn_id);
CREATE INDEX usage_entries_by_session ON usage_entries (session_id);
