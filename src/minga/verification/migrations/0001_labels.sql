CREATE TABLE verdicts (
    attempt_id TEXT PRIMARY KEY,
    turn_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    agent TEXT NOT NULL,
    model TEXT NOT NULL,
    family TEXT NOT NULL,
    kind TEXT NOT NULL,
    strategy TEXT NOT NULL,
    stage INTEGER NOT NULL,
    propensity DOUBLE PRECISION NOT NULL,
    judgement TEXT NOT NULL,
    checks TEXT NOT NULL,
    cost_micro_usd BIGINT,
    judged_at BIGINT NOT NULL
);
CREATE INDEX verdicts_by_turn ON verdicts (turn_id);
CREATE INDEX verdicts_by_owner ON verdicts (owner, judged_at);
CREATE TABLE verdict_outcomes (
    attempt_id TEXT NOT NULL,
    source TEXT NOT NULL,
    outcome TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (attempt_id, source)
);
