"""A secret that no verb says to be one, and one that came in the place of another."""

import pytest

from minga.memory.extraction.masking import MASK, masked

SECRET = "Pudu-2026-azul"


@pytest.mark.parametrize(
    "text",
    [
        f"Usa la clave {SECRET} para el servidor.",
        f"Entra con la contraseña {SECRET}.",
        f"cambié la contraseña a {SECRET}",
        f"Cambiamos hoy la clave del wifi de la bodega por {SECRET}.",
        f"changed the password to {SECRET}",
        f"puse como clave {SECRET}",
        f"la clave de Rosa ya no es Vieja-2025-rojo, ahora es {SECRET}",
        f"password: ****{SECRET}",
        f'password="****{SECRET}"',
        f"la clave del wifi es ****{SECRET}",
        f"**Contraseña:** **{SECRET}**",
        f"**Clave del wifi:** {SECRET}",
        f"minga login --password ****{SECRET}",
    ],
)
def test_a_secret_without_a_verb_is_masked(text: str) -> None:
    assert SECRET not in masked(text)
    assert MASK in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "la clave l10n_cl_edi del diccionario",
        "la clave primaria es id2",
        "la contraseña se cambió el 2026-11-24",
        "password reset by support2024 team",
        "cambiamos la clave el lunes por orden de auditoria2",
        "la clave SII y sucursal02 no calzan",
        "password: ****",
        "password: ********.",
        "password: ****-****",
        'la clave es "****"',
        "password: **required**",
        "la contraseña es **obligatoria**.",
        "**Password:** see the vault",
        "char password: *ptr;",
    ],
)
def test_what_only_stands_near_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "la contraseña es girasol",
        "La clave del wifi de la bodega es girasol, no la cambies",
        "la clave de la base de datos es ahora girasol.",
        "the password for the printer was girasol.",
        "password is now girasol\nand the user is ana",
    ],
)
def test_a_plain_word_is_a_secret_where_it_ends_what_is_said_of_a_password(text: str) -> None:
    assert masked(text) == text.replace("girasol", MASK)


def test_a_word_behind_asterisks_is_a_secret() -> None:
    assert masked("password: ****girasol") == f"password: {MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "la contraseña es incorrecta",
        "la contraseña del usuario es obligatoria.",
        "la contraseña era débil",
        "la contraseña es muy corta",
        "la clave del éxito es paciencia.",
        "the password is required",
        "the password is wrong.",
        "the password is hashed with bcrypt",
        "The password manager is Bitwarden.",
        "The password policy is strict.",
        "El responsable de la contraseña del SII es Pedro.",
        "La clave del servidor es Redis.",
        "The password is random",
    ],
)
def test_how_a_password_is_stays(text: str) -> None:
    assert masked(text) == text
