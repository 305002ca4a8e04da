CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    title BYTEA NOT NULL,
    cwd TEXT NOT NULL,
    remote TEXT NOT NULL,
    branch TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    head TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_update ON sessions (updated_at);
CREATE INDEX sessions_by_owner ON sessions (owner, updated_at);
CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    number INTEGER NOT NULL,
    parent TEXT NOT NULL,
    prompt BYTEA NOT NULL,
    cwd TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    in_transcript INTEGER NOT NULL,
    owner_place TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    UNIQUE (session_id, number)
);
CREATE INDEX turns_by_state ON turns (state);
CREATE INDEX turns_to_tell ON turns (in_transcript, state);
CREATE TABLE pictures (
    turn_id TEXT NOT NULL REFERENCES turns (id),
    number INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (turn_id, number)
);
CREATE TABLE attempts (
    id TEXT PRIMARY KEY,
    turn_id TEXT NOT NULL REFERENCES turns (id),
    number INTEGER NOT NULL,
    agent TEXT NOT NULL,
    home TEXT NOT NULL,
    native_id TEXT,
    UNIQUE (turn_id, number)
);
CREATE INDEX attempts_by_native_id ON attempts (native_id);
CREATE TABLE events (
    turn_id TEXT NOT NULL REFERENCES turns (id),
    seq INTEGER NOT NULL,
    at BIGINT NOT NULL,
    attempt_id TEXT,
    kind TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (turn_id, seq)
);
