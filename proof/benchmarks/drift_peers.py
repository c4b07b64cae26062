"""The peers of drift.mjs on the same rows. Prints one JSON object a peer: seconds of CPU for the whole window, RSS in MB."""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd

training_file, window_file, features, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
names = [f"x{i}" for i in range(features)]
training = pd.DataFrame(np.fromfile(training_file).reshape(-1, features), columns=names)
block = np.fromfile(window_file).reshape(-1, features)
window = pd.DataFrame(np.tile(block, (-(-rows // len(block)), 1))[:rows], columns=names)


def tell(peer, work, note=""):
    start = time.process_time()
    try:
        work()
    except Exception as error:  # a peer that is not installed is left out, with the reason
        print(f"{peer}: {error}", file=sys.stderr)
        return
    seconds = time.process_time() - start
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"peer": peer, "seconds": seconds, "rssMb": rss, "note": note}), flush=True)


def scipy_ks():
    from scipy import stats

    for name in names:
        stats.ks_2samp(training[name], window[name], method="asymp")


def evidently():
    from evidently import Report
    from evidently.presets import DataDriftPreset

    Report([DataDriftPreset()]).run(window, training)


def nannyml():
    import nannyml as nml

    calculator = nml.UnivariateDriftCalculator(
        column_names=names, chunk_size=len(window), continuous_methods=["kolmogorov_smirnov", "jensen_shannon"]
    )
    calculator.fit(training)
    calculator.calculate(window)


tell("scipy ks_2samp", scipy_ks)
tell("Evidently, DataDriftPreset", evidently)
tell("NannyML, KS and Jensen-Shannon", nannyml)
