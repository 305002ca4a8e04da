CREATE TABLE full_seconds (
    second INTEGER PRIMARY KEY,
    go_on INTEGER NOT NULL
);
