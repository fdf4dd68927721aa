"""A bot that knows a few replies by heart, one for each way in which a reply can look."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from bot.reply import Alternative, Reply, Source

ANSWER = (
    "Alfa Romeo cars are primarily made in Italy, specifically at their manufacturing plants in"
    " Turin and Naples."
)
PARAGRAPH = (
    "Alfa Romeo was founded in Milan, Italy in 1910. The brand’s name is an acronym for “Anonima"
    " Lombarda Fabbrica Automobili,” which translates to “Lombard Automobile Factory, Public"
    " Company” in English."
)
TABLE = (
    "| Manufacturing Facility | Location |\n|---|---|\n| Cassino Plant | Cassino, Italy |\n"
    "| Toluca Plant | Toluca, Mexico |"
)
HELLO = "Hello! Ask me about Alfa Romeo."
NASTY = (
    "<script>window.pwned=1</script><img src=x onerror=window.pwned=1> ![x](http://evil.example/x)"
    " [click](javascript:window.pwned=1) **bold** $$x^2$$ `code` http://evil.example/ &lt;b&gt;"
)
TITLE = "Where Is Alfa Romeo Made: The Ultimate Guide To Its Manufacturing"


def source(snippet: str, answer: str, section: str, **changed: object) -> Source:
    """Return a source in which the answer stands where it does in the snippet."""
    start = snippet.index(answer)
    made = Source(
        id=section,
        document="where.md",
        title=TITLE,
        section=(section,),
        url="https://dealer.example/where",
        file="where.md",
        field=None,
        start=100,
        end=100 + len(snippet),
        snippet=snippet,
        highlight=(start, start + len(answer)),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


ACRONYM = PARAGRAPH[PARAGRAPH.index("The brand’s") :]
ROW = "| Toluca Plant | Toluca, Mexico |"
CELLS = (("Manufacturing Facility", "Toluca Plant"), ("Location", "Toluca, Mexico"))
FAQ = source(ANSWER, ANSWER, "Where Is Alfa Romeo Made?")
BIRTHPLACE = source(PARAGRAPH, ACRONYM, "The Birthplace: Italy", url=None)
FACILITIES = source(TABLE, ROW, "Production Facilities")
OTHERS = (
    Alternative(ACRONYM, 0.31, BIRTHPLACE),
    Alternative(ROW, 0.22, FACILITIES, cells=CELLS),
    Alternative(ANSWER, 0.2, FAQ, question="Where Is Alfa Romeo Made?"),
)
STARTERS = (
    "Where Is Alfa Romeo Made?",
    "Are Alfa Romeo Cars Reliable?",
    "Which plant is in Mexico?",
)

REPLIES = {
    "where is alfa romeo made?": Reply("answer", ANSWER, 0.97, FAQ, alternatives=OTHERS[:2]),
    "where are the plants?": Reply(
        "answer", ANSWER, 0.9, FAQ, alternatives=OTHERS[1:2], sources_differ="places"
    ),
    "which plant is in mexico?": Reply("answer", ROW, 0.9, FACILITIES, cells=CELLS),
    "what about the name?": Reply(
        "answer", ACRONYM, 0.8, BIRTHPLACE, understood_as="What does the name Alfa Romeo mean?"
    ),
    "is it made in germany?": Reply(
        "closest", ANSWER, 0.4, FAQ, alternatives=OTHERS[1:], not_in_sources=("Germany",)
    ),
    "which one?": Reply(
        "closest", ANSWER, 0.4, FAQ, did_you_mean=("Where Is Alfa Romeo Made?", "Is <b>it</b>?")
    ),
    "hello": Reply("smalltalk", HELLO, 1.0, source(HELLO, HELLO, "greeting")),
    "nasty": Reply(
        "answer",
        NASTY,
        0.9,
        source(
            f"Before. {NASTY}\n\n**After**", NASTY, NASTY, title=NASTY, url="javascript:alert(1)"
        ),
        alternatives=(Alternative(NASTY, 0.2, FAQ, question=NASTY, cells=((NASTY, NASTY),)),),
        not_in_sources=(NASTY,),
        understood_as=NASTY,
        suggestions=(NASTY,),
    ),
}
UNKNOWN = Reply(
    "abstain", None, 0.04, None, suggestions=STARTERS[:2], not_in_sources=("capital", "France")
)


class ScriptedBot:
    """Answers from :data:`REPLIES`, abstains on everything else, remembers what it was asked."""

    corpus_version = "scripted"

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self._lock = threading.Lock()

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Return a reply with an id of its own.

        "fail" raises, "history" tells the history, "sleep 3" takes three seconds.
        """
        if question == "fail":
            raise RuntimeError("secret of the server")
        if question.startswith("sleep "):
            time.sleep(float(question.split()[1]))
        with self._lock:
            self.asked.append((question, tuple(history)))
            number = len(self.asked)
        told = Reply("smalltalk", " | ".join(history), 1.0, None)
        replies = REPLIES | {"history": told}
        reply = replies.get(question.strip().casefold(), UNKNOWN)
        return replace(reply, reply_id=f"reply-{number}", corpus_version=self.corpus_version)

    def entries(self) -> tuple[Alternative, ...]:
        """Return an FAQ of one plain and one nasty entry."""
        nasty = source(NASTY, NASTY, NASTY, title=NASTY, url="javascript:alert(1)")
        return (OTHERS[2], Alternative(NASTY, 1.0, nasty, question=f"Why {NASTY}?"))

    def starters(self) -> tuple[str, ...]:
        """Return what the chat starts with."""
        return STARTERS

    def newer(self) -> "ScriptedBot | None":
        """Return the bot that takes the place of this one: none."""
        return None

    def check(self) -> None:
        """Find the index as it should be."""
