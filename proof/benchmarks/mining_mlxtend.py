"""One run of mlxtend's fpgrowth for mining.mjs: a basket-per-line file and a support in, one line of JSON out."""

import json
import resource
import sys
import time

import pandas
from mlxtend.frequent_patterns import fpgrowth
from mlxtend.preprocessing import TransactionEncoder

path, min_support = sys.argv[1], float(sys.argv[2])
with open(path, encoding="utf-8") as lines:
    baskets = [line.rstrip("\n").split(",") for line in lines]

started, before = time.perf_counter(), time.process_time()
encoder = TransactionEncoder()
table = pandas.DataFrame(encoder.fit_transform(baskets), columns=encoder.columns_)  # the form fpgrowth takes
itemsets = len(fpgrowth(table, min_support=min_support))
print(
    json.dumps(
        {
            "itemsets": itemsets,
            "cpuSeconds": time.process_time() - before,
            "clockSeconds": time.perf_counter() - started,
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
