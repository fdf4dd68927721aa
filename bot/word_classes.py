"""Closed classes of English words, and the common words of a few open ones."""

WH = frozenset("what which who whom whose where when why how".split())
BE = frozenset("is are was were am be".split())
AUXILIARIES = BE | frozenset(
    "do does did can could will would should may might must has shall isn't aren't doesn't don't "
    "can't didn't won't".split()
)
PREPOSITIONS = frozenset(
    "in on at for to from with without by during after before until till near under over into "
    "about via per between within outside inside through against since around as behind".split()
)
DETERMINERS = frozenset(
    "the a an my your our his her its their this that these those any some every each all no "
    "another other".split()
)
PERSONS = frozenset("i you we one u me us someone somebody anyone people there he she".split())
CLAUSES = frozenset("if when because and but or so once while who that which , ;".split())
PRONOUNS = frozenset("it they them this that these those he she him".split())
ADVERBS = frozenset(
    "been being also too still again only just ever never always usually actually exactly really "
    "online here already yet well very so not please anymore together alone first off up out down "
    "away".split()
)
ADJECTIVES = frozenset(
    "open closed free available reliable expensive cheap special different safe allowed possible "
    "possible easy hard difficult accessible included refundable valid better best cheaper faster "
    "good bad big small old new long far late early italian legal necessary required worth ready "
    "popular famous important busy full empty compatible secure unique luxury ok okay mandatory "
    "like made built born sold held kept found known shown lost paid taken given done meant "
    "allergic heated insured true".split()
)
VERBS = frozenset(
    "access activate add delete edit register remove rename tell explain describe own "
    "accept allow answer appear apply arrive ask become begin belong block board book borrow bring "
    "build buy cancel carry change charge check choose claim close collect come connect contact "
    "contain cost count cover create deliver depart deposit differ do download drive drop earn eat "
    "end enter exist expire export extend find finish fit fly follow freeze get give go happen "
    "have hire hold hurt include install issue join keep know last leave lend let live log look "
    "lose make matter mean meet move need offer open own park pay pick play print produce provide "
    "put reach read receive refund renew rent repair replace require reserve reset return run save "
    "see sell send serve share ship show sign sit smoke speak spend stand start stay stop store "
    "support sync take talk teach train transfer travel turn update upgrade use visit wait want "
    "watch wear win withdraw work write".split()
)
DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
MONTHS = frozenset(
    "january february march april may june july august september october november december".split()
)
TIMES = frozenset(
    "today tomorrow tonight yesterday now nowadays currently originally initially formerly "
    "previously past future beginning moment weekend weekday morning afternoon evening night week "
    "month year summer winter spring autumn holiday christmas easter noon midnight".split()
)
SELF_STANDING = frozenset(
    "today tomorrow tonight yesterday now nowadays currently originally initially formerly "
    "previously".split()
)
GROUPS = frozenset(
    "adult child children kid student senior pensioner member guest visitor resident teacher baby "
    "babie toddler teenager family familie beginner employee parent tourist women men".split()
)
ATTRIBUTES = frozenset(
    "history price cost fee name meaning size weight length address age owner origin colour color "
    "rate location limit population area height depth width speed capacity duration value".split()
)
