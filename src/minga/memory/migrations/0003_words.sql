INSERT INTO words (words, rank) VALUES ('usermerge', 2);
