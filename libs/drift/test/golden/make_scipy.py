"""Writes scipy.json: what SciPy finds on the same counts and samples. pip install scipy, then: python make_scipy.py"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

random = np.random.default_rng(20_261_121)


def psi(expected, actual, floor=1e-4):
    e = np.maximum(expected / expected.sum(), floor)
    a = np.maximum(actual / actual.sum(), floor)
    return float(((a - e) * np.log(a / e)).sum())


def histogram_pair(bins, expected_rows, actual_rows, drift):
    shares = random.dirichlet(np.ones(bins))
    moved = (1 - drift) * shares + drift * random.dirichlet(np.ones(bins))
    return random.multinomial(expected_rows, shares), random.multinomial(actual_rows, moved)


def histogram_case(bins, expected_rows, actual_rows, drift, least):
    expected, actual = histogram_pair(bins, expected_rows, actual_rows, drift)
    # SciPy merges no rare categories, so none is rare where the contingency test is compared.
    expected, actual = expected + least, actual + least
    points = np.sort(random.normal(size=bins) * 100)
    case = {
        "expected": expected.tolist(),
        "actual": actual.tolist(),
        "points": points.tolist(),
        "psi": psi(expected, actual),
        "jensenShannon": float(jensenshannon(expected, actual, base=2)),
        "wasserstein": float(stats.wasserstein_distance(points, points, expected, actual)),
        "ks": float(np.abs(np.cumsum(expected) / expected.sum() - np.cumsum(actual) / actual.sum()).max()),
    }
    if least >= 20:
        test = stats.chi2_contingency([expected, actual], correction=False)
        case["chiSquare"] = {"statistic": float(test.statistic), "pValue": float(test.pvalue), "freedom": int(test.dof)}
    return case


def sample_case(n, m, shift, decimals):
    expected = np.round(random.normal(size=n), decimals)
    actual = np.round(random.normal(loc=shift, size=m), decimals)
    test = stats.ks_2samp(expected, actual, method="asymp")
    return {
        "expected": expected.tolist(),
        "actual": actual.tolist(),
        "ks": float(test.statistic),
        "pValue": float(test.pvalue),
    }


histograms = [
    histogram_case(bins, expected, actual, drift, least)
    for bins in (2, 10, 51)
    for expected, actual in ((1_000, 300), (100_000, 100_000))
    for drift in (0.0, 0.2, 0.9)
    for least in (0, 40)
]
samples = [
    sample_case(n, m, shift, decimals)
    for n, m in ((40, 60), (300, 150))
    for shift in (0.0, 0.5)
    for decimals in (0, 2, 12)
]
chi_square_tail = [
    {"statistic": x, "degreesOfFreedom": k, "pValue": float(stats.chi2.sf(x, k))}
    for k in (1, 2, 9, 50, 300)
    for x in (0.01, 0.5, 1, 5, 9.5, 20, 60, 280, 330, 600)
]
kolmogorov_tail = [{"lambda": x, "pValue": float(stats.kstwobign.sf(x))} for x in (0.3, 0.5, 0.8276, 1.0, 1.2238, 1.6276, 2.5, 4.0)]
proportions = [
    {"expected": [a, n], "actual": [b, m], "pValue": float(stats.chi2_contingency([[a, n - a], [b, m - b]], correction=False).pvalue)}
    for a, n, b, m in ((100, 1_000, 150, 1_000), (5, 90, 9, 100), (1, 10_000, 9, 3_000), (400, 800, 41, 80))
]
made_with = f"scipy {scipy.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
golden = {
    "madeWith": made_with,
    "histograms": histograms,
    "samples": samples,
    "chiSquareTail": chi_square_tail,
    "kolmogorovTail": kolmogorov_tail,
    "proportions": proportions,
}
Path(__file__).with_name("scipy.json").write_text(json.dumps(golden, indent=1) + "\n")
