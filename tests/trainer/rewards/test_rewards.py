"""All functions together, with foreign code that raises, hangs, prints, dies and lies."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from ahora.config import ReasoningGymData, RewardsConfig
from worker.trainer.data import Problem
from worker.trainer.data.gym import gym_rows
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.rewards import Completed, Rewards


def scoring_tree() -> list[psutil.Process]:
    """Scoring processes of this one, and all that they started."""
    children = psutil.Process().children()
    scoring = [one for one in children if "worker.trainer.rewards.child" in one.cmdline()]
    return [process for one in scoring for process in (one, *one.children(recursive=True))]


FUNCTIONS = """
    import itertools, os, subprocess, sys, time
    import numpy

    class Shouting:
        def __call__(self, completion):
            return float(completion.isupper())

    shouting = Shouting()

    def names(completion, answer, question, prompt, num_tokens, truncated):
        assert (answer, question, prompt, num_tokens, truncated) == ("72", "q", "p", 5, False)
        return len(completion)

    def everything(**kwargs):
        return sorted(kwargs) == [
            "answer", "completion", "num_tokens", "prompt", "question", "truncated"
        ]

    def moody(completion):
        print("this must not be taken for an answer")
        os.write(1, b'{"score": 7}\\n')
        if completion == "raise":
            raise ValueError("in a bad mood")
        if completion == "exit":
            sys.exit(3)
        if completion == "die":
            os._exit(3)
        if completion == "hang":
            subprocess.Popen(["sleep", "600"])
            time.sleep(600)
        if completion == "spin":
            while True:
                pass
        odd = {
            "nan": float("nan"), "inf": float("inf"), "none": None, "text": "1", "list": [1],
            "true": True, "half": numpy.float32(0.5), "read": float(len(sys.stdin.read())),
            "torch": float("torch" in sys.modules),
        }
        return odd.get(completion, 1)

    def wrong_arguments(completions):
        return 1

    not_a_function = 5
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A worker that allows the functions above."""
    (tmp_path / "my_rewards.py").write_text(textwrap.dedent(FUNCTIONS))
    (tmp_path / "broken_rewards.py").write_text("import no_such_module_anywhere\n")
    (tmp_path / "exiting_rewards.py").write_text("import os\nos._exit(4)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    names = ["shouting", "names", "everything", "moody", "wrong_arguments", "not_a_function"]
    functions = {name: f"my_rewards:{name}" for name in names} | {
        "missing": "my_rewards:no_such_function",
        "broken": "broken_rewards:score",
        "exiting": "exiting_rewards:score",
    }
    return Environment(cache=tmp_path, reward_functions=functions)


def config(*functions: dict[str, Any], **fields: Any) -> RewardsConfig:
    return RewardsConfig.model_validate({"functions": list(functions), **fields})


def python(function: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "python", "function": function, **fields}


def completed(text: str, answer: str = "72", entry: dict[str, Any] | None = None) -> Completed:
    problem = Problem("1", "q", answer, "p", (1,), entry)
    return Completed(problem, text, num_tokens=5, truncated=False)


def scores(rewards: Rewards, label: str, *texts: str, answer: str = "72") -> list[float | None]:
    return [each.scores[label] for each in rewards.score([completed(t, answer) for t in texts])]


def test_the_total_is_the_weighted_sum_in_the_order_of_the_configuration(
    environment: Environment,
) -> None:
    functions = (
        {"kind": "exact_number", "weight": 2.0},
        {"kind": "regex", "name": "marked", "pattern": "####", "weight": 0.5},
        {"kind": "length_penalty", "soft_limit": 3, "hard_limit": 7, "weight": 4.0},
    )
    with Rewards(config(*functions), environment) as rewards:
        (scored,) = rewards.score([completed("#### 72")])
    assert list(scored.scores.items()) == [
        ("exact_number", 1.0),
        ("marked", 1.0),
        ("length_penalty", -0.5),
    ]
    assert scored.total == 2.0 + 0.5 - 2.0
    assert rewards.problems() == []


def test_functions_of_the_trainer_need_no_process(environment: Environment) -> None:
    with Rewards(config({"kind": "exact_number"}), environment) as rewards:
        assert rewards.score([]) == []
        assert scores(rewards, "exact_number", "72", "73") == [1.0, 0.0]
        assert scoring_tree() == []


@pytest.mark.parametrize(
    ("match", "text", "score"),
    [
        ("search", "well, #### 5 it is", 1.0),
        ("fullmatch", "well, #### 5", 0.0),
        ("fullmatch", "#### \n 5", 1.0),
    ],
)
def test_regex(environment: Environment, match: str, text: str, score: float) -> None:
    with Rewards(
        config({"kind": "regex", "pattern": "####.*5", "match": match}), environment
    ) as rewards:
        assert scores(rewards, "regex", text) == [score]


def test_a_catastrophic_pattern_costs_its_own_completion_only(environment: Environment) -> None:
    functions = config({"kind": "regex", "pattern": "(a+)+$"}, timeout=0.3)
    with Rewards(functions, environment) as rewards:
        started = time.monotonic()
        assert scores(rewards, "regex", "aa", "a" * 60 + "b", "aaa", "b") == [1.0, None, 1.0, 0.0]
        assert time.monotonic() - started < 10
        assert rewards.problems() == [
            "reward 'regex' left 1 completions unscored: took longer than 0.3 s (1x)"
        ]
        assert rewards.problems() == []


def test_math_verify(environment: Environment) -> None:
    with Rewards(config({"kind": "math_verify"}), environment) as rewards:
        texts = (
            "So $\\boxed{\\frac{1}{2}}$",
            "0.5",
            "$\\frac{2}{4}$",
            "about 0.4",
            "words only",
            "",
        )
        assert scores(rewards, "math_verify", *texts, answer="1/2") == [1, 1, 1, 0, 0, 0]
        assert scores(rewards, "math_verify", "$1{,}234$", "1234", answer="1,234") == [1, 1]
        assert scores(rewards, "math_verify", "\\boxed{2\\sqrt{3}}", answer="$\\sqrt{12}$") == [1]
        assert rewards.problems() == []


def test_a_number_that_does_not_fit_in_memory_harms_nobody(environment: Environment) -> None:
    huge = "\\boxed{" + "9^{" * 6 + "9" + "}" * 6 + "}"
    with Rewards(config({"kind": "math_verify"}, timeout=2), environment) as rewards:
        assert scores(rewards, "math_verify", huge, "72")[1] == 1.0


def test_a_reasoning_gym_task_scores_its_own_answers(environment: Environment) -> None:
    _, held_out, _ = gym_rows(ReasoningGymData(task="chain_sum", size=5), eval_limit=2)
    with Rewards(config({"kind": "task"}), environment) as rewards:
        for row in held_out:
            right, tagged, wrong = rewards.score(
                [
                    completed(f" {row.answer}\n", row.answer, row.task_entry),
                    completed(f"so <answer>{row.answer}</answer>", row.answer, row.task_entry),
                    completed("I do not know", row.answer, row.task_entry),
                ]
            )
            assert right.total == tagged.total == 1.0
            assert wrong.total is not None
            assert wrong.total < 0.2


def test_python_functions_get_what_they_ask_for_by_name(environment: Environment) -> None:
    functions = (python("names"), python("everything"), python("shouting", name="loud"))
    with Rewards(config(*functions), environment) as rewards:
        (scored,) = rewards.score([completed("HELLO")])
    assert scored.scores == {"names": 5.0, "everything": 1.0, "loud": 1.0}


def test_what_a_function_may_return(environment: Environment) -> None:
    with Rewards(config(python("moody"), max_unscored_frac=1.0), environment) as rewards:
        assert scores(rewards, "moody", "true", "half", "read", "torch") == [1.0, 0.5, 0.0, 0.0]
        assert scores(rewards, "moody", "nan", "inf", "none", "text", "list") == [None] * 5
        assert rewards.problems() == [
            "reward 'moody' left 5 completions unscored: gave nan (1x); gave inf (1x); "
            "gave a NoneType, not a number (1x); and 2 other reasons"
        ]


def test_a_function_that_raises_leaves_the_rest_scored(environment: Environment) -> None:
    with Rewards(config({"kind": "exact_number"}, python("moody")), environment) as rewards:
        first, second = rewards.score([completed("raise"), completed("72")])
        assert (first.total, first.scores) == (None, {"exact_number": 0.0, "moody": None})
        assert second.total == 2.0
        assert scores(rewards, "moody", "exit", "raise", "fine") == [None, None, 1.0]
        assert rewards.problems() == [
            "reward 'moody' left 3 completions unscored: ValueError: in a bad mood (2x); "
            "SystemExit: 3 (1x)"
        ]


def test_a_function_that_hangs_or_dies_leaves_the_rest_scored(environment: Environment) -> None:
    with Rewards(config(python("moody"), timeout=0.5), environment) as rewards:
        texts = ("fine", "hang", "spin", "die", "fine", "fine", "fine")
        assert scores(rewards, "moody", *texts) == [1.0, None, None, None, 1.0, 1.0, 1.0]
        assert rewards.problems() == [
            "reward 'moody' left 3 completions unscored: took longer than 0.5 s (2x); "
            "ended its process (exit status 3) (1x)"
        ]
        # neither the function's own subprocess nor a scoring process was left behind
        assert len(scoring_tree()) == 1
    assert scoring_tree() == []


def test_a_function_that_always_hangs_is_given_up(environment: Environment) -> None:
    functions = config(python("moody"), timeout=0.2, max_unscored_frac=0.25)
    with Rewards(functions, environment) as rewards:
        assert scores(rewards, "moody", *["spin"] * 4, *["fine"] * 4) == [None] * 8
        (line,) = rewards.problems()
        assert "not tried, after 3 scores that hung (5x)" in line


def test_a_process_that_died_while_idle_is_replaced(environment: Environment) -> None:
    with Rewards(config(python("moody")), environment) as rewards:
        assert scores(rewards, "moody", "fine") == [1.0]
        (child,) = scoring_tree()
        child.kill()
        child.wait()
        assert scores(rewards, "moody", "fine") == [1.0]


def test_a_name_that_the_worker_does_not_allow(environment: Environment) -> None:
    functions = config({"kind": "exact_number"}, python("secret"))
    with pytest.raises(RunError) as caught:
        Rewards(functions, environment)
    assert caught.value.error_type == "config_invalid"
    assert caught.value.reason.startswith("rewards.functions.1.function 'secret' is not among")
    assert "broken, everything, exiting" in caught.value.reason
    with pytest.raises(RunError, match="none: its owner sets AHORA_REWARD_FUNCTIONS"):
        Rewards(functions, Environment(cache=environment.cache))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken", "No module named 'no_such_module_anywhere'"),
        ("missing", "has no attribute 'no_such_function'"),
        ("not_a_function", "is a int, not a function"),
        ("wrong_arguments", "missing a required argument: 'completions'"),
        ("exiting", r"ended its process \(exit status 4\)"),
    ],
)
def test_a_function_that_cannot_be_made_ready(
    environment: Environment, name: str, reason: str
) -> None:
    with (
        Rewards(config({"kind": "exact_number"}, python(name)), environment) as rewards,
        pytest.raises(RunError, match=reason) as caught,
    ):
        rewards.score([completed("72")])
    assert caught.value.error_type == "worker_misconfigured"


def test_a_large_batch_does_not_block_the_pipe(environment: Environment) -> None:
    with Rewards(config({"kind": "regex", "pattern": "b$"}), environment) as rewards:
        assert scores(rewards, "regex", *["a" * 50_000 + "b"] * 200) == [1.0] * 200


def test_the_process_dies_with_its_parent_in_the_middle_of_a_score(
    environment: Environment, tmp_path: Path
) -> None:
    script = """
        import sys
        from pathlib import Path
        from ahora.config import RewardsConfig
        from worker.trainer.data import Problem
        from worker.trainer.environment import Environment
        from worker.trainer.rewards import Completed, Rewards

        config = RewardsConfig.model_validate(
            {"functions": [{"kind": "python", "function": "spin"}], "timeout": 600}
        )
        environment = Environment(Path("."), reward_functions={"spin": "my_rewards:moody"})
        with Rewards(config, environment) as rewards:
            problem = Problem("1", "q", "72", "p", (1,))
            print(rewards.score([Completed(problem, "fine", 1, False)])[0].total, flush=True)
            rewards.score([Completed(problem, "spin", 1, False)])
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, env=os.environ
    )
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"1.0\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
