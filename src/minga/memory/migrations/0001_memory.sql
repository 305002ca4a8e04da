CREATE TABLE state (
    through INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    message TEXT NOT NULL,
    generation INTEGER NOT NULL,
    version INTEGER NOT NULL,
    encoder TEXT NOT NULL,
    pages INTEGER NOT NULL,
    digest_key BLOB NOT NULL
);
INSERT INTO state VALUES (0, '', '', 0, 0, '', abs(random() % 1000000000000000), randomblob(32));
CREATE TABLE projects (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    project INTEGER NOT NULL,
    owner TEXT NOT NULL
);
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    message TEXT NOT NULL,
    UNIQUE (session, message)
);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    session INTEGER NOT NULL,
    part INTEGER NOT NULL,
    at INTEGER,
    moment INTEGER GENERATED ALWAYS AS (COALESCE(at, 0)) VIRTUAL,
    role TEXT NOT NULL,
    agent TEXT NOT NULL,
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    said INTEGER NOT NULL,
    asks INTEGER NOT NULL,
    digest BLOB NOT NULL,
    alike BLOB,
    leads INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX passages_in_order ON passages (session, moment, seq, part);
CREATE INDEX passages_by_seq ON passages (seq);
CREATE INDEX passages_by_time ON passages (at);
CREATE INDEX passages_by_digest ON passages (digest);
CREATE INDEX passages_alike ON passages (alike, moment) WHERE alike IS NOT NULL;
CREATE INDEX passages_again ON passages (at) WHERE NOT leads;
CREATE VIRTUAL TABLE words USING fts5 (said, done, marks, content = '', tokenize = 'unicode61 remove_diacritics 0');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
CREATE TABLE missing (
    number INTEGER PRIMARY KEY
);
CREATE TABLE vectors (
    number INTEGER PRIMARY KEY,
    page INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE tokens (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);
CREATE TABLE pages (
    number INTEGER PRIMARY KEY,
    project INTEGER NOT NULL,
    version INTEGER NOT NULL,
    count INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    records BLOB NOT NULL
);
CREATE INDEX pages_by_project ON pages (project, count);
CREATE TABLE entities (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (kind, name)
);
CREATE TABLE mentions (
    passage INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    PRIMARY KEY (passage, entity, start)
) WITHOUT ROWID;
CREATE INDEX mentions_by_entity ON mentions (entity, passage);
CREATE TABLE statements (
    passage INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    predicate TEXT NOT NULL,
    value TEXT NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    confidence REAL NOT NULL,
    single INTEGER NOT NULL,
    valid_from INTEGER,
    valid_to INTEGER
);
CREATE INDEX statements_by_subject ON statements (subject, predicate);
CREATE INDEX statements_by_passage ON statements (passage);
CREATE TABLE proposals (
    passage INTEGER NOT NULL,
    text TEXT NOT NULL,
    scope TEXT NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    confidence REAL NOT NULL
);
CREATE INDEX proposals_by_passage ON proposals (passage);
CREATE TABLE notes (
    passage INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    about TEXT NOT NULL,
    valid_from INTEGER
);
CREATE INDEX notes_by_about ON notes (about);
