"""scikit-learn's LogisticRegression on features from a file, timed: what VggTransfer's own is measured beside.

Reads lines "L2 TOLERANCE" on standard input; answers each with "SECONDS LOSS ACCURACY ITERATIONS".
"""
import sys
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
folder = sys.argv[1]


def load(name):
    return np.load(f"{folder}/{name}.npy")


train, labels, test, truth = load("x"), load("y"), load("u"), load("v")
print("ready", flush=True)
for line in sys.stdin:
    l2, tolerance = (float(word) for word in line.split())
    begin = time.perf_counter()
    scaler = StandardScaler()
    z = scaler.fit_transform(train.astype("f8"))
    model = LogisticRegression(C=1 / l2, tol=tolerance, max_iter=10000, multi_class="multinomial").fit(z, labels)
    seconds = time.perf_counter() - begin
    p = model.predict_log_proba(z)
    loss = -p[np.arange(len(labels)), labels].sum() + l2 / 2 * (model.coef_ ** 2).sum()
    accuracy = model.score(scaler.transform(test.astype("f8")), truth)
    print(repr(seconds), repr(float(loss)), repr(float(accuracy)), int(model.n_iter_.max()), flush=True)
