ALTER TABLE passages ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
UPDATE passages SET length = said;
