CREATE TABLE masters (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    since BIGINT NOT NULL
);
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    since BIGINT NOT NULL
);
CREATE TABLE user_keys (
    id TEXT PRIMARY KEY,
    user_name TEXT NOT NULL REFERENCES users (name),
    state TEXT NOT NULL,
    since BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    master_id TEXT NOT NULL REFERENCES masters (id),
    wrapped BYTEA NOT NULL
);
CREATE INDEX user_keys_by_user ON user_keys (user_name);
CREATE TABLE store_keys (
    name TEXT PRIMARY KEY,
    shown TEXT NOT NULL,
    master_id TEXT NOT NULL REFERENCES masters (id),
    wrapped BYTEA NOT NULL
);
CREATE TABLE session_keys (
    session_id TEXT NOT NULL,
    user_name TEXT NOT NULL REFERENCES users (name),
    via TEXT NOT NULL,
    access TEXT NOT NULL,
    owner TEXT NOT NULL,
    project TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    user_key_id TEXT NOT NULL REFERENCES user_keys (id),
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (session_id, user_name, via)
);
CREATE INDEX session_keys_by_user ON session_keys (user_name);
CREATE INDEX session_keys_by_user_key ON session_keys (user_key_id);
CREATE INDEX session_keys_by_project ON session_keys (owner, project);
CREATE TABLE project_shares (
    owner TEXT NOT NULL REFERENCES users (name),
    project TEXT NOT NULL,
    user_name TEXT NOT NULL REFERENCES users (name),
    access TEXT NOT NULL,
    shown BYTEA NOT NULL,
    PRIMARY KEY (owner, project, user_name)
);
CREATE TABLE receipts (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE generations (
    number BIGINT NOT NULL
);
INSERT INTO generations VALUES (1);
