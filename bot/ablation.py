"""What each piece of evidence is worth: the same questions with one of them left out.

Nothing is fitted anew: the other weights, the calibration and the cut stay as shipped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bot.confidence import Lead
from bot.evaluate import Evaluation, evaluate
from bot.judging import Judge
from bot.verifier import Verifier
from index.rank import EVIDENCE, Ranker, Ranking, load_weights
from index.spelling import Speller

if TYPE_CHECKING:
    from bot.answer import Bot

MEASURED = ("P@1", "in_scope_accuracy", "oos_recall", "AUROC")
"""Of :data:`bot.measures.MEASURES`, those that an ablation tells."""


def ablate(
    bot: "Bot", evaluation: Evaluation, *, progress: bool = False
) -> dict[str, Mapping[str, float | None]]:
    """Return what is measured by what was left out, "nothing" first, as ``evaluation`` found it.

    The cases of the evaluation are asked again for each of the other rows.
    """
    cases = [judged.case for judged in evaluation.replies]
    found = {"nothing": evaluation.overall.values}
    for name, variant in variants(bot):
        found[name] = evaluate(variant, cases, progress=progress).overall.values
    return {name: {one: values[one] for one in MEASURED} for name, values in found.items()}


def variants(bot: "Bot") -> "Iterator[tuple[str, Bot]]":
    """Yield what is left out, and the bot without it."""
    for at, name in enumerate(EVIDENCE):
        weights = load_weights()
        weights[at] = 0
        yield name, bot.varied(ranker=Ranker(bot.index, weights))
    yield "verifier", bot.varied(verifier=_Undecided())
    yield "agreement", bot.varied(judge=_Ungated)
    ranker = Ranker(bot.index)
    ranker.speller = _AsWritten({})
    yield "spelling", bot.varied(ranker=ranker)


class _Undecided(Verifier):
    """Says of no passage whether it answers: the logit 0."""

    def score(self, _question: str, passages: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.zeros(len(passages), dtype=np.float32)


class _Ungated(Judge):
    """Lets every passage pass, whatever names and numbers are asked for."""

    def look(self, question: str, ranking: Ranking) -> Lead:
        lead = super().look(question, ranking)
        return replace(lead, disagreements=((),) * len(lead.looked), missing=())


class _AsWritten(Speller):
    """Mends nothing; the agreement gate still tells slips from words of its own accord."""

    def correct(self, question: str) -> str:
        return question
