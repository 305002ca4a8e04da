"""Phrases of the office that say nothing, whoever says them: thanks, wishes, leaving for lunch, weather, "let me see".

Each is taken out of a text; what is left decides. "voy por un café y lo vemos" leaves nothing, "me voy a Iquique"
leaves where, "me voy en marzo" when: so a decision or a fact beside small talk stays.
"""

import re
from collections.abc import Collection, Iterable
from functools import cache

from minga.memory.extraction.nicknames import is_person
from minga.memory.extraction.wording import folded

_PARTS = {
    "REST": """almorzar almuerzo colacion comer cenar desayunar dormir descansar acostarme fumar cafe cafecito te agua
        jugo bano helado cerveza chelas? pan sandwich siesta casa cama pausa break lunch coffee breakfast dinner nap
        walk bed home beers? snack tea water shower""",
    "SOON": """en.un.(?:rato|ratito|momento|minuto|segundo|toque) en.unos.minutos mas.(?:rato|tarde|ratito)
        al.(?:rato|tiro|toque) altiro luego despues pronto enseguida en.seguida de.inmediato ahora.mismo ahora
        in.a.(?:bit|sec|second|minute|moment|few|while) right.away right.now soon later shortly now""",
    "DAY": """lunes martes miercoles jueves viernes sabado domingo hoy manana noche tarde semana vuelta monday tuesday
        wednesday thursday friday saturday sunday today tomorrow tonight evening afternoon morning week""",
    "WISHED": """finde(?:.largo)? fin.de.semana dias? tardes? noches? semana viaje descanso provecho almuerzo feriado
        vacaciones weekend day evening night morning afternoon holidays? trip lunch break vacation week one""",
    "FINE": "buen[ao]?s? feliz felices lind[ao]s? ric[ao]s? excelentes? good great nice happy lovely wonderful",
    "HERE": "hoy aca aqui afuera today here outside again",
    "ME": "me te le nos les lo la los",
}
"""REST: what one leaves for and comes back from. WISHED: of what one wishes a FINE one."""

_GOES_ON = "\n" + 8 * " "
"""Begins a line that belongs to the phrase before it."""

_LEAVING = """
    (?:ya )?(?:me (?:voy|fui|tengo que ir)|nos vamos|voy|vamos|vuelvo|volvi|vengo|salgo|parto)
        (?: (?:un rato|a la|al|a|por|de|del|para|pa))*(?: (?:tomar(?:me)?|comer(?:me)?|buscar|comprar))?
        (?: (?:un|una|el|la|mi))* REST
    (?:vuelvo|volvemos|vengo|regreso)(?: (?:el|la|a la|en la))? (?:SOON|hoy|manana|noche|tarde|vuelta)
    (?:hablamos|conversamos|seguimos|sigo|(?:nos|lo) (?:vemos|leemos)|te veo)
        (?: (?:el|la|a la|en la))? (?:SOON|DAY)
    (?:(?:el|la) )?(?:SOON|DAY) (?:seguimos|sigo|hablamos|conversamos|(?:nos|lo) vemos)
    hasta (?:manana|pronto|la (?:vuelta|proxima))
    (?:see (?:you|ya|u)|catch (?:you|up)|talk(?: to you)?)(?: (?:on|next))* (?:SOON|DAY)
    (?:ya )?(?:me (?:voy|fui|retiro|desconecto)|llegue|volvi)
    (?:ya )?estoy (?:de vuelta|aca|aqui)
    (?:con )?permiso
    me (?:llaman|estan llamando|esperan)(?: de(?:l)?(?: (?:la|mi))?(?: otr[ao])? (?:oficina|casa|pega|colegio|jardin))?
    (?:(?:voy a|gonna|going to) )?(?:estirar las piernas|stretch (?:my|the) legs|tomar aire|get some (?:fresh )?air)
    (?:me )?tengo que (?:ir|irme|salir|cortar)
    (?:i have to|i got to|gotta) (?:go|run)
    a (?:almorzar|comer|dormir|descansar)
    (?:(?:i m|im|i am|we re) )?(?:off|heading|going|gonna|out|need|leaving)
        (?: (?:to|for|out|go|grab|get|have|take))*(?: (?:a|an|some|my|the))? REST
    (?:grab(?:bing)?|getting|having|back from|time for)(?: (?:a|an|some|my))? REST
    REST time(?: here)?
    (?<=gracias )almuerzo
    (?<=thanks )lunch
    (?:(?:i m|im) )?(?:done|enough|all|eso es todo|nada mas|listo) (?:for (?:today|the day)|por hoy)
    (?:(?:i m|im|i ll be|be) )?(?:right )?back(?: SOON)?
    (?:ando|andaba|estoy|estaba) en otra(?: cosa)?|(?:ya )?llega SOON
    (?:dejemoslo|lo dejamos|dejemos esto) (?:ahi|hasta (?:ahi|aca))(?: por hoy)?
    (?:didn t|couldn t|can t) sleep(?: (?:much|well|at all))?|no (?:dormi nada|pegue un ojo)
    i could (?:really )?use (?:a|an|some) REST(?: SOON)?|(?:estuvo )?para el olvido
    haven t (?:had|eaten)(?: (?:any|my))?(?: (?:REST|anything|food))?(?: yet)?
    no he (?:almorzado|comido|desayunado|cenado|dormido)(?: nada)?(?: (?:todavia|aun))?
    brb|afk|bbl|ttyl|where were we
    (?:oye |hola )?(?:estas|andas)(?: (?:ahi|por ahi|por aca))?
    (?:are )?you (?:there|around|free)
"""

_COURTESY = """
    (?:mil |muchas )?gracias por (?:todo
        |(?:avisar|esperar|aguantar|preguntar|ayudar|explicar|confirmar|recordar)(?:me|nos)?
        |(?:la|el|tu) (?:ayuda|paciencia|info|buena onda|tiempo|aclaracion|explicacion|dato|correccion|respuesta|apoyo))
    (?:thanks|thank you) (?:a (?:million|lot|bunch|ton)|for (?:(?:the|your|all the|all your)
        [ ](?:help|patience|time|clarification|explanation|info|reminder|update|feedback|heads up|support|reply)))
    a todos|de verdad|de corazon|te pasaste|(?:me )?salvaste|te debo una|ME agradezco(?: mucho)?
    eres (?:(?:un|una|el|la|lo) )?(?:crack|sec[ao]|maestr[ao]|grande|genio|genia|mejor|maximo|maxima)
    se agradece(?: mucho)?|tomate(?:lo)? (?:tu tiempo|con calma)
    de nada|no hay de que|a ti|con (?:todo )?gusto|un placer|no te preocupes|no pasa nada|tranquil[oa]
    (?:no hay|sin|cero|ningun) (?:problema|drama|apuro)
    todo (?:bien|ok|tranquilo|en orden)
    (?:perdon|disculpa|disculpen|sorry)(?: (?:por (?:la|el)|for the|about the|la))?
        [ ](?:demora|tardanza|molestia|atraso|delay|wait)
    perdon|disculpa|disculpen|sorry|lo siento
    (?:estaba|andaba) (?:en (?:una )?(?:reunion|llamada)|almorzando|afuera|ocupad[oa])
    was (?:away|afk|out|busy|asleep|at lunch|(?:in|on) a (?:meeting|call))
    you (?:are|re) (?:very )?(?:welcome|the best|a star|awesome|amazing)
    (?:i )?(?:really )?appreciate (?:it|that)
    much appreciated|i owe you(?: one)?|no (?:worries|problem|rush|hurry)(?: at all)?|take your time|my pleasure|anytime
    when(?:ever)? you (?:can|want|have time)
    cuando (?:puedas|quieras|tengas tiempo)
    (?:glad|happy) (?:it|i|that|to)(?: could)? (?:helped|helps|help)
"""

_WISHES = """
    (?:(?:have|enjoy|ten|tengan|que tengas|que tengan)(?: (?:a|an|the|your|un|una))? )?FINE WISHED
    enjoy(?: (?:the|your))? WISHED
    (?:hope )?(?:you )?had (?:a )?FINE WISHED
    (?:hope )?(?:you )?(?:are|re) (?:doing )?well
    get well(?: soon)?|feel better(?: soon)?|good luck|take care|fingers crossed|congrat\\w*|well done|cheer up
    happy (?:birthday|new year|coding)
    feliz (?:cumple\\w*|navidad|ano(?: nuevo)?|aniversario)
    felicitaciones|felicidades|(?:mucha )?suerte|exito|animo|mejorate|cuidate|descansa|disfruta|(?:buen )?provecho
    saludos(?: a (?:la familia|todos|todas))?
    que (?:ME )*(?:vaya|mejores|pases|pasen|descanses|disfrutes|aproveche|rinda)
        (?: (?:muy |super )?(?:bien|bonito|lindo|la raja|pronto))?
    ya (?:queda|falta) (?:poco|poquito|nada)
"""

_WEATHER = """
    (?:que|cuanto|mucho|harto|tanto|hace|hace mucho|hace harto) (?:calor|frio|viento|sol|manera de llover)
        (?: hace)?(?: HERE)*
    (?:como|esta|sigue|amanecio) (?:llueve|lloviendo|nublado|nevando|helado|despejado|soleado|caluroso)
        (?: y (?:helado|frio|nublado))?(?: HERE)*
    (?:it s |its )?(?:so|very|too|really) (?:hot|cold|rainy|windy|sunny|humid|freezing)(?: HERE)*
    it s (?:raining|snowing|freezing)(?: HERE)*
    (?:freezing|boiling|raining|pouring)(?: HERE)+
    se (?:me )?(?:fue|paso) (?:volando )?(?:el dia|la manana|la tarde|la semana)
    time flies|manana es otro dia|tomorrow is another day|(?:al|por) fin|finally|long (?:day|week)
    que (?:lata|pena|risa|rico|rica|bueno|buena|lindo|linda|fome|heavy|atroz|dia|semana)
        (?: (?:mas|tan))?(?: (?:largo|larga|corto|pesado|pesada|malo|mala|intenso))?
    (?:estoy|ando) (?:muert[oa]|cansad[oa]|chat[oa]|raja|con (?:sueno|hambre))
    (?:tengo|me dio) (?:hambre|sueno|frio)
    (?:i m|im|so) (?:tired|hungry|beat|exhausted|starving|sleepy)
"""

_AGREEMENT = """
    tal cual|ten[ei]s razon|tienes razon|de acuerdo|por supuesto|obvio|totalmente|suena bien|me (?:parece|tinca)
    (?:buen|buena) (?:idea|dato|punto|trabajo|pega)
    (?:muy )?bien (?:hecho|explicado|dicho|pensado|visto|jugado)|se entiende(?: todo| clarito)?|sin palabras
    como (?:digas|quieras)|te juro|yo igual|lo mismo digo
    sounds (?:like a plan|good|great)
    i (?:like|love) (?:it|that|this)
    fair enough|(?:i )?agree|of course|exactly|absolutely|totally|indeed|me too|same here|works for me
    good (?:idea|point|call|job|stuff)
    (?:whatever|as|(?:do )?what) you (?:think|prefer|like|want|say)(?: (?:is )?(?:best|right|better|works))?
    (?:lo que|como) (?:(?:tu|te|vos|ustedes?) )?(?:creas|quieras|prefieras|digas|parezca|estimes)
        (?: (?:que )?(?:sea )?mejor)?
    tu (?:decides|eliges|mandas)|you (?:decide|choose)|(?:it s )?up to you
    (?:(?:you|that|it) )?(?:made|makes) my day|me (?:hiciste|alegraste|hizo|alegro) el dia|no way|ni me di cuenta
    no cacho(?: nada)?|my (?:daughter|son|wife|husband|mom|dad|kid|dog|cat) says (?:hi|hello)
    te mandan? saludos|no biggie|easy peasy|cool beans
    you re (?:on fire|killing it|crushing it)(?: today)?
    (?:i )?(?:slept|dormi)(?: (?:like|como|apenas))? (?:dos|tres|cuatro|cinco|two|three|four|five) (?:hours|horas)
    (?:se viene|ya viene|here comes) (?:el|la|the)(?: long)? WISHED
    oh (?:man|boy|no|well)|(?:hola|hi|hello) (?:de nuevo|otra vez|again)
    (?:on to|vamos a) (?:the next(?: one)?|lo siguiente)
    no (?:se me habia ocurrido|me lo esperaba)
    (?:(?:i was )?(?:just )?about to|te iba a|iba a) (?:say|decir) (?:that|eso|lo mismo)
    spot on|fair point|(?:almost|nearly) there|(?:here we go|not) again|one more time|try once more|back at it
    fire away|keep (?:going|it up)|take it easy|(?:that )?makes (?:total |perfect |a lot of )?sense|my bad
    no doy mas|soy todo oidos|(?:i m )?all ears|toc toc|knock knock|alo|cruza los dedos|paso a paso
    (?:ya )?estoy listo|haz lo que puedas|no lo puedo creer|(?:i )?can t believe it|not gonna lie
    en eso (?:estoy|estamos|ando)
    tell me about it|i (?:feel|hear) you|i know right
"""

_ORDERS = """
    (?:commit|push|run|try|save|close|send|test|check) (?:it again|it|that|again)
    (?:commit|push|cierra|guarda|ejecuta|pruebalo|guardalo|subelo|ejecutalo|intentalo)
        (?: (?:de nuevo|otra vez))?
"""

_OFFERS = """
    (?:cualquier|alguna) (?:cosa|duda)
        (?: (?:me|te|les) (?:dices|avisas|escribes|cuentas|llamas|grito|aviso|digo|escribo))?
    (?:(?:ahi|ya|luego|despues|yo) )?(?:te|les|le)
        [ ](?:aviso|cuento|digo|leo|escribo|grito|llamo|pregunto|comento|confirmo)(?: SOON)?
    me (?:dices|avisas|cuentas|escribes)(?: (?:como (?:te|les) (?:fue|va)|cuando (?:puedas|quieras)))?
    (?:quedo|quedamos|estoy|aqui estoy|aqui quedo)(?: (?:muy|siempre))?
        [ ](?:atent[oa]s?|pendiente|al aguaite|a la espera|a tu disposicion)
        (?: a (?:lo que|cualquier cosa que) (?:necesites|quieras|digas))?
    aqui (?:estoy|quedo|estare)(?: para cuando (?:vuelvas|quieras|puedas))?
    (?:avisame|cuentame|dime|escribeme|hablame) (?:si|cuando|como|cualquier)
        (?: (?:necesitas|quieres|quieras|puedas|hace falta|te (?:fue|vaya|sirve)|cosa))?
        (?: (?:algo|ayuda|seguir|continuar))?(?: mas)?
    (?:si|cuando|lo que) (?:me )?(?:necesit[ae]s|quieras|quieres)(?: (?:algo|ayuda|seguir|continuar))?
        (?: mas)?
    (?:just )?let me know(?: (?:if|when|how|whenever))?(?: (?:you|it|that))?
        (?: (?:need|want|have|goes|works|helps|re ready|are ready))?
        (?: (?:anything|something|any (?:help|questions)))?(?: else)?
    if you need (?:anything|help)(?: else)?
    i m here|i ll (?:be here|let you know)|keep me posted
    (?:i ll|i m gonna|im gonna|i m going to|let me|gonna) (?:ask|tell|ping|call|text) (?:her|him|them|you)
    (?:empiezo|comienzo|parto|arranco|me pongo)(?: con (?:eso|ello|esto))?(?: SOON)?
    (?:ya )?(?:estoy|sigo|ando|trabajo) (?:con|en) (?:eso|ello|esto)
    (?:i ll |i m )?(?:start(?:ing)?|get(?:ting)? (?:on|to)|on) it(?: SOON)?
"""

_NOT_KNOWN = """
    (?:dejame|dejeme|dame|deja)
        [ ](?:ver|verlo|cachar|pensar|pensarlo|mirar|mirarlo|un (?:momento|minuto|segundo|rato))
        (?: (?:bien|un poco|un rato))?
    no (?:se|cacho)
    ni idea|quien sabe|la verdad|vamos viendo|a ver|puede ser|quizas|tal vez|(?:yo )?creo que (?:si|no)
    let me (?:think|see|check)(?: (?:about|on) it)?(?: for (?:a|one) (?:sec|second|bit|moment|minute))?
    no idea|dunno|idk|i don t know|not sure|who knows|maybe|i guess(?: so)?|i think so
    give me a (?:sec|second|minute|moment)
"""

_DENIABLE = (_LEAVING, _ORDERS, _OFFERS)
"""These say something behind a "no": "no guarda", "no vuelvo mañana"."""

_PHRASES = (_COURTESY, _WISHES, _WEATHER, _AGREEMENT, _NOT_KNOWN)

_UNDENIED = r"(?<!\bno )(?<!\bno [a-z][a-z] )(?<!\bno nos )(?<!\bno les )(?<!\bnunca )(?<!\bni )"

WORDS_MAX = 20

BEGINNING = 3
"""Letters of a word."""

_SIGNS = re.compile(r"[\W_]+")
LAUGH = re.compile(r"\b(?:(?:j+[aeiou]+){2,}j*|(?:h+[aei]+){2,}h*|m{2,}|h+m+|u+[fgy]+h*|lo+l)\b")
"""A laugh or a sigh, in folded words."""

_UNITS = re.compile(r"\b(?:UF|MM)\b|\b(?i:(?:en|in|la|las|a|por) (?:uf|mm))\b")
"""Of money and length, which sound like sighs: "en UF", "en mm"."""

_PRAISED = re.compile(
    r"^(?:Don |Doña )?[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,15}, (?=(?i:eres |te pasaste|me salvaste|salvaste|feliz |happy birthday"
    r"|you're |buen provecho|buen[ao]s |que (?:te|le) |have a |good luck|congrat))"
)
_NAMED = re.compile(
    r"\b((?i:gracias|thanks|thank you|thx|cheers|hola|hi|hello|hey|provecho|chao|bye|buenas|cumple|saludos))"
    r"(,?) ([A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,15})(?=\s*(?:[,.!;)]|$))",
    re.MULTILINE,
)
_FAREWELLS = frozenset({"chao", "bye"})
_ADDRESSED = re.compile(
    r"^((?i:oka?y?|okey|dale|ya|vale|buena|bueno|listo|perfecto|genial|oye|hey|sure|great))"
    r" ([A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,15})(?=, )"
)
"""Who is thanked, greeted, praised, or addressed before more is said."""


def is_small_talk(text: str, beside: Collection[str]) -> bool:
    """Whether ``text`` is made of such phrases and of words ``beside`` them (folded) alone."""
    if _UNITS.search(text):
        return False
    plain = _SIGNS.sub(" ", folded(unnamed(text)))
    words = LAUGH.sub(" ", plain).split()
    if len(words) > WORDS_MAX or not all(word in beside or word[:BEGINNING] in _beginnings() for word in words):
        return False
    return all(word in beside for word in words) or all(
        word in beside for word in _phrases().sub(" ", " ".join(words)).split()
    )


def unnamed(text: str) -> str:
    """Without who is thanked, greeted, praised, or addressed before more is said."""
    return _ADDRESSED.sub(_unaddressed, _NAMED.sub(_unnamed, _PRAISED.sub("", text)))


@cache
def _beginnings() -> frozenset[str]:
    """Of all words that stand in phrases. Most texts have others; then the phrases, which take 50 ms to compile, need
    not be looked for."""
    listed = " ".join((*_DENIABLE, *_PHRASES, *_PARTS.values()))
    return frozenset(word[:BEGINNING] for word in re.findall("[a-z]+", listed))


@cache
def _phrases() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_UNDENIED}(?:{_any_of(_DENIABLE)})|{_any_of(_PHRASES)})\b")


def _any_of(phrases: Iterable[str]) -> str:
    listed = "".join(phrases).replace(_GOES_ON, "")
    pattern = "|".join(line.strip() for line in listed.splitlines() if line.strip())
    for name, words in _PARTS.items():
        pattern = re.sub(rf"\b{name}\b", f"(?:{'|'.join(words.split())})".replace(".", " "), pattern)
    return pattern


def _unnamed(found: re.Match[str]) -> str:
    """Behind a comma or a farewell only a usual first name: "thanks, Postgres" and "chao Oracle" answer something."""
    is_addressed = not found[2] and folded(found[1]) not in _FAREWELLS
    return found[1] if is_addressed or is_person(found[3]) else found[0]


def _unaddressed(found: re.Match[str]) -> str:
    """Alone, or with what is no usual name, it may be the answer: "dale Daniela", "ok Starken, gracias"."""
    return found[1] if is_person(found[2]) else found[0]
