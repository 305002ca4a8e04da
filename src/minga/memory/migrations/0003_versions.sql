INSERT INTO words (words, rank) VALUES ('usermerge', 2);
ALTER TABLE state ADD COLUMN passages INTEGER NOT NULL DEFAULT 0;
UPDATE state SET passages = abs(random() % 1000000000000000);
CREATE TRIGGER passages_added AFTER INSERT ON passages BEGIN UPDATE state SET passages = passages + 1; END;
CREATE TRIGGER passages_gone AFTER DELETE ON passages BEGIN UPDATE state SET passages = passages + 1; END;
