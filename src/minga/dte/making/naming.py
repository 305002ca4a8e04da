"""Short names and the elements of the SII's format that they become (Formato DTE v2.5; boletas v4.1)."""

ISSUER = {
    "rut": "RUTEmisor",
    "name": "RznSoc",
    "giro": "GiroEmis",
    "phone": "Telefono",
    "email": "CorreoEmisor",
    "acteco": "Acteco",
    "branch": "Sucursal",
    "branch_code": "CdgSIISucur",
    "address": "DirOrigen",
    "comuna": "CmnaOrigen",
    "city": "CiudadOrigen",
    "seller": "CdgVendedor",
}

ISSUER_OF_BOLETA = {
    "rut": "RUTEmisor",
    "name": "RznSocEmisor",
    "giro": "GiroEmisor",
    "branch_code": "CdgSIISucur",
    "address": "DirOrigen",
    "comuna": "CmnaOrigen",
    "city": "CiudadOrigen",
}
"""What a boleta does not tell of its issuer is left out: one description of a company serves for all its documents."""

RECEIVER = {
    "rut": "RUTRecep",
    "name": "RznSocRecep",
    "giro": "GiroRecep",
    "address": "DirRecep",
    "comuna": "CmnaRecep",
    "city": "CiudadRecep",
    "contact": "Contacto",
    "email": "CorreoRecep",
    "internal_code": "CdgIntRecep",
    "phone": "TelefonoRecep",
}

FOREIGNER = {"id_number": "NumId", "country": "Nacionalidad"}

FOREIGNER_IN_EXPORT = {"id_number": "IdAdicRecep", "country": "Nacionalidad"}

LINE = {
    "name": "NmbItem",
    "description": "DscItem",
    "quantity": "QtyItem",
    "unit": "UnmdItem",
    "price": "PrcItem",
    "discount_percent": "DescuentoPct",
    "surcharge_percent": "RecargoPct",
    "taxes": "CodImpAdic",
    "settles": "TpoDocLiq",
}

CODE = {"kind": "TpoCodigo", "value": "VlrCodigo"}

TREATMENTS = {
    "exempt": "1",
    "not-billed": "2",
    "deposit": "3",
    "not-sold": "4",
    "deducted": "5",
    "not-billed-negative": "6",
}
"""IndExe."""

CHANGED = {"affected": "", "exempt": "1", "not-billed": "2"}
"""IndExeDR."""

REFERENCE = {
    "type": "TpoDocRef",
    "folio": "FolioRef",
    "issuer_rut": "RUTOtr",
    "date": "FchRef",
    "code": "CodRef",
    "reason": "RazonRef",
}

COMMISSION = {"text": "Glosa", "percent": "TasaComision", "net": "ValComNeto", "exempt": "ValComExe"}

TRANSPORT = {
    "plate": "Patente",
    "trailer": "PatenteCarro",
    "carrier_rut": "RUTTrans",
    "address": "DirDest",
    "comuna": "CmnaDest",
    "city": "CiudadDest",
    "leaves": "FchSalida",
    "leaves_at": "HraSalida",
    "arrives": "FchLlegada",
}

DRIVER = {"driver_rut": "RUTChofer", "driver": "NombreChofer"}

CUSTOMS = {
    "sale_mode": "CodModVenta",
    "clause": "CodClauVenta",
    "clause_total": "TotClauVenta",
    "route": "CodViaTransp",
    "ship": "NombreTransp",
    "carrier_rut": "RUTCiaTransp",
    "carrier": "NomCiaTransp",
    "booking": "Booking",
    "port_out": "CodPtoEmbarque",
    "port_in": "CodPtoDesemb",
    "gross_weight": "PesoBruto",
    "gross_weight_unit": "CodUnidPesoBruto",
    "net_weight": "PesoNeto",
    "net_weight_unit": "CodUnidPesoNeto",
    "items": "TotItems",
    "packages_total": "TotBultos",
    "freight": "MntFlete",
    "insurance": "MntSeguro",
    "receiver_country": "CodPaisRecep",
    "destination_country": "CodPaisDestin",
}

PACKAGES = {
    "kind": "CodTpoBultos",
    "count": "CantBultos",
    "marks": "Marcas",
    "container": "IdContainer",
    "seal": "Sello",
    "seal_issuer": "EmisorSello",
}

INSTALMENT = {"date": "FchPago", "amount": "MntPago", "text": "GlosaPagos"}

PERIOD = {"first": "PeriodoDesde", "last": "PeriodoHasta"}

PAYMENTS = {"cash": 1, "credit": 2, "free": 3}
"""FmaPago."""
