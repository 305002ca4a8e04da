"""Persons: by a usual first name, by a usual surname behind another name, by a word that introduces them, by a handle
or an e-mail address. Who has none of these is not found; a wrong person is worse than a missing one."""

import re
from collections.abc import Iterator

from minga.domain.memory import Entity, EntityKind, Mention
from minga.memory.extraction.wording import bared

FIRST_NAMES = frozenset(
    """
    abigail adriana agustin agustina alejandra alejandro alexis alfredo alice alicia alonso alvaro amanda amelia ana
    anais andrea andres andrew angelica angelo anna anthony antonella antonia antonio ariel ariela arturo aurelio
    axel barbara bastian beatriz belen benjamin bernardita bernardo braulio brenda brian byron camila camilo carla
    carlos carmen carolina catalina catherine cecilia cesar charles charlotte christian christopher claudia claudio
    constanza consuelo cristian cristina cristobal cynthia daniel daniela daniella danilo danitza dario dave david
    debora denisse diana diego doris edgardo edison eduardo edward efrain elba elena eliana elias elisa eliseo
    elizabeth emanuel emilia emilio emma enrique eric erika ernestina ernesto esteban estefania estela eugenia
    eugenio eva evelyn ezequiel fabian fabiola felipe felix fernanda fernando fidel flavia florencia francisca
    francisco franco franklin gabriel gabriela gaston genaro george georgina gerardo gilda giovanni gladys
    gonzalo graciela gregorio griselda guillermo gustavo hannah hector helen helena henry heriberto hernan hernando
    hilda horacio hugo humberto ignacia ignacio ines ingrid irene iris isabel isabella isaias isidora ismael italo
    ivan ivonne jacqueline jaime james jane javier javiera jeannette jennifer jeremias jessica jimena joaquin joe
    john jonathan jorge jose josefa josefina josue juan juana judith julia julian julieta julio karen karin karina
    karla kate katherine kevin laura leandro lena leonardo leonor leslie leticia lidia liliana linda lisa lorena
    lorenzo loreto lucas lucia luciano luis luisa macarena macario magdalena manuel manuela marcela marcelo marcial
    marco marcos margaret margarita maria mariana marianela mariano maricel mariela mario marisol marlene marta
    martin martina mary mateo matias matthew mauricio mauro maximiliano melanie melisa melissa michael michelle
    miguel milena millaray miriam mirta moises monica myriam nadia nancy natalia nataly nayareth nelson nestor
    nibaldo nicholas nick nicolas nicole nieves noelia norma octavio olga oliver olivia omar omara orlando oscar
    osvaldo pablo paloma pamela paola patricia patricio patrick paul paula paulina pedro peter pilar priscila rachel
    rafael rafaela ramiro ramon raquel raul rebeca rebecca reinaldo renata rene ricardo richard rigoberto robert
    roberto rocio rodolfo rodrigo rolando romina rosario roxana ruben ruperto ruth ryan salvador sam samuel sandra
    sara sarah saul scarlett sebastian selena sergio silvana silvia simon sofia soledad sonia sophie stephen steve
    susan susana tamara tatiana teodoro teresa thomas tim tom tomas trinidad uriel ursula valentin valentina valeria
    vanessa vania veronica vicente victor violeta virginia viviana vladimir walter wilfredo william wladimir ximena
    yanet yasna yessica yolanda zoila
    """.split()  # noqa: SIM905 - words
)
"""First names usual in Chile; folded."""
_ALSO_WORDS = frozenset(
    """
    alonso amanda angelo aurelio axel belen camilo clara consuelo diana elba elias emma estela eva felix fidel franco
 gloria helen hugo iris jane julia julio kate kevin lena leonor linda lucas luz marco marcos margarita marina
    mark martin mary mateo nick nieves norma octavio oliver oscar paloma paul peter pilar rene rocio rosario ruth
    salvador sam saul simon sol soledad sonia tim tom tomas trinidad vania victor violeta virginia
    """.split()  # noqa: SIM905 - words
)
"""In lower case they may be another word, a product or a language."""
_IF_SURNAMED = frozenset(
    """
    angel angela blanca clara cruz dolores esperanza german gloria luz mercedes paz rosa victoria
    """.split()  # noqa: SIM905 - words
)
SURNAMES = frozenset(
    """
    aguilera alarcon aravena araya arancibia barra barria bravo bustos caceres campos cardenas carrasco castillo castro
    contreras cortes diaz donoso escobar espinoza figueroa flores fuentes fuentealba gallardo garcia garrido godoy
    guzman henriquez herrera huenchul inostroza iturra jara jorquera leal leiva maldonado mansilla medina mella
    miranda molina mora morales moya munoz navarrete navarro olivares orellana ortiz osorio oyarzo palma parra pino
    pizarro poblete reyes riquelme rivas rivera rojas romero ruiz saavedra salazar sandoval sanhueza sepulveda silva
    soto tapia toledo torres urrutia valdes valdivia valenzuela vega venegas vera vergara vidal villalobos zamora zuniga
    """.split()  # noqa: SIM905 - words
)
HEADS = frozenset(
    """
    avenida av banco barrio bodega calle cerro clinica cliente colegio comercial constructora distribuidora don dona
    estadio ferreteria fundo grupo hospital inversiones isla lago local los las el la panaderia parque pasaje plaza
    poblacion proveedor proyecto puerto rio san santa servicios sociedad sucursal tienda transportes universidad
    valle villa vina vivero
    """.split()  # noqa: SIM905 - words
)
"""What is called so by a surname is no person."""
_NAME = r"[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,20}(?:-[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,20})?"
_FULL = re.compile(rf"\b{_NAME}(?:[ ]{_NAME}){{0,3}}\b")
_INTRODUCED = re.compile(
    rf"(?:\b(?:don|doña|sr\.?|sra\.?|srta\.?|señora?|señorita|jef[ae]|contadora?|doctora?|dra?\.|Mr\.?|Mrs\.?"
    rf"|Ms\.?|soy(?:\s+(?:la|el))?|me llamo"
    rf"|my name is|i'm|i am|I'm|I am|a nombre de|encargad[oa](?:\s+\w+){{0,4}}\s+es|responsable"
    rf"(?:\s+\w+){{0,4}}\s+es)\s+)"
    rf"((?:(?:la|el|don|doña)\s+)?{_NAME}(?:[ ]{_NAME}){{0,2}})"
)
_NOT_NAMES = frozenset(
    """
    sii odoo lunes martes miercoles jueves viernes sabado domingo monday tuesday wednesday thursday friday saturday
    sunday enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre january february
    march april may june july august september october november december chile santiago the it this that he she they
    el la los las un una ley dte caf iva claude codex gemini copilot not going just sure still here working using
    looking trying getting on in at glad happy sorry afraid also adding running so
    """.split()  # noqa: SIM905 - words
)
_SAYS = (
    r"(?:dice|dijo|pide|pidio|pregunta|pregunto|confirma|confirmo|avisa|aviso|propone|propuso|responde|respondio"
    r"|contesta|contesto|quiere|aprobo|reviso|revisa|mando|escribio|says|said|asks|asked|tells|told|wants|confirmed"
    r"|proposed|approved|reviewed|wrote)"
)
_LOWER = re.compile(
    rf"\b(?:{_SAYS}|segun|con|a|de|para|por|with|from|to|ask|by)\s+(?P<after>[a-z]{{3,20}})\b(?![.\w-]{{0,30}}@)"
    rf"|\b(?P<before>[a-z]{{3,20}})\s+(?:(?:ya|me|nos|le|les|lo|no|has|already)\s+)?{_SAYS}\b"
)
_HANDLE = re.compile(r"(?<![\w@/.`])@(?P<handle>[a-z][a-z0-9_-]{1,28}[a-z0-9])(?![\w(/@-]|\.\w)")
_NO_HANDLES = frozenset(
    """
    all alpha api author beta cached channel charset classmethod click contextmanager dataclass deprecated dev dlt
    everyone extends final fixture font-face here home import jit keyframes latest layer media namespace next njit
    override overload page param property public pytest return returns see since staticmethod supports support task
    team test tests throws todo tool types use
    """.split()  # noqa: SIM905 - words
)
"""Decorators, rules of style sheets, tags of documentation and of packages, and what calls everybody."""
_ADDRESS = re.compile(
    r"(?<![\w.+-])(?P<first>[a-z]{3,20})(?:[._](?P<last>[a-z]{3,20}))?@[a-z0-9-]{1,40}(?:\.[a-z0-9-]{2,20}){1,3}\b"
)


def persons(text: str, plain: str) -> Iterator[Mention]:
    """``plain`` is the folded text."""
    yield from _named(text, plain)
    bare = bared(plain)
    yield from _in_lower_case(text, bare)
    if "@" in bare:
        yield from _reached(bare)


def _named(text: str, plain: str) -> Iterator[Mention]:
    taken = -1
    for found in _FULL.finditer(text):
        words = plain[found.start() : found.end()].split(" ")
        skipped = _first(words, starts=_starts(plain, found.start()))
        if skipped is None:
            continue
        start = found.start() + sum(len(word) + 1 for word in words[:skipped])
        kept = _kept(words[skipped:])
        if kept:
            taken = start + sum(len(word) + 1 for word in kept) - 1
            yield _person(text, start, taken)
    for found in _INTRODUCED.finditer(text):
        words = plain[found.start(1) : found.end(1)].split(" ")
        if words[0] not in FIRST_NAMES and words[0] not in _NOT_NAMES and not _overlaps(found.start(1), taken):
            yield _person(text, found.start(1), found.end(1))


def _first(words: list[str], *, starts: bool) -> int | None:
    """Where a name begins among words in capitals; ``starts``: the first one would have a capital anyway."""
    usual = next((place for place, word in enumerate(words) if word in FIRST_NAMES), None)
    if usual is not None or len(words) < 2 or not (words[1] in SURNAMES or re.fullmatch(r"[a-z]{2,}ez", words[1])):
        return usual
    is_name = words[0] in _IF_SURNAMED or not (starts or words[0] in HEADS or words[0] in _NOT_NAMES)
    return 0 if is_name else None


def _starts(plain: str, place: int) -> bool:
    before = plain[:place].rstrip(" \"'(*¿¡-")
    return not before or before[-1] in ".!?:;\n"


def _in_lower_case(text: str, bare: str) -> Iterator[Mention]:
    """Said in haste: "dice marcela", "con pedro"."""
    for found in _LOWER.finditer(bare):
        for group in "after", "before":
            name = found[group]
            if name in FIRST_NAMES and name not in _ALSO_WORDS and name not in _NOT_NAMES:
                start, end = found.span(group)
                if text[start].islower():
                    yield Mention(Entity(EntityKind.PERSON, text[start:end].title()), start, end)


def _reached(bare: str) -> Iterator[Mention]:
    """A handle or an address of a usual first name is that name."""
    for found in _HANDLE.finditer(bare):
        handle = found["handle"]
        if handle not in _NO_HANDLES:
            name = handle.title() if handle in FIRST_NAMES else f"@{handle}"
            yield Mention(Entity(EntityKind.PERSON, name), found.start(), found.end())
    for found in _ADDRESS.finditer(bare):
        if found["first"] in FIRST_NAMES:
            name = " ".join(filter(None, (found["first"], found["last"]))).title()
            yield Mention(Entity(EntityKind.PERSON, name), found.start(), found.end())


def _kept(words: list[str]) -> list[str]:
    """The words of a name up to one that begins something else."""
    for place, word in enumerate(words):
        if word in _NOT_NAMES:
            return words[:place]
    return words


def _overlaps(start: int, taken: int) -> bool:
    return start < taken and taken - start < 60


def _person(text: str, start: int, end: int) -> Mention:
    name = text[start:end]
    for article in "la ", "el ", "don ", "doña ":
        if name.startswith(article):
            start += len(article)
            name = text[start:end]
    return Mention(Entity(EntityKind.PERSON, name), start, end)
