"""Where sentences begin and end. Pure; by rules, for text as it stands on web pages."""

import re

from corpus.lines import LINE_END, Span, trim

_CLOSERS = r"[\"'”’»«›)\]}*_`]*(?:\[\d+\])*"
# Stops of scripts that put no space between sentences end one wherever they stand.
_STOP = re.compile(
    rf"(?:[。！？｡][。！？｡…]*[」』”’）\"')]*|(?P<stop>[.!?…؟।॥]+){_CLOSERS}(?=\s|\Z))"
)
# A line break ends a sentence where a new block starts: a blank line, list item, quote, table row.
_BREAK = re.compile(
    rf"{LINE_END}(?:[^\S\r\n]*{LINE_END}"
    r"|(?=[^\S\r\n]*(?:[-*+•–]\s|\d{1,9}[.)]\s|[|>#]|```)))"
)
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘«/—]+\Z")
_NEXT = re.compile(r"\s*[\"'“‘«(\[*_`¿¡]*(\S\w*(?:['’]\w+)?)")
_LIST_NUMBER = re.compile(r"(?:\A|[\r\n])[^\S\r\n]*(?:\d{1,9}|[a-zA-Z])\Z")


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TITLES = _words(
    "mr mrs ms mx dr drs prof rev hon gen col maj capt cmdr lt sgt st mt messrs mme mlle "
    "gov sen rep pres supt vs e.g eg i.e ie cf viz approx ca al incl excl esp resp"
)
_BEFORE_NUMBER = _words(
    "no nos nr fig figs vol vols p pp ch chap sec sect art eq ed ext tel est par para"
)
_MONTHS = _words("jan feb mar apr jun jul aug sep sept oct nov dec")
_BEFORE_NAME = _words("inc ltd co corp bros jr sr llc dept univ ave blvd rd sq hwy etc")
_STARTERS = _words(
    "a an the this that these those it its he she they we you i his her their our your my there "
    "here in on at by for from with without as if when while where after before since although "
    "though because but and or so yet however moreover also then today now what which who how why "
    "no not all some many most each every both please see"
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


def sentences(text: str) -> list[Span]:
    """Return the spans of a text's sentences, in order, without the whitespace between them.

    All text but whitespace lies in a span, and no span ends inside a word.
    """
    ends = sorted({match.end() for match in _BREAK.finditer(text)} | _stops(text) | {len(text)})
    spans = (trim(text, start, end) for start, end in zip([0, *ends], ends, strict=False))
    return [span for span in spans if span[0] < span[1]]


def _stops(text: str) -> set[int]:
    return {match.end() for match in _STOP.finditer(text) if _ends(text, match)}


def _ends(text: str, match: re.Match[str]) -> bool:
    """Tell whether a stop ends its sentence: by the word before it and the word after."""
    stop = match["stop"]
    following = _NEXT.match(text, match.end())
    if stop is None or following is None:
        return True
    if following[1][0].islower():
        # “Why?” she asked: the sentence goes on. Why? because: it doesn't.
        return match[0].endswith("?")
    if stop != ".":
        return True
    before = text[max(0, match.start() - 40) : match.start()]
    word = _LAST_WORD.search(before)
    if word is None or _LIST_NUMBER.search(before):
        return word is None
    return not _abbreviates(word[0].casefold(), following[1])


def _abbreviates(word: str, following: str) -> bool:
    """Tell whether ``word`` and its dot, before the word ``following``, end no sentence."""
    if word in _TITLES:
        return True
    if word in _BEFORE_NUMBER or word in _MONTHS:
        return following[0].isdigit()
    if word in ("a.m", "p.m", "am", "pm"):
        return False
    if word in _BEFORE_NAME or _INITIALS.fullmatch(word):
        return following.casefold() not in _STARTERS
    return False
