"""Fits the name probe of ``bot/agreement.json``. Run by hand, about three minutes.

    python tests/fit_agreement.py en_US.dic

The word list is the English dictionary of Hunspell (SCOWL, as LibreOffice ships it), a word a line;
a word that it holds with a capital only is a name. Words that general English doesn't use at all
are left out. A seventh of the words is kept aside and only measured.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from wordfreq import zipf_frequency

from bot.agreement_names import NAME, frequency_cues
from index.encoders import question_encoder

BATCH = 256


def read_words(path: Path) -> tuple[list[str], list[int]]:
    """Return the words in lower case and whether each is a name."""
    named, common = set(), set()
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        word = line.split("/")[0].strip()
        if word.isalpha() and word.isascii() and len(word) > 1:
            (named if word[0].isupper() else common).add(word.lower())
    words = sorted(each for each in named | common if zipf_frequency(each, "en") > 0)
    return words, [int(each not in common) for each in words]


def main() -> None:
    """Fit, measure on the words kept aside, and write the weights."""
    words, labels = read_words(Path(sys.argv[1]))
    encoder = question_encoder("default", Path(sys.argv[2]) if len(sys.argv) > 2 else Path("cache"))
    vectors = [encoder.encode(words[at : at + BATCH]) for at in range(0, len(words), BATCH)]
    cues = np.concatenate([np.concatenate(vectors), [frequency_cues(w) for w in words]], axis=1)
    is_name = np.array(labels)
    aside = np.random.default_rng(0).random(len(words)) < 1 / 7
    model = LogisticRegression(C=10, max_iter=1000).fit(cues[~aside], is_name[~aside])
    held = model.predict_proba(cues[aside])[:, 1]
    measured = {
        "words": len(words),
        "names": int(is_name.sum()),
        "kept_aside": int(aside.sum()),
        "auroc": round(float(roc_auc_score(is_name[aside], held)), 4),
        "names_found": round(float((held[is_name[aside] == 1] >= NAME).mean()), 4),
        "words_taken_for_names": round(float((held[is_name[aside] == 0] >= NAME).mean()), 4),
    }
    fitted = {
        "fitted_on": "capitals of en_US.dic (SCOWL, Hunspell) for all-MiniLM-L6-v2",
        "kept_aside": measured,
        "weights": [round(float(weight), 3) for weight in model.coef_[0]],
        "constant": round(float(model.intercept_[0]), 3),
    }
    target = Path(__file__).parents[1] / "bot" / "agreement.json"
    target.write_text(json.dumps(fitted) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
