"""What a model is judged by: one file a metric, each ending in its `METRIC`; see `models.metrics.metric`."""

from models.metrics import accuracy, agreement, jitter, perplexity, pixels, position_error, psnr, signal
from models.metrics.metric import Metric

METRICS: dict[str, Metric] = {
    module.METRIC.id: module.METRIC
    for module in (accuracy, agreement, position_error, jitter, psnr, perplexity, signal, pixels)
}
