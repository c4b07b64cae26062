"""The peers of known-drifts.mjs on the same rows: one study as JSON on standard input, one JSON object a window out.

Each peer is asked as it comes. Evidently: DataDriftPreset. NannyML: univariate drift, in chunks of a tenth of the
training rows, so that its thresholds come from ten chunks, as by default; a column fires where most chunks do.
"""

import json
import os
import sys
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"  # it would tell its maker of each use, and a closed network may keep it waiting
warnings.filterwarnings("ignore")

import nannyml
import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

study = json.load(sys.stdin)
numeric, categorical = study["numeric"], study["categorical"]


def frame(columns):
    table = pd.DataFrame(columns)
    for name in numeric:
        table[name] = pd.to_numeric(table[name], errors="coerce")  # an empty cell is missing
    for name in categorical:
        table[name] = table[name].astype(str)
    return table


training = frame(study["training"])
definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
reference = Dataset.from_pandas(training, definition)
calculator = nannyml.UnivariateDriftCalculator(
    column_names=numeric + categorical, treat_as_categorical=categorical, chunk_size=len(training) // 10
)
calculator.fit(training)


def evidently_fired(window):
    report = Report([DataDriftPreset()]).run(Dataset.from_pandas(window, definition), reference).dict()
    counted, *columns = report["metrics"]
    fired = []
    for metric in columns:
        config, value = metric["config"], metric["value"]
        beyond = value < config["threshold"] if "p_value" in config["method"] else value >= config["threshold"]
        if beyond:
            fired.append(config["column"])
    if len(fired) != counted["value"]["count"]:
        raise ValueError(f"counted {len(fired)} columns, the report {counted['value']['count']}")
    return fired


def nannyml_fired(window):
    table = calculator.calculate(window).filter(period="analysis").to_df()
    return [
        name
        for name in numeric + categorical
        if np.mean(table.xs("alert", axis=1, level=2)[name].to_numpy(dtype=bool)) > 0.5
    ]


for columns in study["windows"]:
    window = frame(columns)
    print(json.dumps({"evidently": evidently_fired(window), "nannyml": nannyml_fired(window)}), flush=True)
