"""Is a review kind or not: TF-IDF and a random forest, or TF-IDF and a network, one signature for both.

python sentiment.py forest|network OUT_DIR

The corpus is made up from word lists, seeded: what matters is that text goes in as text and that one architecture
can take the other's place by configuration.
"""

import random
import sys

import numpy as np
from onnx_version import golden_rows, write_version
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

KIND = "lovely great perfect sturdy beautiful delightful excellent charming soft quick".split()
UNKIND = "broken awful late flimsy ugly useless cracked smelly wrong faded".split()
THINGS = "lantern mug apron clock basket cushion teapot frame ribbon candle".split()
FILLERS = "the a it was and my with this arrived really very quite for kitchen gift again".split()

ARCHITECTURES = {
    "forest": lambda: RandomForestClassifier(n_estimators=60, max_depth=16, random_state=1),
    "network": lambda: MLPClassifier([16], max_iter=300, random_state=1),
}


def reviews(count, seed):
    """Reviews of 6 to 14 words; one word in ten speaks against the verdict."""
    chance = random.Random(seed)
    texts, labels = [], []
    for _ in range(count):
        kind = chance.random() < 0.5
        words = [chance.choice(THINGS)]
        for _ in range(chance.randint(5, 13)):
            if chance.random() < 0.5:
                words.append(chance.choice(FILLERS))
            else:
                words.append(chance.choice(KIND if kind == (chance.random() < 0.9) else UNKIND))
        chance.shuffle(words)
        texts.append(" ".join(words))
        labels.append("kind" if kind else "unkind")
    return np.array(texts), np.array(labels)


def main(architecture, out_dir):
    texts, labels = reviews(2_000, seed=1)
    train, test, train_y, test_y = train_test_split(texts, labels, test_size=0.25, random_state=1)
    model = make_pipeline(TfidfVectorizer(token_pattern="[a-z]+"), ARCHITECTURES[architecture]()).fit(train, train_y)
    # "C" is a locale every machine has; by default the graph asks for en_US, which a bare server lacks.
    options = {TfidfVectorizer: {"locale": "C"}}
    types = [("text", StringTensorType([None, 1]))]
    onnx = to_onnx(model, initial_types=types, options=options, target_opset=18)
    write_version(
        out_dir,
        onnx,
        golden_rows({"text": test.reshape(-1, 1).astype(object)}, 40),
        rows=[{"text": text} for text in test[:100]],
        labels=model.predict(test[:100]),
        probabilities=model.predict_proba(test[:100]),
        accuracy=model.score(test, test_y),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
