"""Metrics by scikit-learn, for outputs and targets that are written beside them: `python tests/golden/metrics.py > tests/golden/metrics.json`."""
import json
import sys

import numpy as np
import sklearn
from sklearn import metrics

rng = np.random.default_rng(20261130)
ROWS, CLASSES, BITS, NUMBERS = 80, 4, 3, 2


def listed(array):
    return np.asarray(array).ravel().tolist()


def mean(values):
    return float(np.mean(list(values)))


# Classes of different frequency; the last is never predicted, since its logits are low.
classes = rng.choice(CLASSES, ROWS, p=[0.5, 0.25, 0.15, 0.1])
logits = (rng.normal(size=(ROWS, CLASSES)) + 1.5 * np.eye(CLASSES)[classes]).round(1).astype(np.float32)
logits[:, 3] -= np.float32(9)
predicted = logits.argmax(axis=1)
exact = logits.astype(np.float64)
share = np.exp(exact - exact.max(axis=1, keepdims=True))
share /= share.sum(axis=1, keepdims=True)
each = {
    "precision": metrics.precision_score(classes, predicted, average=None, zero_division=np.nan),
    "recall": metrics.recall_score(classes, predicted, average=None),
    "f1": metrics.f1_score(classes, predicted, average=None),
}
of_classes = {
    "accuracy": metrics.accuracy_score(classes, predicted),
    "balanced_accuracy": metrics.balanced_accuracy_score(classes, predicted),
    "mcc": metrics.matthews_corrcoef(classes, predicted),
    "macro_f1": metrics.f1_score(classes, predicted, average="macro"),
    "f1": metrics.f1_score(classes, predicted, average="macro"),
    "precision": metrics.precision_score(classes, predicted, average="macro", zero_division=0),
    "recall": metrics.recall_score(classes, predicted, average="macro"),
    "average_precision": mean(metrics.average_precision_score(classes == k, share[:, k]) for k in range(CLASSES)),
    "auc": mean(metrics.roc_auc_score(classes == k, share[:, k]) for k in range(CLASSES)),
    "nll": metrics.log_loss(classes, share, labels=range(CLASSES)),
}
for name, values in each.items():
    of_classes |= {f"{name}_{k}": None if np.isnan(value) else value for k, value in enumerate(values)}

bits = (rng.random((ROWS, BITS)) < [0.5, 0.2, 0.1]).astype(int)
bit_logits = (rng.normal(size=(ROWS, BITS)) + 1.5 * bits - 0.7).round(1).astype(np.float32)
said = (bit_logits > 0).astype(int)
pairs = [(bits[:, d], said[:, d], bit_logits[:, d]) for d in range(BITS)]
of_bits = {
    "balanced_accuracy": mean(metrics.balanced_accuracy_score(y, p) for y, p, _ in pairs),
    "mcc": mean(metrics.matthews_corrcoef(y, p) for y, p, _ in pairs),
    "precision": metrics.precision_score(bits, said, average="macro", zero_division=0),
    "recall": metrics.recall_score(bits, said, average="macro"),
    "f1": metrics.f1_score(bits, said, average="macro"),
    "average_precision": metrics.average_precision_score(bits, bit_logits, average="macro"),
    "auc": metrics.roc_auc_score(bits, bit_logits, average="macro"),
}
for d, (y, p, _) in enumerate(pairs):
    of_bits |= {
        f"precision_{d}": metrics.precision_score(y, p),
        f"recall_{d}": metrics.recall_score(y, p),
        f"f1_{d}": metrics.f1_score(y, p),
    }

# Targets in training units; original ones are `level + scale * number`, all above 0.
scale, level = [2.0, 10.0], [20.0, 90.0]
targets = rng.normal(size=(ROWS, NUMBERS)).astype(np.float32)
outputs = (targets + 0.4 * rng.normal(size=(ROWS, NUMBERS))).astype(np.float32)
y, yhat = (np.asarray(level) + np.asarray(scale) * array.astype(np.float64) for array in (targets, outputs))
of_numbers = {
    "rmse": metrics.mean_squared_error(y.ravel(), yhat.ravel()) ** 0.5,
    "mae": metrics.mean_absolute_error(y, yhat),
    "mape": metrics.mean_absolute_percentage_error(y, yhat),
    "rmsle": metrics.mean_squared_log_error(y.ravel(), yhat.ravel()) ** 0.5,
    "r2": metrics.r2_score(y, yhat),
}

json.dump(
    {
        "by": f"scikit-learn {sklearn.__version__}",
        "classes": {"outputs": listed(logits), "targets": listed(classes), "figures": of_classes},
        "bits": {"outputs": listed(bit_logits), "targets": listed(bits), "figures": of_bits},
        "numbers": {
            "outputs": listed(outputs),
            "targets": listed(targets),
            "scale": scale,
            "level": level,
            "figures": of_numbers,
        },
    },
    sys.stdout,
)
print()
