ALTER TABLE virtual_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'models';
ALTER TABLE virtual_keys ADD COLUMN tokens_per_minute BIGINT;
ALTER TABLE virtual_keys ADD COLUMN continues_streams INTEGER NOT NULL DEFAULT 0;
ALTER TABLE virtual_keys ADD COLUMN run_id TEXT NOT NULL DEFAULT '';
