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
from worker.trainer.checkpoints.resume import initialise, resume
from worker.trainer.checkpoints.saver import Trained
from worker.trainer.checkpoints.start import Start
from worker.trainer.clock import Clock
from worker.trainer.collapse import CollapseDetector
from worker.trainer.data import load_data
from worker.trainer.entropy import normalised
from worker.trainer.environment import Environment
from worker.trainer.evaluation import Evaluator
from worker.trainer.generation import Generation
from worker.trainer.gradient import weights_of
from worker.trainer.journal import Journal
from worker.trainer.memory import Lots
from worker.trainer.models import load_policy
from worker.trainer.narration import evaluation_line, is_told, setup_lines, step_line
from worker.trainer.network import Network
from worker.trainer.optimizer import learning_rate, make_optimizer
from worker.trainer.order import Order, derived_seed
from worker.trainer.provenance import provenance
from worker.trainer.report import is_reported, rollout_events
from worker.trainer.rewards import Rewards
from worker.trainer.rollout import WithinMemory, make_engine
from worker.trainer.setup import check_engine, check_fits, choose_device, reporter
from worker.trainer.step_metrics import step_metrics, time_metrics
from worker.trainer.stop import StepGivenUp, Stop, StopRequested
from worker.trainer.update import Updater, note_skipped


def train(
    config: RunConfig, run_id: str, out: Path, journal: Journal, stop: Stop, start: Start
) -> None:
    """Train from where `start` says to the end, writing events to `journal` and checkpoints under `out`.

    Raises RunError when the run cannot go on, StopRequested (with a checkpoint of the last finished
    step saved, or the reason why not) when it was asked to stop.
    """
    with stop.at_once():
        environment = Environment.from_environ()
        device = choose_device(config.resources)
        check_engine(config.rollout)
        torch.manual_seed(derived_seed(config.seed, "initialisation", 0))
        policy = load_policy(config.model, device, environment, reporter(journal, stop))
        if start.initialise_from is not None:
            initialise(policy, config, start.initialise_from, journal)
        problems = load_data(
            config.data, policy.tokenizer, environment, config.evaluation.num_examples
        )
        for line in [*setup_lines(policy, problems, device), *problems.notes]:
            journal.log("info", line)
        network = Network(
            policy.model, autocast=config.model.dtype == "bfloat16" and not config.model.use_peft
        )
        policy.model.eval()
        network.verify()
        if network.decoder is None:
            journal.log("info", f"transformers computes this model: {network.why_plain}")
        longest_prompt = check_fits(config, network, problems)
        if config.algorithm.beta > 0:
            policy.load_reference(with_adapter=start.initialise_from is not None)
        order = Order(problems.train, config.seed)
        journal.write(
            ProvenanceEvent(values=provenance(config, policy, problems, order.take(0, 3), device))
        )
        trained = Trained(config, run_id, policy, make_optimizer(policy.model, config.optimizer))
        state, checkpoints = resume(trained, start, out, journal)
        journal.progress("setup", f"starting the rollout engine {config.rollout.engine}")
        lots = Lots(state.smaller_lots, lambda line: journal.log("warning", line))
        engine = WithinMemory(
            make_engine(config, policy, network, longest_prompt),
            lots,
            int(policy.tokenizer.pad_token_id),
        )

    clock = Clock(device)
    updater = Updater(config, policy, network, trained.optimizer, clock, lots)
    collapse = CollapseDetector(config.analysis, state.collapse)

    def report(values: dict[str, float]) -> None:
        journal.write(
            MetricsEvent(step=state.step, elapsed=state.elapsed, tokens=state.tokens, values=values)
        )

    with (
        Rewards(config.rewards, environment) as rewards,
        closing(engine),
    ):
        generation = Generation(config, policy, engine, order, rewards, clock, journal, stop)
        evaluator = Evaluator(config, policy, engine, problems.held_out, rewards, journal, stop)

        def evaluate() -> None:
            state.note_evaluation(evaluator.evaluate(state.step))
            report(state.evaluated)
            journal.log("info", evaluation_line(state.step, state.evaluated))

        def between_steps() -> None:
            """What is due after the last step, unless it was done before an interruption."""
            checkpoints.at_boundary()
            last = state.step >= config.max_steps
            due = last or _due(config.evaluation.eval_steps, state.step)
            if due and state.evaluated_step != state.step:
                evaluate()
            best = config.checkpoints.save_best and state.best_step == state.step
            if last or best or _due(config.checkpoints.save_steps, state.step):
                checkpoints.save(state)

        journal.status(RunStatus.RUNNING)
        try:
            engine.sync()
            if state.step:
                between_steps()
            elif config.evaluation.eval_on_start:
                evaluate()

            for step in range(state.step + 1, config.max_steps + 1):
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
                with clock.measure("rollout"):
                    engine.rest()
                updated = updater.update(batch, step, rate, stop.check, stop.check_late)
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
                note_skipped(state, updated.updates, journal)
                if is_told(step, config.max_steps):
                    journal.log("info", step_line(step, config.max_steps, values))
                if is_reported(config.logging.rollout_steps, step):
                    for event in rollout_events(
                        config, step, batch, updated.sampled, weights, policy.tokenizer
                    ):
                        journal.write(event)

                between_steps()
            checkpoints.finish(state, stop.check)
            journal.progress("training", "", state.step, config.max_steps)
        except StepGivenUp:
            raise StopRequested(checkpoints.newest()) from None
        except StopRequested:
            if state.step:
                checkpoints.save(state)
            raise StopRequested(checkpoints.problem) from None


def _due(every: int, step: int) -> bool:
    return every > 0 and step % every == 0
