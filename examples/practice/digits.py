"""Which digit is this: a small network on scikit-learn's 8 x 8 images.

python digits.py OUT_DIR
"""

import sys

from onnx_version import golden_rows, write_version
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler


def main(out_dir):
    images, digits = load_digits(return_X_y=True)
    images = images.astype("float32")
    train, test, train_y, test_y = train_test_split(images, digits, test_size=0.25, random_state=1)
    model = make_pipeline(MinMaxScaler(), MLPClassifier([32], max_iter=1000, random_state=1)).fit(train, train_y)
    onnx = to_onnx(model, initial_types=[("pixels", FloatTensorType([None, 64]))], target_opset=18)
    write_version(
        out_dir,
        onnx,
        golden_rows({"pixels": test}, 40),
        rows=[{"pixels": image.tolist()} for image in test[:100]],
        labels=model.predict(test[:100]),
        probabilities=model.predict_proba(test[:100]),
        accuracy=model.score(test, test_y),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
