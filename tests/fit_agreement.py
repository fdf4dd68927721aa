"""Fits the name probe of ``bot/agreement.json``. Run by hand, about five minutes.

    python tests/fit_agreement.py en_US.dic

The word list is the English dictionary of Hunspell (SCOWL, as LibreOffice ships it), a word a line;
a word that it holds with a capital only is a name, unless it is the plural of another ("Weeks").
Inflected forms, which it doesn't list, come from the words of general English that have a listed
word's stem. Words that general English doesn't use at all are left out. A seventh of the words is
kept aside and measured first; the fit that is written has seen them all.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from wordfreq import get_frequency_dict, zipf_frequency

from bot.agreement_names import NAME, frequency_cues
from bot.config import cache_folder
from index.encoders import question_encoder
from index.terms import stem

BATCH = 256
HIDDEN = 48
EPOCHS = 30
COMMON = 3.0
"""Zipf frequency of words that visitors use; the measures are given for these, too."""


def read_words(path: Path) -> dict[str, bool]:
    """Return the words in lower case, and of each whether it is a name."""
    named, common = set(), set()
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        word = line.split("/")[0].strip()
        if word.isalpha() and word.isascii() and len(word) > 1:
            (named if word[0].isupper() else common).add(word.lower())
    common |= {f"{word}s" for word in common} & named
    labels = {each: each not in common for each in sorted(named | common)}
    return {w: name for w, name in labels.items() if zipf_frequency(w, "en") > 0} | inflected(
        labels
    )


def inflected(labels: dict[str, bool]) -> dict[str, bool]:
    """Return the common forms that aren't listed: plurals of names, any form of other words."""
    stems = {stem(word) for word, name in labels.items() if not name}
    stems_of_names = {stem(word) for word, name in labels.items() if name} - stems
    found = {}
    for word in sorted(get_frequency_dict("en", wordlist="small")):
        if word in labels or not (word.isalpha() and word.isascii() and len(word) > 2):
            continue
        if word.endswith("s") and labels.get(word[:-1]):
            found[word] = True
        elif stem(word) in stems and stem(word) not in stems_of_names:
            found[word] = False
    return found


def measured(chance: NDArray[np.float64], is_name: NDArray[np.bool_]) -> dict[str, float]:
    """Return how well names are told from other words."""
    return {
        "words": len(is_name),
        "names": int(is_name.sum()),
        "auroc": round(float(roc_auc_score(is_name, chance)), 4),
        "names_found": round(float((chance[is_name] >= NAME).mean()), 4),
        "words_taken_for_names": round(float((chance[~is_name] >= NAME).mean()), 4),
    }


def fit(cues: NDArray[np.float64], is_name: NDArray[np.bool_]) -> MLPClassifier:
    """Return a network of one hidden layer, which also learns the commoner words by heart."""
    model = MLPClassifier(
        (HIDDEN,), alpha=1e-3, learning_rate_init=2e-3, max_iter=EPOCHS, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(cues, is_name)


def main() -> None:
    """Measure on the words kept aside, fit on all and write the weights."""
    labels = read_words(Path(sys.argv[1]))
    words, is_name = list(labels), np.array(list(labels.values()))
    encoder = question_encoder("default", cache_folder())
    vectors = [encoder.encode(words[at : at + BATCH]) for at in range(0, len(words), BATCH)]
    frequencies = np.array([frequency_cues(word) for word in words])
    cues = np.concatenate([np.concatenate(vectors), frequencies], axis=1)
    aside = np.random.default_rng(0).random(len(words)) < 1 / 7
    chance = fit(cues[~aside], is_name[~aside]).predict_proba(cues)[:, 1]
    often = np.array([zipf_frequency(word, "en") >= COMMON for word in words])
    common = aside & often
    model = fit(cues, is_name)
    seen = model.predict_proba(cues)[:, 1]
    fitted = {
        "fitted_on": "capitals in en_US.dic (SCOWL, Hunspell), embedded by all-MiniLM-L6-v2",
        "words": len(words),
        "kept_aside": measured(chance[aside], is_name[aside]),
        "kept_aside_common": measured(chance[common], is_name[common]),
        "seen_common": measured(seen[often], is_name[often]),
        "hidden": [
            np.round(model.coefs_[0], 3).tolist(),
            np.round(model.intercepts_[0], 3).tolist(),
        ],
        "output": [np.round(model.coefs_[1][:, 0], 3).tolist(), float(model.intercepts_[1][0])],
    }
    target = Path(__file__).parents[1] / "bot" / "agreement.json"
    target.write_text(json.dumps(fitted, separators=(",", ":")) + "\n", encoding="utf-8")
    told = {
        name: fitted[name] for name in ("words", "kept_aside", "kept_aside_common", "seen_common")
    }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
