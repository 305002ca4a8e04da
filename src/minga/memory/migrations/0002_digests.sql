CREATE TABLE digests (
    seq INTEGER PRIMARY KEY,
    of TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    made INTEGER NOT NULL,
    model TEXT NOT NULL,
    headline TEXT NOT NULL,
    summary TEXT NOT NULL,
    dropped INTEGER NOT NULL,
    fault TEXT NOT NULL
);
CREATE INDEX digests_by_session ON digests (of);
CREATE TABLE claims (
    seq INTEGER NOT NULL,
    message TEXT NOT NULL,
    quote TEXT NOT NULL,
    subject TEXT NOT NULL,
    predicate TEXT NOT NULL,
    value TEXT NOT NULL,
    single INTEGER NOT NULL,
    valid_from INTEGER
);
CREATE INDEX claims_by_seq ON claims (seq);
