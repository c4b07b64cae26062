"""Who survived: a scikit-learn pipeline with missing values and PCA, exported as it is.

python titanic.py titanic.csv OUT_DIR
"""

import sys

import pandas as pd
from onnx_version import golden_rows, write_version
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["Pclass", "Age", "SibSp", "Parch", "Fare"]
TEXTS = ["Sex", "Embarked"]


def read(path):
    """Texts that are not there are "", numbers NaN: as JSON will bring them."""
    rows = pd.read_csv(path, dtype={name: str for name in TEXTS})
    rows[TEXTS] = rows[TEXTS].fillna("")
    rows[NUMBERS] = rows[NUMBERS].astype("float32")
    return rows[NUMBERS + TEXTS], rows["Survived"]


def pipeline():
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), PCA(n_components=4, random_state=1))
    texts = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(
        ColumnTransformer([("numbers", numbers, NUMBERS), ("texts", texts, TEXTS)]), LogisticRegression(max_iter=1000)
    )


def main(path, out_dir):
    features, survived = read(path)
    train, test, train_y, test_y = train_test_split(features, survived, test_size=0.25, random_state=1)
    model = pipeline().fit(train, train_y)
    types = [(name, FloatTensorType([None, 1])) for name in NUMBERS]
    types += [(name, StringTensorType([None, 1])) for name in TEXTS]
    onnx = to_onnx(model, initial_types=types, target_opset=18)  # with scikit-learn's ZipMap, as most files out there
    inputs = {name: test[[name]].to_numpy() for name in NUMBERS + TEXTS}
    write_version(
        out_dir,
        onnx,
        golden_rows(inputs, 40),
        rows=test.head(100).to_dict("records"),
        labels=model.predict(test.head(100)),
        probabilities=model.predict_proba(test.head(100)),
        accuracy=model.score(test, test_y),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
