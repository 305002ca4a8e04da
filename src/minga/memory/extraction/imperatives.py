"""Verbs by which persons tell an agent how to work, in the forms that give orders. Folded."""

_AR = """
    abrev acept actualiz acort adjunt agreg ahorr ajust anot aprovech aplic archiv arregl asegur asign avis ayud
    bord borr busc cambi cancel cit coment compact compar compil conect confi configur confirm conserv consult
    contest copi cre cuid cit cerr:cierr commite dej deploy descarg document edit ejecut elimin empez:empiez empuj
    encabez entreg envi escap espaci especific estim evit explic export fij firm fold format formate fusion gast
    gener guard habl import incorpor indic inform ingres inici instal intent inventari invit llam levant limit limpi
    list logue mand marc mencion mergee merge mezcl mir modific mont mostr:muestr not nombr normaliz numer olvid
    orden orden parametriz pas peg pregunt prepar present prob:prueb comprob:comprueb public pushe quit recalcul
    rechaz recomend recort redact refactoriz refactor renombr reescal regist reinici rellen renumer repar repas
    report respald respet resalt restaur resumi revis rot salt salud separ señal senal simplific subray sumari sum
    suger tabul termin test timbr tirar tir toc tom trabaj trat tute us utiliz valid verific visit vuelc apunt pong
    adopt anonimiz cifr agrup anid
    """.split()  # noqa: SIM905 - words
_ER = """
    respond le ce cor:corr corr mov:muev comprend prom prend proced romp somet devolv:devuelv volv:vuelv
    revolv:resuelv resolv:resuelv proteg:protej lee met vend
    """.split()  # noqa: SIM905 - words
_IR = """
    escrib sub abr divid dirig:dirij omit permit insist part imprim resum emit defin describ cumpl consum compart
    distribu introduc
    """.split()  # noqa: SIM905 - words
_IRREGULAR = """
    haz haga hagas hagan hacer haga pon ponga pongas pongan poner ten tenga tengas tener di diga digas digan decir
    da des den dar dale sal salga salgas ven venga vengas ve vaya vayas ir anda se seas sea ser incluye incluya
    incluyas incluir incluyan traduce traduzca traduzcas traducir usa sigue siga sigas seguir pide pida pidas pedir
    elige elija elijas elegir sugiere sugieras sugiera sugerir corrige corrija corrijas corregir mantente manten
    mantenga mantengas mantener reduce reduzca reduzcas reducir produce produzcas construye construyas construir
    instruye destruyas destruye prefiere prefiera prefieras preferir convierte conviertas convierta convertir
    sustituye sustituyas sustituir cuenta cuentes recuerda recuerdes recuerde recordar acuerdate piensa pienses
    pensar despliega despliegues desplegar empieza empieces cierra cierres cerrar muestra muestres mostrar prueba
    pruebes probar comprueba compruebes comprobar entiende asume asumas asumir inventes invente inventa inventar
    crees cree crea crear lee leas leer cites cita vuelve vuelvas volver mueve muevas mover resuelve resuelvas
    resolver devuelve devuelvas devolver protege protejas proteger detente detengas detener commitea commitees
    pushea pushees mergea mergees deployes deployees deployar hables habla hablame hablar uses quieras agregues
    toques modifiques borres
    """.split()  # noqa: SIM905 - words


def _forms() -> frozenset[str]:
    forms = set(_IRREGULAR)
    for verbs, infinitive, order in ((_AR, "ar", "a"), (_ER, "er", "e"), (_IR, "ir", "e")):
        for one in verbs:
            plain, _, changed = one.partition(":")
            forms |= {plain + infinitive, (changed or plain) + order}
    return frozenset(forms) | _wished()


def _wished() -> frozenset[str]:
    forms = {one for one in _IRREGULAR if one.endswith("s")}
    for verbs, told in ((_AR, "e"), (_ER, "a"), (_IR, "a")):
        for one in verbs:
            plain, _, changed = one.partition(":")
            soft = _before_e(changed or plain) if told == "e" else changed or plain
            forms |= {soft + told, soft + told + "s", soft + told + "n"}
    return frozenset(forms)


def _before_e(stem: str) -> str:
    for ending, written in (("gu", "gue"), ("c", "qu"), ("g", "gu"), ("z", "c")):
        if stem.endswith(ending):
            return stem[: -len(ending)] + written.rstrip("e") if ending == "gu" else stem[: -len(ending)] + written
    return stem


SPANISH = _forms()

WISHED = _wished()
"""Those that forbid or are said to whom one does not know well, and that no statement has: *no borres*, *corra*. Behind
a pronoun only they give orders: *siempre me llama* tells of somebody."""

CLITICS = (
    "melo",
    "mela",
    "melos",
    "melas",
    "selo",
    "sela",
    "selos",
    "selas",
    "telo",
    "me",
    "lo",
    "la",
    "los",
    "las",
    "le",
    "les",
    "nos",
    "te",
    "se",
)

ENGLISH = frozenset(
    """
    abbreviate access add address alphabetize alter amend answer append apply approve ask assume attach avoid back
    base be begin bring build bump bypass call change check choose clean close code comment commit compare compile
    compress confirm convert copy cover create cut debug declare default define delete deploy describe disable
    discard document download drop edit email enable end ensure escape estimate exclude execute explain export
    expose fetch fill finish fix flag follow force format generate give go group guess handle hardcode hide hide
    ignore implement import include inform inline install introduce invent keep leave lint list load log make mark
    mention merge migrate mix mock modify move name note notify number omit open optimize order overwrite pass paste
    perform pick pin place prefix prefer print propose provide publish pull push put quote raise read rebase
    recommend refactor refer remember remind remove rename reply repeat replace reply report require respond restart
    return reuse review revert rewrite round run save say scope see send separate set share ship show sign simplify
    skip sort speak specify split squash start state stick stop store submit suggest summarise summarize switch tag
    take talk tell test touch track translate treat trim truncate try type update upgrade upload use validate verify
    wait warn work wrap write
    """.split()  # noqa: SIM905 - words
)


def is_spanish_order(word: str) -> bool:
    """``word`` is folded; a pronoun may hang on it: *respondeme*, *dejalo*."""
    if word in SPANISH:
        return True
    return any(word.endswith(each) and word[: -len(each)] in SPANISH for each in CLITICS if len(word) > len(each) + 1)
