CREATE TABLE budgets (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    budget_window TEXT NOT NULL,
    micro_usd BIGINT NOT NULL,
    alert_percent INTEGER NOT NULL,
    is_hard INTEGER NOT NULL,
    PRIMARY KEY (scope, name, budget_window)
);
CREATE TABLE budget_revision (
    number INTEGER PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO budget_revision VALUES (1, 0);
CREATE TABLE budget_alerts (
    scope TEXT NOT NULL,
    subject TEXT NOT NULL,
    budget_window TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    micro_usd BIGINT NOT NULL,
    spent_micro_usd BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (scope, subject, budget_window, began_at, micro_usd)
);
