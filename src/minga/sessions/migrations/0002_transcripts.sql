CREATE TABLE messages (
    seq BIGINT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    id TEXT NOT NULL,
    parent TEXT NOT NULL,
    chain TEXT NOT NULL,
    at BIGINT,
    role TEXT NOT NULL,
    agent TEXT NOT NULL,
    turn_id TEXT NOT NULL,
    body BYTEA NOT NULL,
    UNIQUE (session_id, id)
);
CREATE INDEX messages_in_order ON messages (session_id, seq);
CREATE TABLE natives (
    owner TEXT NOT NULL,
    agent TEXT NOT NULL,
    native_id TEXT NOT NULL,
    home TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    origin TEXT NOT NULL,
    path TEXT NOT NULL,
    size BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    cli_version TEXT NOT NULL,
    level TEXT NOT NULL,
    through TEXT NOT NULL,
    seam TEXT NOT NULL,
    anchor TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (owner, agent, native_id, home)
);
CREATE INDEX natives_by_session ON natives (session_id);
CREATE TABLE native_pieces (
    session_id TEXT NOT NULL REFERENCES sessions (id),
    agent TEXT NOT NULL,
    native_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (session_id, agent, native_id, number)
);
CREATE TABLE set_aside (
    session_id TEXT NOT NULL REFERENCES sessions (id),
    agent TEXT NOT NULL,
    native_id TEXT NOT NULL,
    place TEXT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (session_id, agent, native_id, place)
);
