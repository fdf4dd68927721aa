"""What a follow-up means: "and in Mexico?" after a question, read as the full question. Pure."""

from collections.abc import Collection, Sequence

from bot.fragments import Alike, Known, read_fragment, with_time
from bot.frames import Frame, frame_of
from bot.leads import said_of
from bot.phrases import (
    Token,
    kind_of_phrase,
    text_of,
    tokens,
)
from bot.pronouns import read_attribute, read_pronouns
from bot.word_classes import (
    ADVERBS,
    AUXILIARIES,
    DETERMINERS,
    PERSONS,
    PREPOSITIONS,
    PRONOUNS,
    SELF_STANDING,
    VERBS,
    WH,
)

_LONGEST = 40
"""Words of the longest question that may be, or be completed by, another one."""
_ADDED = 20
"""Characters that a reading may have beyond both questions."""
_BESIDE = {"which": 1, "what": 1, "how": 2}
"""Words that may stand beside the one that asks: "which one", "what time", "how many bikes"."""
_ASIDE = SELF_STANDING | ADVERBS | PREPOSITIONS | {"else"}
_CHAT = frozenset(
    "hi hello hey thanks thank bye goodbye ok okay yes no please you not if so really actually "
    "exactly right sure".split()
)


def resolve(
    question: str,
    history: Sequence[str],
    topic: Collection[str] = (),
    alike: Alike | None = None,
) -> str | None:
    """Return the full question that a follow-up is to be read as.

    Parameters
    ----------
    question
        What the visitor asks now; any text.
    history
        Earlier questions, oldest first, follow-ups among them.
    topic
        Folded words of the corpus's titles, by which names in lower case are told.
    alike
        Tells which phrase of the earlier question a fragment is nearest to, where no rule does
        ("and germany" is rather for "italy" than for "the car"). Called at most once a question.

    Returns
    -------
    str or None
        None where the question stands on its own or nothing can be made of it. At most 20
        characters longer than the question and the longest earlier one together.
    """
    known = Known(frozenset(topic), alike)
    frames: list[Frame] = []
    for earlier in history:
        found = said_of(tokens(_read(earlier, frames, known) or earlier)).body
        if len(found) <= _LONGEST and not _adds_nothing(found):
            frames.append(frame_of(found))
    full = _read(question, frames, known)
    longest = max(map(len, history), default=0)
    if full is None or len(full) > len(question) + longest + _ADDED:
        return None
    return full


def _read(question: str, frames: Sequence[Frame], known: Known) -> str | None:
    found = tokens(question[: 20 * _LONGEST])
    if not frames or not found or len(found) > _LONGEST:
        return None
    said = said_of(found)
    if _adds_nothing(said.body):
        return None
    read = (
        read_ellipsis(said.body, frames[-1])
        or read_pronouns(said, frames, known.names)
        or read_fragment(said, frames, known)
        or read_attribute(said.body, frames, known.names)
    )
    if not read:
        return None
    written = text_of(read)
    if [t.key for t in read] == [t.key for t in found]:
        return None
    mark = "?" if read[0].key in WH | AUXILIARIES or question.rstrip().endswith("?") else ""
    return written[:1].upper() + written[1:] + mark


def _adds_nothing(body: list[Token]) -> bool:
    """Tell "or not?" and "isn't it?" from what asks for something."""
    keys = [t.key for t in body]
    if set(keys[:1]) & AUXILIARIES and set(keys[1:2]) & (PRONOUNS | PERSONS):
        keys = keys[2:]
    return set(keys) <= _CHAT


def read_ellipsis(body: list[Token], frame: Frame) -> list[Token] | None:
    keys = [t.key for t in body]
    asked = keys[1:] if keys[0] in PREPOSITIONS | {"since", "until"} else keys
    if not asked or asked[0] not in WH or len(body) > 4 or asked == ["what"]:
        return None
    if any(k in AUXILIARIES | VERBS | PRONOUNS | PERSONS - {"one"} | DETERMINERS for k in asked):
        return None
    at = _time_at(body)
    beside = [k for k in asked[1 : len(asked) - len(keys[at:])] if k not in _ASIDE]
    if len(beside) > _BESIDE.get(asked[0], 0):
        return None
    full = _asked_with(body[:at], frame)
    return with_time(full, body[at:]) if at < len(body) else full


def _time_at(body: list[Token]) -> int:
    """Return where a time stands behind the word that asks: "where in summer"; else the end."""
    for at in range(1, len(body)):
        rest = [t.key for t in body[at:]]
        if rest[0] in SELF_STANDING or (rest[0] in PREPOSITIONS and kind_of_phrase(rest) == "time"):
            return at
    return len(body)


def _asked_with(wh: list[Token], frame: Frame) -> list[Token]:
    keys = [t.key for t in wh]
    comma = [*frame.tokens[:-1], _comma(frame.tokens[-1]), *wh]
    counted = keys == ["how", "many"] or keys[0] == "which"
    start, end = frame.subject
    if frame.auxiliary < 0 or keys[0] in {"who", "what", "whom"}:
        return comma
    if counted and (len(wh) == 1 or keys[1] in {"many", "one", "ones"}):
        if frame.wh or not frame.phrases:
            return comma
        return _moved(wh[:1] if keys[0] == "which" else wh, frame)
    if keys == ["how", "much"] and (frame.personal or (end < len(frame.tokens) and not frame.wh)):
        return comma
    if start == end and frame.wh:
        return comma
    return [*wh, _lower(frame.tokens[frame.auxiliary]), *frame.tokens[frame.auxiliary + 1 :]]


def _moved(wh: list[Token], frame: Frame) -> list[Token]:
    """Return "how many bikes do you have" of "how many" and "do you have bikes"."""
    start, end = frame.phrases[0]
    first = next(i for i in range(start, end) if frame.tokens[i].key not in DETERMINERS)
    before = frame.tokens[frame.auxiliary : start]
    rest = [*map(_lower, before[:1]), *before[1:], *frame.tokens[end:]]
    return wh + frame.tokens[first:end] + rest


def _comma(token: Token) -> Token:
    return Token(token.word, ",", token.key)


def _lower(auxiliary: Token) -> Token:
    """Return an auxiliary that no longer begins the question."""
    return Token(auxiliary.word.lower(), auxiliary.tail, auxiliary.key)
