"""The training loop: data -> rollout -> reward -> advantage -> horizon -> loss -> optimizer -> checkpoint.

GRPO with the entropy-adaptive horizon of AH-GRPO and SA-AH-GRPO (arXiv 2606.05434); the mathematics are
in advantage.py, entropy.py, horizon.py, kl.py and loss.py.
"""

from contextlib import closing
from pathlib import Path

import torch

from ahora.config import RunConfig
from ahora.events import MetricsEvent, ProvenanceEvent
from ahora.status import RunStatus
from worker.trainer.batch import make_batch
from worker.trainer.checkpoint import Checkpoints
from worker.trainer.clock import Clock
from worker.trainer.collapse import CollapseDetector
from worker.trainer.data import load_data
from worker.trainer.entropy import normalised
from worker.trainer.environment import Environment
from worker.trainer.evaluation import Evaluator
from worker.trainer.generation import Generation
from worker.trainer.gradient import weights_of
from worker.trainer.journal import Journal
from worker.trainer.models import load_policy
from worker.trainer.narration import evaluation_line, is_told, setup_lines, step_line
from worker.trainer.network import Network
from worker.trainer.optimizer import learning_rate, make_optimizer
from worker.trainer.order import Order, derived_seed
from worker.trainer.provenance import provenance
from worker.trainer.report import is_reported, rollout_events
from worker.trainer.rewards import Rewards
from worker.trainer.rollout import HfEngine
from worker.trainer.setup import check_fits, choose_device, reporter
from worker.trainer.state import TrainingState
from worker.trainer.step_metrics import step_metrics, time_metrics
from worker.trainer.stop import Stop, StopRequested
from worker.trainer.update import Updater


def train(config: RunConfig, run_id: str, out: Path, journal: Journal, stop: Stop) -> None:
    """Train from beginning to end, writing events to `journal` and checkpoints under `out`.

    Raises RunError when the run cannot go on, StopRequested (with a checkpoint of the last finished
    step saved) when it was asked to stop.
    """
    environment = Environment.from_environ()
    device = choose_device(config.resources)
    torch.manual_seed(derived_seed(config.seed, "initialisation", 0))
    policy = load_policy(config.model, device, environment, reporter(journal, stop))
    problems = load_data(config.data, policy.tokenizer, environment, config.evaluation.num_examples)
    for line in [*setup_lines(policy, problems, device), *problems.notes]:
        journal.log("info", line)
    network = Network(
        policy.model, autocast=config.model.dtype == "bfloat16" and not config.model.use_peft
    )
    policy.model.eval()
    network.verify()
    check_fits(config, network, problems)
    if config.algorithm.beta > 0:
        policy.load_reference()
    order = Order(problems.train, config.seed)
    journal.write(
        ProvenanceEvent(values=provenance(config, policy, problems, order.take(0, 3), device))
    )

    state = TrainingState()
    clock = Clock(device)
    updater = Updater(
        config, policy, network, make_optimizer(policy.model, config.optimizer), clock
    )
    checkpoints = Checkpoints(config, run_id, policy, out, journal)
    collapse = CollapseDetector(config.analysis)

    def report(values: dict[str, float]) -> None:
        journal.write(
            MetricsEvent(step=state.step, elapsed=state.elapsed, tokens=state.tokens, values=values)
        )

    with (
        Rewards(config.rewards, environment) as rewards,
        closing(HfEngine(policy, network)) as engine,
    ):
        generation = Generation(config, policy, engine, order, rewards, clock, journal, stop)
        evaluator = Evaluator(config, policy, engine, problems.held_out, rewards, journal, stop)

        def evaluate() -> None:
            state.evaluated = evaluator.evaluate(state.step)
            report(state.evaluated)
            journal.log("info", evaluation_line(state.step, state.evaluated))

        journal.status(RunStatus.RUNNING)
        try:
            engine.sync()
            if config.evaluation.eval_on_start:
                evaluate()

            for step in range(1, config.max_steps + 1):
                journal.progress("training", "", state.step, config.max_steps)
                clock.restart()
                torch.manual_seed(derived_seed(config.seed, "dropout", step))

                generated, drawn = generation.generate(state)
                batch = make_batch(
                    config,
                    generated.problems,
                    generated.samples,
                    generated.completed,
                    generated.scored,
                )
                rate = learning_rate(config.optimizer, step, config.max_steps)
                updated = updater.update(batch, step, rate, stop.check)
                with clock.measure("rollout"):
                    engine.sync()

                samples = batch.samples
                h = normalised(updated.sampled.entropy, network.vocab_size)
                weights = weights_of(config.algorithm, h, samples.mask, batch.advantages)
                values = step_metrics(config, batch, drawn, updated, weights, rate)
                collapsed = collapse.update(values["entropy"])
                if collapse.began:
                    journal.log("warning", f"step {step}: entropy has collapsed")
                state.step = step
                state.position += drawn.num_groups
                state.tokens += drawn.num_tokens
                values |= {"entropy/collapsed": float(collapsed), "num_tokens": float(state.tokens)}
                values |= time_metrics(clock)
                state.elapsed += values["step_time"]
                report(values)
                if is_told(step, config.max_steps):
                    journal.log("info", step_line(step, config.max_steps, values))
                if is_reported(config.logging.rollout_steps, step):
                    for event in rollout_events(
                        config, step, batch, updated.sampled, weights, policy.tokenizer
                    ):
                        journal.write(event)

                last = step == config.max_steps
                if last or _due(config.evaluation.eval_steps, step):
                    evaluate()
                if last or _due(config.checkpoints.save_steps, step):
                    checkpoints.save(state)
            journal.progress("training", "", state.step, config.max_steps)
        except StopRequested:
            if state.step:
                checkpoints.save(state)
            raise


def _due(every: int, step: int) -> bool:
    return every > 0 and step % every == 0
