ALTER TABLE verdict_files ADD COLUMN machine TEXT NOT NULL DEFAULT '';
CREATE INDEX verdicts_by_session ON verdicts (session_id);
