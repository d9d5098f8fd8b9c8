# tests/cli/test_train_topk_errors.py — wrong options of pliant train topk: message, exit code, no folder
import pytest

from tests.cli.program import PROGRAM, refuses

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--data", "letters"],
            "unknown data set 'letters'; there are: digits, mnist, fashion_mnist, mnist20x20, glyphs, ",
        ),
        (["--data", "mnist"], "PLIANT_DATA"),
        (["--data", "cifar100"], "the data set cifar100 is not here"),
        (["--data", "glyphs", "--classes", "0"], "classes must be at least 1, got 0"),
        (["--data", "features"], "features: name the folder of train.safetensors"),
        (["--loss", "cross_entropy", "--method", "bubble"], "unknown method 'bubble'"),
        (["--loss", "smooth_svm", "--distribution", "cauchi"], "unknown distribution 'cauchi'"),
        (["--data", "features", "--features", "/nowhere"], "/nowhere/train.safetensors"),
        (
            ["--loss", "mse"],
            "unknown loss 'mse'; there are: topk, cross_entropy, smooth_svm, truncated_entropy",
        ),
        (["--method", "bubble"], "unknown method 'bubble'; there are: "),
        (["--distribution", "cauchi"], "unknown distribution 'cauchi'; there are: "),
        (["--top1-mode", "hard"], "unknown top1_mode 'hard'; there are: sm, smce, sort"),
        (["--optimizer", "adan"], "unknown optimizer 'adan'; there are: adam, adamw, sgd"),
        (["--steepness", "0"], "steepness must be > 0 and finite, got 0"),
        (["--method", "neuralsort", "--steepness", "nan"], "steepness must be > 0 and finite, got nan"),
        (["--art-lambda", "1"], "art_lambda must be in [0, 1), got 1"),
        (["--p-k=-0.5,1.5"], "p_k must not be negative, got -0.5 for k = 1"),
        (["--p-k", "0.5,0.4"], "p_k must sum to 1, got the sum 0.9"),
        (["--p-k", "nan,1"], "p_k must not be negative, got nan for k = 1"),
        (["--p-k", "0.5,0.5", "--m", "1"], "len(p_k) = 2, m = 1 and 10 classes"),
        (["--m", "11"], "len(p_k) = 5, m = 11 and 10 classes"),
        (["--m", "0"], "m must be at least 1, got 0"),
        (["--k", "0"], "k must be at least 1, got 0"),
        (
            ["--loss", "smooth_svm", "--k", "10"],
            "k must be in 1 … 9, less than the number of classes, got 10",
        ),
        (["--loss", "truncated_entropy", "--k", "10"], "k must be in 1 … 9, less than the number of classes"),
        (["--label-noise", "1"], "label-noise must be in [0, 1), got 1"),
        (["--label-noise", "-0.1"], "label-noise must be in [0, 1), got -0.1"),
        (["--label-noise", "nan"], "label-noise must be in [0, 1), got nan"),
        (["--label-smoothing", "1.5"], "label-smoothing must be in [0, 1], got 1.5"),
        (["--loss", "cross_entropy", "--label-smoothing", "-1"], "label-smoothing must be in [0, 1], got -1"),
        (["--loss", "smooth_svm", "--label-smoothing", "0.1"], "label-smoothing goes with the losses topk"),
        (["--best", "top10"], "unknown figure for best 'top10'; there are: top1, top5"),
        (["--evaluation", "-1"], "evaluation must be at least 0, got -1"),
        (["--channels", "0"], "channels must be at least 1, got 0"),
        (["--batch", "0"], "batch must be at least 1, got 0"),
        (["--groups", "3"], "--groups"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="topk")
