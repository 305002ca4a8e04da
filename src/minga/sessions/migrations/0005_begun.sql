CREATE TABLE natives_begun (
    owner TEXT NOT NULL,
    agent TEXT NOT NULL,
    native_id TEXT NOT NULL,
    home TEXT NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    writer_place TEXT NOT NULL,
    writer_key TEXT NOT NULL,
    PRIMARY KEY (owner, agent, native_id, home)
);
