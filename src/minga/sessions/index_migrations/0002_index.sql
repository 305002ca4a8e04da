CREATE TABLE agents (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE places (
    number INTEGER PRIMARY KEY,
    cwd TEXT NOT NULL,
    remote TEXT NOT NULL,
    UNIQUE (cwd, remote)
);
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    place INTEGER NOT NULL,
    cost_micro_usd INTEGER NOT NULL,
    is_cost_known INTEGER NOT NULL
);
CREATE TABLE documents (
    number INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE,
    session INTEGER NOT NULL,
    message TEXT NOT NULL,
    agent INTEGER NOT NULL,
    role TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (session, message)
);
CREATE TABLE files (
    reversed TEXT NOT NULL,
    session INTEGER NOT NULL,
    PRIMARY KEY (reversed, session)
) WITHOUT ROWID;
CREATE INDEX files_by_session ON files (session, reversed);
CREATE TABLE volumes (
    number INTEGER PRIMARY KEY
);
CREATE TABLE volume_sessions (
    volume INTEGER NOT NULL,
    session INTEGER NOT NULL,
    PRIMARY KEY (volume, session)
) WITHOUT ROWID;
CREATE TABLE state (
    through INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    message TEXT NOT NULL,
    generation INTEGER NOT NULL
);
INSERT INTO state VALUES (0, '', '', 0);
