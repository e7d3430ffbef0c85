"""Agreement: where nobody knows the truth, the share of answers that stayed as they were uncompressed."""

from dataclasses import replace

from models.metrics import accuracy

# The labels of such a model are its own answers, so it is the same share.
METRIC = replace(accuracy.METRIC, id="agreement", label="agreement")
