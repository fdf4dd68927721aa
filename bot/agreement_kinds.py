"""The kind of answer that a question wants, and whether a text holds one. Pure.

All texts are folded (:func:`index.terms.fold`) and without space around them.
"""

import re
from dataclasses import dataclass

_DIGIT = r"(?<![\d.,])(?!(?:1\d|20)\d\d(?![\d%€£$₹]|[.,]\d))\d"
"""A digit of a number that isn't most likely a year."""
_COUNT = (
    rf"{_DIGIT}|[½¼¾€£$₹¥%]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|"
    r"billions?|dozens?|half|quarter|thirds?|twice|once|double|triple|single|both|several|many|few|"
    r"couple|none|no|pair|majority|most|per ?cent)\b"
)
_DATE = (
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|spring|summer|autumn|fall|winter|easter"
    r"|christmas|centur(?:y|ies)|decades?|years?|months?|weeks?|days?|hours?|minutes?|nights?"
    r"|mornings?|evenings?|afternoons?|noon|midnight|dawn|dusk|today|tomorrow|yesterday|tonight"
    r"|daily|weekly|monthly|annual(?:ly)?|always|never|anytime|now|currently|already|soon|before"
    r"|after|afterwards|during|until|till|since|once|while|when|whenever|later|earlier|early|late"
    r"|recent(?:ly)?|ago|first|last|next|then|times?|period|immediately|age|era|wars?|reign|season"
    r"|weekends?|weekdays?|upon|following)\b"
)
_TIME = (
    rf"{_DIGIT}|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mornings?|evenings?|afternoons?"
    r"|noon|midnight|dawn|dusk|sunrise|sunset|nights?|daily|always|hours?|minutes?|anytime|any time"
    r"|time|times|open|opens|closed?|closes|while|when|before|after|until)\b"
)
_LENGTH = (
    r"\d|\b(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centur(?:y|ies)|always"
    r"|forever|never|lifetime|life|long|longer|short|shorter|until|since|quick(?:ly)?|immediate(?:ly)?"
    r"|instant(?:ly)?|generations?|time|times|indefinite(?:ly)?|permanent(?:ly)?)\b"
)
_MONEY = (
    rf"{_DIGIT}|[€£$₹¥%]|\b(?:free|charge|charges|charged|complimentary|gratis|costs?|costly|prices?|priced"
    r"|pay|paid|payable|fees?|cheap\w*|expensive|inexpensive|afford\w*|euros?|pounds?|dollars?|pence"
    r"|cents?|rupees?|discounts?|rates?|tariffs?|money|included|percent|per cent|half|million"
    r"|billion|hundred|thousand)\b"
)
_OFTEN = (
    rf"{_DIGIT}|\b(?:once|twice|daily|weekly|monthly|yearly|annual(?:ly)?|every|each|always|never|often"
    r"|rarely|usually|sometimes|regular(?:ly)?|frequent(?:ly)?|per|constant(?:ly)?|times?)\b"
)
_AUXILIARY = (
    r"(?:did|do|does|was|were|is|are|am|will|would|can|could|should|shall|has|have|had|may|must)"
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of answer: how it is asked for, and what a text that gives it must hold."""

    name: str
    asked: re.Pattern[str]
    given: re.Pattern[str]


_KINDS = tuple(
    _Kind(name, re.compile(asked), re.compile(given))
    for name, asked, given in (
        ("how many", r"\bhow many\b", _COUNT),
        (
            "price",
            r"\bhow much (?:is|are|do|does|did|for|will|would)\b.*\b(?:cost|pay|charge|fee|price)"
            r"|\b(?:cost|costs|cheapest|prices?|fees?|priced)\b|^how much\b",
            f"{_MONEY}|{_COUNT}",
        ),
        ("how long", r"\bhow (?:long|soon|old|quickly)\b", f"{_LENGTH}|{_COUNT}"),
        (
            "address",
            r"\bwhat(?: is|s|'s|’s) the (?:street |postal )?address\b",
            r"\d|\b(?:street|road|avenue|square|lane|via|place|drive|way|boulevard|floor|building)\b",
        ),
        ("how often", r"\bhow often\b", _OFTEN),
        (
            "how far",
            r"\bhow (?:far|tall|high|wide|deep|heavy|fast|hot|cold|big|large)\b"
            r"|\bwhat is the (?:\w+ )?(?:size|weight|height|capacity|speed|length)\b",
            f"{_COUNT}|\\b(?:large|larger|largest|small|high|low|fast|heavy|long|short|far|near)\\b",
        ),
        (
            "when",
            rf"^(?:and |so |but )?when (?:{_AUXILIARY}|'s)\b"
            r"|\b(?:what|which) (?:year|date|day|month|century|decade)\b",
            _DATE,
        ),
        ("time", rf"\bwhat time (?:{_AUXILIARY})\b|\bopening (?:hours|times)\b", _TIME),
        ("phone number", r"\b(?:tele)?phone number\b", rf"{_DIGIT}\d\d|\d[ -/]\d"),
        ("email", r"\be-?mail address\b", r"@"),
    )
)

_WH = re.compile(
    r"^(?:and |so |but )?(?:in |on |at |for |to )?(?:which|what|who|whom|where|when)\b"
)
_CLAUSE = re.compile(r"\b(?:if|because|when|that|who|while|although|since|as|but)\b|[,;:]")
_NOT = re.compile(
    r"\b(?:not|never|no|cannot|isnt|arent|doesnt|dont|didnt|cant|wont|without)\b|n['’]t\b"
)
_DENIES = re.compile(
    r"\b(?:not|never|no|none|nor|neither|nobody|nothing|cannot|without|except\w*|exclud\w*|only|"
    r"unless|lack\w*|fail\w*|refus\w*|forbid\w*|forbidden|prohibit\w*|ban\w*|den(?:y|ied)|reject\w*|"
    r"avoid\w*|prevent\w*|unable|little|few|hardly|rather|instead|but|although|despite|other)\b"
    r"|n['’]t\b|\b(?:un|in|im|il|ir|dis|non)\w{4,}"
)


def asked_kinds(question: str) -> tuple[str, ...]:
    """Return the kinds of answer that a question wants, of those that a text can be searched for.

    "How many people work there?" gives ("how many",); most questions give ().
    """
    return tuple(kind.name for kind in _KINDS if kind.asked.search(question))


def lacking_kinds(question: str, text: str) -> tuple[str, ...]:
    """Return the kinds of answer that a question wants and that a text has no trace of."""
    return tuple(
        kind.name for kind in _KINDS if kind.asked.search(question) and not kind.given.search(text)
    )


def denies_alone(question: str, text: str) -> bool:
    """Tell whether a "which … not" question meets a text without any negation.

    Only the clause of the question word counts: "what if I don't …" is no such question.
    """
    opening = _WH.match(question)
    if opening is None:
        return False
    clause = _CLAUSE.split(question[opening.end() :], maxsplit=1)[0]
    return bool(_NOT.search(clause)) and not _DENIES.search(text)
