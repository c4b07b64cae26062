"""The peers of drift.mjs on the same rows. Prints one JSON object a peer: seconds of CPU for the whole window, RSS in MB.

Each peer runs in a process of its own, so that its memory is its own.
"""

import json
import multiprocessing
import os
import resource
import sys
import time

import numpy as np
import pandas as pd

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"  # it would tell its maker of each use, and a closed network may keep it waiting
training_file, window_file, features, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
names = [f"x{i}" for i in range(features)]


def frames():
    training = np.fromfile(training_file).reshape(-1, features)
    block = np.fromfile(window_file).reshape(-1, features)
    window = np.tile(block, (-(-rows // len(block)), 1))[:rows]
    return pd.DataFrame(training, columns=names), pd.DataFrame(window, columns=names)


def scipy_ks():
    from scipy import stats

    def work(training, window):
        for name in names:
            stats.ks_2samp(training[name], window[name], method="asymp")

    return work


def evidently():
    from evidently import Report
    from evidently.presets import DataDriftPreset

    return lambda training, window: Report([DataDriftPreset()]).run(window, training).dict()


def nannyml(**methods):
    import nannyml as nml

    def work(training, window):
        calculator = nml.UnivariateDriftCalculator(column_names=names, chunk_size=len(window), **methods)
        calculator.fit(training)
        calculator.calculate(window)

    return work


peers = {
    "scipy ks_2samp": scipy_ks,
    "Evidently, DataDriftPreset": evidently,
    "NannyML, univariate drift as it comes": nannyml,
    "NannyML, KS and Jensen-Shannon": lambda: nannyml(continuous_methods=["kolmogorov_smirnov", "jensen_shannon"]),
}


def measure(peer):
    try:
        work = peers[peer]()
    except ImportError as error:  # a peer that is not installed is left out, with the reason
        print(f"{peer}: {error}", file=sys.stderr)
        return
    training, window = frames()
    start = time.process_time()
    work(training, window)
    seconds = time.process_time() - start
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"peer": peer, "seconds": seconds, "rssMb": rss}), flush=True)


if __name__ == "__main__":
    for peer in peers:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(peer,))
        process.start()
        process.join()
