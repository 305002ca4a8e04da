CREATE TABLE verdict_files (
    attempt_id TEXT NOT NULL,
    place TEXT NOT NULL,
    path TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    head TEXT NOT NULL,
    PRIMARY KEY (attempt_id, place, path)
);
