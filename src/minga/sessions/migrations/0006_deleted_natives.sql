CREATE TABLE deleted_natives (
    owner TEXT NOT NULL,
    agent TEXT NOT NULL,
    native_id TEXT NOT NULL,
    PRIMARY KEY (owner, agent, native_id)
);
