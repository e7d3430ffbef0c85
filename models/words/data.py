"""Common English words, as pairs of a context of eight letters and the letter that comes next.

The words are those of SCOWL's levels 10 to 35, as Debian's package ``scowl`` installs them. Only the pairs of the
held-out words and a few contexts become part of the project.
"""

import random
import re
from pathlib import Path

import numpy as np

FOLDER = Path("/usr/share/dict/scowl")
FILES = [f"{kind}-words.{level}" for kind in ("english", "american") for level in (10, 20, 35)]
CONTEXT = 8  # letters
END = "·"  # letter 0: what follows the last letter of a word, and what stands before its first
LETTERS = (END, *"abcdefghijklmnopqrstuvwxyz")
HELD_OUT = 200  # words


def words(folder=FOLDER):
    """Training words and held-out ones, both of 3 to 12 plain letters, shuffled; 37 635 and 200 of them."""
    texts = [(folder / name).read_text(encoding="latin-1") for name in FILES]
    known = sorted({word for text in texts for word in re.findall("^[a-z]{3,12}$", text, re.MULTILINE)})
    random.Random(0).shuffle(known)
    return known[HELD_OUT:], known[:HELD_OUT]


def pairs(words):
    """Every letter of the words, and the end of each, with what stands before it.

    Returns
    -------
    contexts, letters
        int64, shape (n, 8), and int64, shape (n,); index into ``LETTERS``

    Examples
    --------
    >>> contexts, letters = pairs(["ox"])
    >>> contexts.tolist()
    [[0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 15], [0, 0, 0, 0, 0, 0, 15, 24]]
    >>> letters.tolist()
    [15, 24, 0]
    """
    contexts, letters = [], []
    for word in words:
        padded = END * CONTEXT + word + END
        codes = [LETTERS.index(letter) for letter in padded]
        for place in range(CONTEXT, len(codes)):
            contexts.append(codes[place - CONTEXT : place])
            letters.append(codes[place])
    return np.array(contexts), np.array(letters)


def one_hot(contexts):
    """Contexts as the network reads them: float32, shape (n, 8, 27), 1 for the letter that stands there."""
    return np.eye(len(LETTERS), dtype=np.float32)[contexts]


def unseen(contexts, others):
    """Those of the contexts that are not among the others: two words may well begin alike."""
    known = {tuple(context) for context in others.tolist()}
    return np.array([context for context in contexts.tolist() if tuple(context) not in known])
