"""Numbers, units, days and months that a text speaks of, as they are compared. Pure."""

import re
from collections.abc import Iterable

from index.frequency import frequency
from index.terms import stem

_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_NUMBER_WORDS = {
    word: str(value) for names in (_COUNTED, _ORDINALS) for value, word in enumerate(names)
} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "seventy": "70",
    "eighty": "80",
    "ninety": "90",
    "hundred": "100",
    "thousand": "1000",
    "dozen": "12",
    "both": "2",
    "twice": "2",
}
_ASKED = re.compile(r"(?<![\w.,:/*×-])\d+(?:[.,]\d+)*(?![\w:/*×]|[-–]\w|[.,]\d)")
_ORDINAL = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)|({'|'.join([*_ORDINALS[1:], 'twenty-first'])}))\b"
    r"(?=[^.;]{0,40}\bcentur)"
)
_PERIOD = re.compile(r"\b(1\d|20)(\d)0['’]?s\b")
_ANY_YEAR = re.compile(r"(?<![\d.,$€£₹])(?:[1-9]\d\d|1\d\d\d|20\d\d)(?![\d%]|[.,]\d)")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_FOLLOWED = re.compile(r"(\d{2,4})\s?[-–—/]\s?(\d{1,4})")
_YEAR = re.compile(r"(?<![\d.,])(?:1\d|20)\d\d(?![\d]|[.,]\d)")

_UNITS: tuple[dict[str, str], ...] = (
    {
        "hour": "hour hours hourly hr hrs",
        "day": "day days daily",
        "week": "week weeks weekly",
        "month": "month months monthly",
        "year": "year years yearly annual annually annum",
        "minute": "minute minutes min mins",
        "decade": "decade decades",
    },
    {
        "euro": "euro euros eur €",
        "pound": "pound pounds gbp £ pence penny",
        "dollar": "dollar dollars usd $ cents",
        "rupee": "rupee rupees inr ₹ rs",
        "yen": "yen jpy ¥",
    },
    {
        "metre": "metre metres meter meters",
        "kilometre": "kilometre kilometres kilometer kilometers km",
        "mile": "mile miles",
        "foot": "foot feet ft",
        "inch": "inch inches",
    },
    {
        "kilogram": "kilogram kilograms kilo kilos kg kgs",
        "gram": "gram grams",
        "pound": "lb lbs",
        "tonne": "tonne tonnes ton tons",
    },
)
_CLASS_OF: dict[str, tuple[int, str]] = {
    form: (number, unit)
    for number, units in enumerate(_UNITS)
    for unit, forms in units.items()
    for form in forms.split()
}
_UNIT_NEXT = re.compile(
    r"\s*(?:[€£$₹¥%]|(?:" + "|".join(map(re.escape, _CLASS_OF)) + r"|rpm|hp|people)\b)",
    re.IGNORECASE,
)
_NAMED_BY_NUMBER = re.compile(
    r"\b([^\W\d_]{3,}) (\d{1,3})(?![\d.,:%-]|\s*(?:to|and|-|–|%|€|£|\$|"
    + "|".join(map(re.escape, _CLASS_OF))
    + r")\b)"
)
_GRAMMAR = 5.3
"""Zipf frequency from which the word before a number doesn't name a thing ("about", "under")."""
_UNIT = re.compile(r"[^\W\d_]+|[€£$₹¥]")
_PER = re.compile(
    r"\b(?:per|each|every|an?|(?:for|cost|costs) (?:one|half an?|an?|\d+))\s+([^\W\d_]+)"
    r"|\bhow many\s+([^\W\d_]+)|\bin\s+(euros?|dollars?|pounds?|rupees?|yen|miles?|kilomet\w+|feet)"
)

_DAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
_MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)
_NAMED = "|".join([*_DAYS, *_MONTHS])
_RANGE = re.compile(
    rf"(?:{_NAMED})s?\W+(?:\d+\W+)?(?:to|until|till|through|thru|and|[-–—])\W+(?:\d+\W+)?(?:{_NAMED})"
    r"|\b(?:every ?day|daily|week(?:day|end)s?|always|any time|all year|whole year|year-round"
    r"|seven days|7 days|other days?|other months?)\b"
)
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})(?:s|'s|’s)?\b")
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\b")
_DATED = re.compile(
    rf"\b(?:in|during|since|until|by|for|before|after|early|late)\s+({'|'.join(_MONTHS)})\b"
)


def numbers(folded: str) -> frozenset[str]:
    """Return the numbers of a folded text in digits, "4,137" as 4137, "ten" and "tenth" as 10.

    A range of years in short ("1914–18") holds its second year in full, too.
    """
    return numbers_in([folded])


def numbers_in(folded: Iterable[str]) -> frozenset[str]:
    """Return the numbers of all of some folded texts; see :func:`numbers`."""
    tokens: set[str] = set()
    ranges: set[tuple[str, str]] = set()
    for text in folded:
        tokens.update(_NUMBER.findall(text))
        ranges.update(_FOLLOWED.findall(text))
    found = {number for token in tokens if (number := _plain(token))}
    return frozenset(
        found | {first[: max(len(first) - len(last), 0)] + last for first, last in ranges}
    )


def _plain(token: str) -> str:
    if not token[0].isdigit():
        return _NUMBER_WORDS.get(token) or _ROMAN.get(token, "")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", token):
        token = token.replace(",", "")
    return token.strip(".,")


def asked_numbers(question: str) -> list[tuple[tuple[int, int], str]]:
    """Return the numbers that stand in digits in a question: their span, and as compared.

    A number tied to letters ("covid-19", "80s", "19th", "4x4") is no number of its own.
    """
    return [(match.span(), _plain(match.group())) for match in _ASKED.finditer(question)]


def is_year(text: str, span: tuple[int, int]) -> bool:
    """Tell whether the number at a span is most likely a year, 1000 to 2099: no unit follows."""
    follows = _UNIT_NEXT.match(text, span[1])
    precedes = text[: span[0]].rstrip().endswith(tuple("€£$₹¥#*x×"))
    return bool(_YEAR.fullmatch(text[slice(*span)])) and not follows and not precedes


def identified(folded: str) -> dict[str, frozenset[str]]:
    """Return the numbers that things are told apart by: "bus 7" gives {"bus": {"7"}}.

    Only nouns with one or two such numbers directly behind them, without "to" and units.
    """
    found: dict[str, set[str]] = {}
    for noun, number in _NAMED_BY_NUMBER.findall(folded):
        if frequency(noun) < _GRAMMAR:
            found.setdefault(stem(noun), set()).add(_plain(number))
    return {noun: frozenset(held) for noun, held in found.items()}


def dated(folded: str) -> tuple[int, int] | None:
    """Return the first and last year that a folded text speaks of; None where there is none."""
    spans = [span for span, _ in _periods(folded)]
    spans += [(int(year), int(year)) for year in _ANY_YEAR.findall(folded)]
    return (min(s for s, _ in spans), max(e for _, e in spans)) if spans else None


def other_period(question: str, told: tuple[int, int] | None) -> tuple[str, ...]:
    """Return the centuries and decades of a folded question outside the years of a text.

    "the 10th century" of a text with the years 1066 to 1087 gives ("10th century",).
    """
    if told is None:
        return ()
    first, last = told
    asked = _periods(question)
    return tuple(said for (start, end), said in asked if end < first or last < start)


def _periods(folded: str) -> list[tuple[tuple[int, int], str]]:
    """Return the first and last year of each century and decade that a text names, and how."""
    found = []
    for match in _ORDINAL.finditer(folded):
        century = int(match[1] or _NUMBER_WORDS.get(match[2], 21))
        found.append(((100 * century - 100, 100 * century), f"{match.group()} century"))
    for match in _PERIOD.finditer(folded):
        start = int(match[1] + match[2] + "0")
        found.append(((start, start + (9 if match[2] != "0" else 99)), match.group()))
    return found


def other_unit(question: str, told: str) -> tuple[str, ...]:
    """Return the units that are asked for where a text has only others of the same kind.

    Both folded.

    "How much a month?" of a text with a price an hour gives ("month",).
    """
    asked = [word for match in _PER.findall(question) for word in match if word in _CLASS_OF]
    if not asked:
        return ()
    held = [_CLASS_OF[form] for form in _UNIT.findall(told) if form in _CLASS_OF]
    wrong = []
    for word in asked:
        kind, unit = _CLASS_OF[word]
        units = {each for number, each in held if number == kind}
        if units and unit not in units:
            wrong.append(word)
    return tuple(dict.fromkeys(wrong))


def is_calendar(folded: str) -> bool:
    """Tell whether a folded word is a day or a month, in full, in short or in plural."""
    return any(folded in (name, f"{name}s", name[:3], name[:4]) for name in (*_DAYS, *_MONTHS))


def other_day(question: str, told: str) -> tuple[str, ...]:
    """Return the days and months of a question where a text names only others.

    Both folded; () where the text speaks of a range ("from Monday to Friday", "daily").
    """
    days, months = _DAY.findall(question), _DATED.findall(question)
    if not (days or months) or _RANGE.search(told):
        return ()
    wrong = []
    for asked, named in ((days, _DAY), (months, _MONTH)):
        held = set(named.findall(told))
        wrong += [each.capitalize() for each in asked if held and each not in held]
    return tuple(dict.fromkeys(wrong))
