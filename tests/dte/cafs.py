"""CAF files of invented issuers, as the SII gives them out; their keys sign nothing."""

ISSUER = "76086428-5"


def caf_file(
    first: int = 1, last: int = 10, kind: int = 33, issuer: str = ISSUER, dated: str = "2026-11-01", key: str = "secret"
) -> bytes:
    return f"""<?xml version="1.0"?>
<AUTORIZACION>
<CAF version="1.0">
<DA>
<RE>{issuer}</RE>
<RS>MADERAS &amp; ÑANDÚ SPA</RS>
<TD>{kind}</TD>
<RNG><D>{first}</D><H>{last}</H></RNG>
<FA>{dated}</FA>
<RSAPK><M>0a4O6Kbx8Qj3K4iWSP4w7KneZYeJ==</M><E>Aw==</E></RSAPK>
<IDK>100</IDK>
</DA>
<FRMA algoritmo="SHA1withRSA">g1AQX0sy8NJugX52k2hT==</FRMA>
</CAF>
<RSASK>-----BEGIN RSA PRIVATE KEY-----
{key}
-----END RSA PRIVATE KEY-----
</RSASK>
<RSAPUBK>-----BEGIN PUBLIC KEY-----
-----END PUBLIC KEY-----
</RSAPUBK>
</AUTORIZACION>
""".encode("iso-8859-1")
