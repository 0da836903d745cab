"""Filled and scaled tables by scikit-learn, fitted on the first rows: `python tests/golden/tables.py > tests/golden/tables.json`."""
import io
import json
import sys

import numpy as np
import pandas as pd
import sklearn
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

rng = np.random.default_rng(20261130)
ROWS, TRAIN = 40, 26
numbers = pd.DataFrame(
    {
        "age": rng.integers(1, 80, ROWS).astype(float),
        "fare": np.round(rng.lognormal(3, 1.2, ROWS), 2),
        "kin": rng.choice([0.0, 0.0, 0.0, 1.0, 2.0], ROWS),
    }
)
words = pd.DataFrame(
    {
        "deck": rng.choice(["A", "B", "C"], ROWS, p=[0.5, 0.3, 0.2]),
        "size": rng.choice(["low", "mid", "high"], ROWS),
    }
)
# Gaps in both parts in one column, in the test rows alone in the others.
numbers.loc[rng.choice(ROWS, 9, replace=False), "age"] = np.nan
numbers.loc[[TRAIN + 1, TRAIN + 5], "fare"] = np.nan
words.loc[rng.choice(ROWS, 7, replace=False), "deck"] = np.nan
table = pd.concat([numbers, words], axis=1)
table["y"] = np.where(np.arange(ROWS) % 2 == 0, "no", "yes")
text = io.StringIO()
table.to_csv(text, index=False)


def of(pipeline, columns):
    fitted = pipeline.fit(table[columns][:TRAIN])
    return np.asarray(fitted.transform(table[columns])).astype(float).round(12).tolist()


def number(fill, scaler):
    steps = [SimpleImputer(**fill)] + scaler
    return of(make_pipeline(*steps), ["age", "fare", "kin"])


log1p = FunctionTransformer(np.log1p)
order = OrdinalEncoder(categories=[["low", "mid", "high"]])
of_numbers = {
    "fill mean": number({"strategy": "mean"}, []),
    "fill median": number({"strategy": "median"}, []),
    "fill mode": number({"strategy": "most_frequent"}, []),
    "fill -1": number({"strategy": "constant", "fill_value": -1.0}, []),
    "fill mean\n  normalize": number({"strategy": "mean"}, [StandardScaler()]),
    "fill median\n  normalize kind=minmax": number({"strategy": "median"}, [MinMaxScaler()]),
    "fill median\n  normalize kind=robust": number({"strategy": "median"}, [RobustScaler()]),
    "fill median\n  normalize kind=log1p": number({"strategy": "median"}, [log1p, StandardScaler()]),
}
own = make_pipeline(
    SimpleImputer(strategy="constant", fill_value="~"),
    OneHotEncoder(categories=[["A", "B", "C", "~"]], sparse_output=False),
)
most = make_pipeline(
    SimpleImputer(strategy="most_frequent"), OneHotEncoder(categories=[["A", "B", "C"]], sparse_output=False)
)
of_words = {
    "fill category": of(own, ["deck"]),
    "fill mode": of(most, ["deck"]),
}
json.dump(
    {
        "versions": {"sklearn": sklearn.__version__, "pandas": pd.__version__, "numpy": np.__version__},
        "table": text.getvalue(),
        "train": TRAIN,
        "numbers": of_numbers,
        "words": of_words,
        "order": of(make_pipeline(order, StandardScaler()), ["size"]),
    },
    sys.stdout,
)
