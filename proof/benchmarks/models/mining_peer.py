"""One run of a peer for mining.mjs: its name, a basket-per-line file and a support in, one line of JSON out."""

import json
import resource
import sys
import time


def mlxtend(baskets, min_support):
    import pandas
    from mlxtend.frequent_patterns import fpgrowth
    from mlxtend.preprocessing import TransactionEncoder

    def mine():
        encoder = TransactionEncoder()
        table = pandas.DataFrame(encoder.fit_transform(baskets), columns=encoder.columns_)  # the form fpgrowth takes
        return len(fpgrowth(table, min_support=min_support))

    return mine


def efficient_apriori(baskets, min_support):
    from efficient_apriori import itemsets_from_transactions

    def mine():
        by_length, _ = itemsets_from_transactions(baskets, min_support=min_support, max_length=50)
        return sum(len(itemsets) for itemsets in by_length.values())

    return mine


peer, path, support = sys.argv[1:]
with open(path, encoding="utf-8") as lines:
    rows = [tuple(line.rstrip("\n").split(",")) for line in lines]
mine = {"mlxtend": mlxtend, "efficient-apriori": efficient_apriori}[peer](rows, float(support))
with open("/proc/self/statm", encoding="ascii") as statm:
    loaded = int(statm.read().split()[1]) * resource.getpagesize() / 2**20
started, before = time.perf_counter(), time.process_time()
itemsets = mine()
print(
    json.dumps(
        {
            "itemsets": itemsets,
            "cpuSeconds": time.process_time() - before,
            "clockSeconds": time.perf_counter() - started,
            "loadedMegabytes": loaded,
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
