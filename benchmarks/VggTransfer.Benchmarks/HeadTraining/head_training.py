"""scikit-learn's LogisticRegression on features from files, timed: what VggTransfer's own is measured beside.

Takes lines of JSON, {"l2", "tolerance"}; answers each with {"seconds", "loss", "accuracy", "iterations"}.
"""
import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")


def load(name):
    return np.load(f"{sys.argv[1]}/{name}.npy")


train, labels, test, truth = load("x"), load("y"), load("u"), load("v")
print(json.dumps({"version": sklearn.__version__}), flush=True)
for line in sys.stdin:
    work = json.loads(line)
    l2 = work["l2"]
    begin = time.perf_counter()
    scaler = StandardScaler()
    z = scaler.fit_transform(train.astype("f8"))
    model = LogisticRegression(C=1 / l2, tol=work["tolerance"], max_iter=10000, multi_class="multinomial").fit(z, labels)
    seconds = time.perf_counter() - begin
    p = model.predict_log_proba(z)
    loss = -p[np.arange(len(labels)), labels].sum() + l2 / 2 * (model.coef_ ** 2).sum()
    accuracy = model.score(scaler.transform(test.astype("f8")), truth)
    print(json.dumps({"seconds": seconds, "loss": float(loss), "accuracy": float(accuracy), "iterations": int(model.n_iter_.max())}), flush=True)
