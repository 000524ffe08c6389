"""Pass@1 and pass@k of a checkpoint, computed by the evaluator that training uses.

With the run's own data, seed and settings the numbers are those training reported at the checkpoint's
step: the same problems, the same draws.
"""

from contextlib import closing
from dataclasses import replace

from ahora.events import ProvenanceEvent
from ahora.results import EvaluatedProblem, EvaluateResult
from worker.trainer.data import load_data
from worker.trainer.evaluation import Evaluator
from worker.trainer.jobs.workbench import Workbench
from worker.trainer.memory import Lots
from worker.trainer.narration import evaluation_line
from worker.trainer.provenance import provenance
from worker.trainer.rewards import Rewards
from worker.trainer.rollout import WithinMemory, make_engine
from worker.trainer.setup import check_engine, check_fits

EXAMPLES = 50
"""Problems whose answers are reported."""


def evaluate(bench: Workbench) -> EvaluateResult:
    """Evaluate the checkpoint on the held-out problems of `bench.config.data`. Raises RunError."""
    config, journal = bench.config, bench.journal
    check_engine(config.rollout)
    policy = bench.policy()
    problems = load_data(
        config.data, policy.tokenizer, bench.environment, config.evaluation.num_examples
    )
    for line in problems.notes:
        journal.log("info", line)
    network = bench.network(policy)
    longest_prompt = check_fits(config, network, replace(problems, train=[]))
    journal.write(
        ProvenanceEvent(
            values=provenance(config, policy, problems, list(problems.held_out[:3]), bench.device)
        )
    )
    lots = Lots({}, lambda line: journal.log("warning", line))
    with (
        Rewards(config.rewards, bench.environment) as rewards,
        closing(
            WithinMemory(
                make_engine(config, policy, network, longest_prompt),
                lots,
                int(policy.tokenizer.pad_token_id),
            )
        ) as engine,
    ):
        engine.sync()
        evaluator = Evaluator(
            config, policy, engine, problems.held_out, rewards, journal, bench.stop
        )
        metrics = evaluator.evaluate(bench.step)
    journal.log("info", evaluation_line(bench.step, metrics))
    told = ("kind", "eval_size", "eval_sha256", "template")
    return EvaluateResult(
        metrics=metrics,
        problems=len(problems.held_out),
        data={name: problems.provenance[name] for name in told},
        examples=[
            EvaluatedProblem(
                prompt=completed.problem.prompt,
                answer=completed.problem.answer,
                completion=completed.text,
                correct=correct,
                truncated=completed.truncated,
            )
            for completed, correct in evaluator.answers[:EXAMPLES]
        ],
    )
