CREATE TABLE dte_cafs (
    issuer TEXT NOT NULL,
    kind BIGINT NOT NULL,
    first_folio BIGINT NOT NULL,
    last_folio BIGINT NOT NULL,
    next_folio BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, kind, first_folio)
);
CREATE TABLE dte_folios (
    issuer TEXT NOT NULL,
    kind BIGINT NOT NULL,
    folio BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (issuer, kind, folio)
);
