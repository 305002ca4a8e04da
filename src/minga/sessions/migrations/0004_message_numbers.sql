CREATE TABLE message_numbers (highest BIGINT NOT NULL);
INSERT INTO message_numbers SELECT COALESCE(MAX(seq), 0) FROM messages;
