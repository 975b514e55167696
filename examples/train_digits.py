"""Train a small network on scikit-learn's handwritten digits with ADOPT, Adam, AMSGrad and AdaShift.

The MNIST figure of the ADOPT paper at the scale that ships with a package: 1797 images of 8 x 8 pixels, a network with
one hidden layer, minibatches drawn with replacement (so that assumption A2 holds). Each method takes its learning rate
from the same grid: the one whose worst late training loss over six seeds, not used again, is smallest. Then a few
seeds give mean and 95% band.

    python examples/train_digits.py --out build/digits      # about a minute; writes digits.png, .svg and .json
"""

import argparse
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.stats import t as student_t
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from optim import ADOPT, Adam, AdaShift, AMSGrad

METHODS = {
    "ADOPT": lambda parameters, lr: ADOPT(parameters, lr),
    "Adam": lambda parameters, lr: Adam(parameters, lr),
    "AMSGrad": lambda parameters, lr: AMSGrad(parameters, lr),
    "AdaShift": lambda parameters, lr: AdaShift(parameters, lr),
}
DASHED = ("AMSGrad",)  # it nearly coincides with Adam
LEARNING_RATES = (3e-3, 1e-2, 3e-2, 1e-1)
BATCH = 64
TUNING_SEEDS = range(1000, 1006)


def data():
    """Standardised training and test images and labels, float32 and int64: the same split for every run."""
    images, labels = load_digits(return_X_y=True)
    split = train_test_split(images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels)
    train_x, test_x, train_y, test_y = (torch.as_tensor(part) for part in split)
    mean, scale = train_x.mean(0), train_x.std(0) + 0.1
    return ((train_x - mean) / scale).float(), train_y, ((test_x - mean) / scale).float(), test_y


def train(method, lr, seed, epochs, dataset):
    """One run. Returns the rows (training loss, training accuracy, test accuracy), one per epoch and one before."""
    train_x, train_y, test_x, test_y = dataset
    torch.manual_seed(seed)
    network = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer = METHODS[method](network.parameters(), lr)
    loss_of = torch.nn.functional.cross_entropy

    @torch.no_grad()
    def measure():
        scores = network(train_x)
        accuracy = (scores.argmax(1) == train_y).double().mean().item()
        return loss_of(scores, train_y).item(), accuracy, (network(test_x).argmax(1) == test_y).double().mean().item()

    rows = [measure()]
    for _ in range(epochs):
        for _ in range(len(train_x) // BATCH):
            batch = torch.randint(len(train_x), (BATCH,))
            optimizer.zero_grad()
            loss_of(network(train_x[batch]), train_y[batch]).backward()
            optimizer.step()
        rows.append(measure())
    return rows


def tuned(method, epochs, dataset):
    """The learning rate whose worst training loss over the last quarter of the tuning runs is smallest."""

    def loss(lr):
        runs = np.array([train(method, lr, seed, epochs, dataset) for seed in TUNING_SEEDS])
        value = runs[:, -max(1, epochs // 4) :, 0].max()
        return value if math.isfinite(value) else math.inf

    return min(LEARNING_RATES, key=loss)


def experiment(epochs, seeds, dataset):
    """For each method the learning rate it chose and its runs, an array [seeds, epochs + 1, 3]."""
    results = {}
    for method in METHODS:
        lr = tuned(method, epochs, dataset)
        results[method] = lr, np.array([train(method, lr, seed, epochs, dataset) for seed in range(seeds)])
    return results


def band(runs):
    """Mean over the runs and the half-width of its 95% confidence interval (Student's t)."""
    count = len(runs)
    return runs.mean(0), student_t.ppf(0.975, count - 1) * runs.std(0, ddof=1) / math.sqrt(count)


def draw(results, paths):
    """Training loss (its logarithm is averaged) and both error rates against the epoch, with bands."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    for method, (lr, runs) in results.items():
        curves = np.log10(runs[:, :, 0]), 100 * (1 - runs[:, :, 1]), 100 * (1 - runs[:, :, 2])
        for axis, values in zip(axes, curves, strict=True):
            mean, half = band(values)
            epochs = np.arange(len(mean))
            style = "--" if method in DASHED else "-"
            (line,) = axis.plot(epochs, mean, style, label=f"{method}, lr = {lr:g}")
            axis.fill_between(epochs, mean - half, mean + half, color=line.get_color(), alpha=0.2, lw=0)
    axes[0].set(title="training loss", ylabel="log10 of the cross-entropy, averaged")
    axes[1].set(title="training error", ylabel="%", ylim=(0, 4))
    axes[2].set(title="test error", ylabel="%", ylim=(0, 10))
    for axis in axes:
        axis.set_xlabel("epoch")
        axis.grid(alpha=0.3)
    axes[0].legend()
    count = len(next(iter(results.values()))[1])
    figure.suptitle(f"scikit-learn digits, mean of {count} seeds with 95% band")
    for path in paths:
        figure.savefig(path, dpi=130, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def main(arguments=None):
    """Train, print a table, and write the figure and the numbers; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=30, help="passes' worth of minibatches (default: 30)")
    parser.add_argument("--seeds", type=int, default=3, help="runs per method, at least 2 (default: 3)")
    parser.add_argument("--out", type=Path, default=Path("build/digits"), help="folder for figure and numbers")
    options = parser.parse_args(arguments)
    if options.epochs < 1 or options.seeds < 2:
        parser.error("--epochs must be at least 1 and --seeds at least 2 (a band needs two runs)")
    torch.set_num_threads(1)  # the network is too small for more, and the numbers do not depend on the machine's cores
    results = experiment(options.epochs, options.seeds, data())
    summary = {}
    print(f"{'method':10} {'lr':>7} {'training loss':>20} {'test accuracy':>20}")
    for method, (lr, runs) in results.items():
        mean, half = band(runs[:, -1])
        summary[method] = {
            "lr": lr,
            "loss": [mean[0], half[0]],
            "test_accuracy": [mean[2], half[2]],
            "runs": runs.tolist(),
        }
        print(f"{method:10} {lr:7g} {mean[0]:12.5f} ± {half[0]:.5f} {mean[2]:12.4f} ± {half[2]:.4f}")
    options.out.mkdir(parents=True, exist_ok=True)
    draw(results, [options.out / "digits.png", options.out / "digits.svg"])
    unfinished = options.out / "digits.json.part"
    unfinished.write_text(json.dumps({"epochs": options.epochs, "seeds": options.seeds, "methods": summary}))
    os.replace(unfinished, options.out / "digits.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
