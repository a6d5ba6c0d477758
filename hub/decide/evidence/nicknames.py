"""Which given names are used for one another. Each line is one family of names; a name may be in several."""

from collections import defaultdict
from functools import lru_cache

from rapidfuzz.distance import OSA

_FAMILIES = """
abigail abby gail
abraham abe abram
albert al bert bertie
alexander alex alec sandy sasha xander aleksandr alexandre alessandro alejandro
alexandra alex sandra sandy sasha alexa lexi
alfred al alf fred freddie
alice allie ally
amanda mandy
andrew andy drew andreas andre andrea andrei andres
ann anna anne annie nan nancy anya hannah
anthony tony antonio anton antoine
arthur art artie
augustus gus august
barbara barb babs bobbie
benjamin ben benny benji
bernard bernie bernhard barney
penelope penny
ian john iain
hugh hugo hughie huw
humphrey humphry
alan allen allan al
joel joe
neil niall
phyllis phyl
marjorie marge
winston win
wilfred wilf fred
ernest ernie ern
cecil cec
cornelius con neil
bartholomew bart
mabel may
agnes aggie nessie
adelaide addie
adam ad
isaac ike zac
simon sy sim
reuben rube
bradley brad
caroline carolyn carrie carol caro lynn
catherine katherine kathryn katharine kate katie kathy cathy kat kitty kay katarina ekaterina catarina katrin
charles charlie chuck chas carl karl carlos
charlotte lottie charlie
christian chris
christina christine chris tina chrissy kristina christa
christopher chris kit topher christoph kris
clifford cliff
constance connie
cynthia cindy
daniel dan danny
david dave davey
deborah debra deb debbie
dennis denny
dmitri dima dmitry
donald don donnie
dorothy dot dottie dolly
douglas doug
edward ed eddie ted teddy ned eduard eduardo
edwin ed eddie
eleanor ellie nell nora
elizabeth liz lizzie beth betty eliza bess betsy elisabeth elspeth libby lisa elsa
emily em emmy
eugene gene eugen
ezekiel zeke
florence flo
frances fran frankie fanny
francis frank frankie fran francisco francois franz
franklin frank
frederick fred freddie freddy friedrich frederic federico
gabriel gabe
gabrielle gabby
george georgie jorge georg
gerald gerry jerry
geoffrey jeffrey geoff jeff
gertrude trudy gert
gregory greg
harold harry hal
harriet hattie
henry harry hank hal heinrich enrique henri
herbert herb bert
howard howie
isabella isabel bella izzy
isabelle izzy belle
jacob jake jakob
jacqueline jackie
james jim jimmy jamie jem jaime
jane janie jenny janet
jason jay
jennifer jen jenny jenn
jeremiah jerry
jeremy jerry
jessica jess jessie
joan joanie
john jack johnny jon johann hans juan jean ivan giovanni jan johannes
jonathan jon johnny jonny
joseph joe joey jose josef giuseppe
joshua josh
josephine jo josie
juan john
judith judy judi
julia julie
katherine kathleen
kathleen kathy kate katie
kenneth ken kenny
kimberly kim
laura laurie
lawrence larry laurence lars lorenz
leonard len lenny leo
leslie les
lillian lily lil
linda lindy
louis lou louie lewis luis ludwig
louise lou
lucas luke
lucy lucille
margaret maggie meg peggy marge margie greta megan daisy margarita marguerite
maria mary marie
martha marty
martin marty
mary molly polly mae mamie
matthew matt matty mathew matthias mateo
maureen mo
maximilian max
michael mike mick mickey mikey miguel mikhail michel misha
michelle shelly
mildred millie
mohammed muhammad mohamed mo mohammad
nathan nate
nathaniel nate nat nathan
nicholas nick nicky nicolas nikolai klaus nico
nicole nicky nikki
oliver ollie
pamela pam
patricia pat patty tricia trish patsy
patrick pat paddy
paul pablo pavel
peter pete pedro pyotr petr pierre
philip phil phillip felipe philipp
rachel rae
ralph rafe
raymond ray
rebecca becky becca
reginald reg reggie
richard rick dick rich ricky richie ricardo
robert bob rob bobby robbie bert roberto
roger rodge
ronald ron ronnie
rosemary rose rosie
rudolph rudy rolf
russell russ
samantha sam sammy
samuel sam sammy
sarah sally sadie sara
sharon shari
sidney sid
stanley stan
stephanie steph
stephen steven steve stevie stefan esteban etienne stephan
susan sue susie suzanne susanna
sylvester sly
terence terry
teresa theresa terry tess tessa
thaddeus thad ted
theodore ted teddy theo
thomas tom tommy tomas
timothy tim timmy
tobias toby
valentine val
valerie val
victor vic viktor
victoria vicky tori
vincent vince vinny
virginia ginny
walter walt wally
wilhelm william willi
william will bill billy willie liam guillermo guillaume
winifred winnie
yevgeny eugene zhenya
zachary zach zack
"""

_IN = defaultdict(set)
for _at, _line in enumerate(_FAMILIES.strip().splitlines()):
    for _name in _line.split():
        _IN[_name].add(_at)
FAMILIES: dict[str, frozenset[int]] = {name: frozenset(lines) for name, lines in _IN.items()}


def same_person_name(left: str, right: str) -> bool:
    return not _families(left).isdisjoint(_families(right))


@lru_cache(maxsize=65_536)
def perhaps_same_person_name(left: str, right: str) -> bool:
    """One of them mistyped: Dabe, who is Dave, who is David."""
    return not (_families(left) or _typed(left)).isdisjoint(_families(right) or _typed(right))


def _families(name: str) -> frozenset[int]:
    return FAMILIES.get(name, _NONE)


@lru_cache(maxsize=65_536)
def _typed(word: str) -> frozenset[int]:
    if len(word) < 3:
        return _NONE
    near = {name for part in _parts(word) for name in _BY_PART.get(part, ())}
    return _NONE.union(*(FAMILIES[name] for name in near if OSA.distance(name, word) == 1))


def _parts(word: str) -> list[str]:
    """The word, and the word without one of its letters: two words that are one typo apart share one of these."""
    return [word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]


_NONE: frozenset[int] = frozenset()
_BY_PART = defaultdict(list)
for _name in FAMILIES:
    for _part in _parts(_name):
        _BY_PART[_part].append(_name)
