CREATE TABLE sync_places (
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    device TEXT NOT NULL,
    sent BIGINT NOT NULL,
    PRIMARY KEY (owner, place)
);
CREATE TABLE sync_names (
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    device TEXT NOT NULL,
    PRIMARY KEY (owner, place, device)
);
CREATE TABLE sync_taken (
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    device TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (owner, place, device, number)
);
CREATE TABLE sync_came (
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (owner, place, seq)
);
CREATE TABLE sync_sessions (
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    session_id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    header BYTEA NOT NULL,
    head TEXT NOT NULL,
    gone INTEGER NOT NULL,
    PRIMARY KEY (owner, place, session_id)
);
CREATE TABLE sync_heads (
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    session_id TEXT NOT NULL,
    device TEXT NOT NULL,
    number BIGINT NOT NULL,
    head TEXT NOT NULL,
    PRIMARY KEY (owner, place, session_id, device)
);
