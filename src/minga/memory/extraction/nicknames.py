"""Names by which one is called to one's face."""

from minga.memory.extraction.persons import FIRST_NAMES
from minga.memory.extraction.wording import folded

_SHORT = frozenset(  # such as friends use
    """
    alex ale andy angie beto bob cami caro cata chelo chris coni cote dan dani edu fabi fran gabo gabi guille javi jime
    jose juanma kike lalo lili liz lucho maca manu marce mati matt memo mica mike migue nacho nata nati nico pancha
    pancho paco pato pepe pili pipe rafa ricky rodri rosi sam santi seba sole tere tito tono vale vicho xime
    becky beth bill billy cathy charlie dave debbie don ed fred greg hank jack jake jeff jenny jim jimmy joey josh kathy
    ken larry lou maggie max meg mel mick nate ned pam pat pete phil ray rich rick rob ron russ sally sandy sid stan
    ted terry tina toby tommy tony val vic wendy will zack
    """.split()  # noqa: SIM905 - words
)
_ELSEWHERE = frozenset(  # first names usual where colleagues come from
    """
    aaron adam agnieszka ahmed aisha akira alan albert alexander ali amit amy anders aneta anil anita anjali ankit ann
    anne anya arjun arun ashley beatrice ben bjorn boris brandon bruno carl carol chen chiara claire clara colin craig
    cristiano deepak derek dmitri donna dylan ellen elsa emily erik evan fatima felicity fiona gareth gavin giulia
    grace graham hans hassan hiroshi ian igor ingrid ivana jan jason jens jia jin joan johan jordan joseph joshua judy
    julie jun jurgen justin kavya keith kelly kenji kevin kiran klaus kumar kyle lars lauren leila leo lin logan louis
    lucy luke magnus marc marie mark megan mei mehmet mohamed mohammed molly nadine natasha neha nils nina noah nora
    oleg omar owen pavel philip pierre pooja pradeep priya rahul raj rajesh ravi rohan rohit rose sanjay sean sergei
    shreya simone sita sneha stephanie sunil suresh sven takashi tanya tariq thomas timothy todd tyler uma vijay vikram
    wei yan yasmin yuki yusuf zoe
    """.split()  # noqa: SIM905 - words
)


def is_person(name: str) -> bool:
    """Whether ``name`` is a usual first name, or the short form of one."""
    plain = folded(name)
    return plain in FIRST_NAMES or plain in _SHORT or plain in _ELSEWHERE
