"""The registry of metric names: unit, meaning, direction and chart group.

Served to the dashboard, which hard-codes none. A name in braces is a pattern: ``{name}`` stands for a
reward function, ``{k}`` for a number. A metric that is not listed is shown under "Other".
"""

import re
from dataclasses import dataclass
from typing import Literal

Direction = Literal["higher", "lower", "none"]
Axis = Literal["step", "time"]


@dataclass(frozen=True)
class Metric:
    """One metric, or a family of them when `name` has a part in braces."""

    name: str
    group: str
    description: str
    unit: str = ""
    direction: Direction = "none"
    headline: bool = False
    """Shown first, and in tables."""
    axis: Axis = "step"
    """`time`: sampled every few seconds, not once a step; its steps are seconds since the run's first
    start."""
    profile: bool = False
    """The members of a family are points of one curve: they are shown as that, not as a chart each."""

    def matches(self, name: str) -> bool:
        """Whether `name` is this metric or one of this family."""
        return re.fullmatch(_pattern(self.name), name) is not None


def _pattern(name: str) -> str:
    parts = re.split(r"(\{\w+\})", name)
    return "".join(r"[\w.\-]+" if part.startswith("{") else re.escape(part) for part in parts)


GROUPS = (
    "Reward",
    "Evaluation",
    "Horizon",
    "Entropy",
    "Policy",
    "Completions",
    "Optimisation",
    "Timing",
    "System",
    "Other",
)
"""Chart groups in the order they are shown."""

METRICS: tuple[Metric, ...] = (
    Metric("reward", "Reward",
           "Mean total reward of all scored completions of the step, also of groups that dynamic "
           "sampling replaced.",
           direction="higher", headline=True),
    Metric("reward_std", "Reward", "Standard deviation of total reward over the same completions."),
    Metric("rewards/{name}/mean", "Reward", "Mean of one reward function, unweighted.",
           direction="higher"),
    Metric("rewards/{name}/std", "Reward", "Standard deviation of one reward function."),
    Metric("rewards/unscored_frac", "Reward",
           "Share of completions whose reward function raised or hung.", direction="lower"),
    Metric("frac_reward_zero_std", "Reward",
           "Share of groups whose rewards are all equal: they have no gradient.", direction="lower"),
    Metric("dynamic_sampling/groups", "Reward",
           "Groups sampled until those of the batch had a signal, or the bound was reached.",
           "groups", "lower"),
    Metric("dynamic_sampling/rounds", "Reward", "Rounds of sampling in the step.",
           direction="lower"),
    Metric("dynamic_sampling/frac_without_signal", "Reward",
           "Share of the groups trained on that have equal rewards all the same.",
           direction="lower"),
    Metric("reward_sampling_variance", "Reward",
           "Sampling floor of this step: sample variance of the group-mean rewards divided by the "
           "number of groups, the variance of the mean that the draw of prompts and rollouts alone "
           "explains."),
    Metric("eval/pass@1", "Evaluation", "Share of held-out problems solved with greedy decoding.",
           direction="higher", headline=True),
    Metric("eval/sampled_pass@1", "Evaluation",
           "Share of sampled completions that solve their held-out problem.", direction="higher"),
    Metric("eval/pass@{k}", "Evaluation",
           "Probability that one of k samples solves a held-out problem (unbiased estimator).",
           direction="higher"),
    Metric("eval/mean_length", "Evaluation", "Mean length of greedy completions.", "tokens"),
    Metric("eval/clipped_ratio", "Evaluation",
           "Share of greedy completions cut at max_completion_length.", direction="lower"),
    Metric("horizon/weight_mean", "Horizon",
           "Mean horizon weight over the completion tokens of rollouts with negative advantage.",
           headline=True),
    Metric("horizon/effective_length", "Horizon",
           "Mean over rollouts with negative advantage of the sum of their weights.", "tokens"),
    Metric("horizon/effective_fraction", "Horizon",
           "Effective length divided by the completion length: how much of such a rollout counts."),
    Metric("horizon/weight_at/{position}", "Horizon",
           "Mean weight of the token at this position, counted from 1, over the rollouts with negative "
           "advantage that are so long.", profile=True),
    Metric("advantage/positive_frac", "Horizon", "Share of rollouts with positive advantage."),
    Metric("advantage/negative_frac", "Horizon", "Share of rollouts with negative advantage."),
    Metric("entropy", "Entropy", "Mean token entropy of the policy at the sampling temperature.",
           "nats", headline=True),
    Metric("entropy/positive", "Entropy",
           "Mean token entropy of rollouts with positive advantage.", "nats"),
    Metric("entropy/negative", "Entropy",
           "Mean token entropy of rollouts with negative advantage.", "nats"),
    Metric("entropy/collapsed", "Entropy",
           "1 once mean entropy has stayed below the collapse threshold for `patience` steps.",
           direction="lower"),
    Metric("kl", "Policy",
           "Mean KL divergence to the initial model per token (k3), when beta is above 0.", "nats"),
    Metric("kl_k1", "Policy", "The same with the unbiased k1 estimator, which can be negative.",
           "nats"),
    Metric("loss", "Policy", "Total loss, averaged over the step's updates."),
    Metric("policy_loss", "Policy", "Policy-gradient part of the loss."),
    Metric("clip_ratio/low_mean", "Policy", "Share of tokens clipped below (1 - epsilon)."),
    Metric("clip_ratio/low_min", "Policy",
           "Smallest share of any rollout's tokens clipped below."),
    Metric("clip_ratio/high_mean", "Policy", "Share of tokens clipped above (1 + epsilon_high)."),
    Metric("clip_ratio/high_max", "Policy",
           "Largest share of any rollout's tokens clipped above."),
    Metric("clip_ratio/region_mean", "Policy", "Share of tokens clipped on either side."),
    Metric("policy/ratio_mean", "Policy",
           "Mean probability ratio to the policy that sampled, over trained tokens of the updates "
           "after a step's first; with several updates a step only."),
    Metric("policy/ratio_max", "Policy", "Largest such ratio of the step."),
    Metric("sampling/sampling_logp_difference/mean", "Policy",
           "With engine vllm: mean distance between a token's log-probability under the policy and "
           "under vLLM.", "nats", "lower"),
    Metric("sampling/sampling_logp_difference/max", "Policy",
           "The largest such distance in the batch.", "nats", "lower"),
    Metric("sampling/importance_sampling_ratio/min", "Policy",
           "With engine vllm: smallest ratio of probabilities that corrects a token's gradient, policy "
           "over vLLM."),
    Metric("sampling/importance_sampling_ratio/mean", "Policy",
           "Its mean: 1 when vLLM samples as the policy would."),
    Metric("sampling/importance_sampling_ratio/max", "Policy",
           "Its largest, at most `vllm_importance_sampling_clip_max`."),
    Metric("completions/mean_length", "Completions", "Mean completion length.", "tokens"),
    Metric("completions/min_length", "Completions", "Shortest completion.", "tokens"),
    Metric("completions/max_length", "Completions", "Longest completion.", "tokens"),
    Metric("completions/clipped_ratio", "Completions",
           "Share of completions cut at max_completion_length.", direction="lower"),
    Metric("num_tokens", "Completions", "Prompt and completion tokens processed so far.", "tokens"),
    Metric("grad_norm", "Optimisation", "Norm of the gradient before clipping."),
    Metric("learning_rate", "Optimisation", "Learning rate of the step."),
    Metric("skipped_updates", "Optimisation",
           "Updates of this step left out because loss or gradient was not finite.",
           direction="lower"),
    Metric("step_time", "Timing", "Duration of the whole step.", "s", "lower"),
    Metric("timing/rollout", "Timing", "Time sampling completions.", "s", "lower"),
    Metric("timing/reward", "Timing", "Time scoring them.", "s", "lower"),
    Metric("timing/score", "Timing", "Time of forward passes for log-probabilities and entropy.",
           "s", "lower"),
    Metric("timing/backward", "Timing", "Time of backward passes.", "s", "lower"),
    Metric("timing/optimizer", "Timing", "Time of optimiser updates.", "s", "lower"),
    Metric("system/gpu_utilization", "System",
           "Share of the time in which something ran on the run's GPU.", "%", axis="time"),
    Metric("system/gpu_memory", "System", "Memory in use on the run's GPU.", "GiB", axis="time"),
    Metric("system/gpu_power", "System", "Power the run's GPU draws.", "W", axis="time"),
    Metric("system/gpu_temperature", "System", "Temperature of the run's GPU.", "°C", axis="time"),
    Metric("system/cpu_cores", "System", "CPU cores busy with the trainer and its children.",
           "cores", axis="time"),
    Metric("system/memory", "System",
           "Resident memory of the trainer and its children; shared pages count for each.", "GiB",
           axis="time"),
    Metric("system/machine_cpu", "System", "Share of the machine's CPU cores that is busy.", "%",
           axis="time"),
    Metric("system/machine_memory", "System", "Memory of the machine in use.", "GiB", axis="time"),
    Metric("system/{name}", "System", "Use of the machine.", axis="time"),
)  # fmt: skip


def describe(name: str) -> Metric:
    """The registry's entry for `name`; unknown names get one in the group "Other"."""
    exact = next((metric for metric in METRICS if metric.name == name), None)
    if exact is not None:
        return exact
    family = next((metric for metric in METRICS if metric.matches(name)), None)
    return family or Metric(name, "Other", "Not in the registry: reported by the trainer as it is.")


def is_over_time(name: str) -> bool:
    """Whether the metric is sampled over time, not over steps."""
    return name.startswith("system/")
