"""GRPO and its two entropy-adaptive-horizon variants (arXiv 2606.05434).

What the paper's abstract states is marked [paper]; what this project chose, because the text beyond
the abstract was not available, is marked [ours].
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ahora.config.base import PositiveInt, Section, hint


def _as_trl_reads(value: object) -> object:
    """TRL takes true for `group` and false for `none`."""
    return {True: "group", False: "none"}[value] if isinstance(value, bool) else value


class _PolicyGradient(Section):
    """What the three algorithms share, under TRL's names where TRL 1.16 has the option."""

    loss_type: Literal["grpo", "dapo", "dr_grpo"] = "dapo"
    """How token losses are averaged. `grpo` (arXiv 2402.03300): over a rollout's tokens, then over
    rollouts; `dapo` (arXiv 2503.14476): over all completion tokens of the batch; `dr_grpo` (arXiv
    2503.20783): sum over tokens divided by rollouts times `max_completion_length`."""

    scale_rewards: Annotated[Literal["group", "batch", "none"], BeforeValidator(_as_trl_reads)] = (
        "group"
    )
    """What advantages are divided by: the standard deviation of the group's rewards (GRPO), of the
    whole batch's (arXiv 2508.08221), or nothing (Dr. GRPO, arXiv 2503.20783)."""

    epsilon: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    """Lower clipping range of the probability ratio (PPO, arXiv 1707.06347): it is clipped below at
    1 - epsilon. Without effect on the first update of a step, where the ratio is 1."""

    epsilon_high: Annotated[float | None, Field(gt=0.0, le=10.0)] = None
    """Upper clipping range, when it should differ from `epsilon` (clip-higher of DAPO, arXiv
    2503.14476: 0.28)."""

    beta: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    """Weight of the KL term against the initial model (GRPO, arXiv 2402.03300). At 0 no reference
    pass is made at all."""

    kl_estimator: Annotated[Literal["k3", "k2"], hint(advanced=True)] = "k3"
    """Estimator of the KL term in the loss (Schulman 2020, joschu.net/blog/kl-approx.html): `k3` as in
    GRPO and TRL, or `k2`. Only used when `beta` is above 0."""

    entropy_coef: Annotated[float, Field(ge=0.0, le=10.0), hint(advanced=True)] = 0.0
    """Weight of the entropy bonus (PPO, arXiv 1707.06347, eq. 9): this times the mean token entropy of
    an update's completions is taken off the loss, whatever `loss_type` says. At 0 there is none."""

    num_iterations: Annotated[PositiveInt, Field(le=64), hint(advanced=True)] = 1
    """How often each batch of rollouts is gone through (mu in the GRPO paper); each time makes
    `rollout.steps_per_generation` optimiser updates."""

    mask_truncated_completions: Annotated[bool, hint(advanced=True)] = False
    """Leave completions that hit `max_completion_length` out of the loss (overlong filtering of DAPO,
    arXiv 2503.14476). Their rewards still count in their group."""


class GRPO(_PolicyGradient):
    """Group-relative policy optimisation: every token and every rollout counts alike."""

    name: Literal["grpo"] = "grpo"

    @property
    def alpha(self) -> float:
        """GRPO is the horizon method with alpha = 0."""
        return 0.0

    @property
    def discount(self) -> Literal["exponential"]:
        """Without effect at alpha = 0."""
        return "exponential"

    @property
    def inclusive(self) -> bool:
        """Without effect at alpha = 0."""
        return True

    @property
    def selective(self) -> bool:
        """Without effect at alpha = 0."""
        return False


class _Horizon(_PolicyGradient):
    alpha: Annotated[float, Field(ge=0.0, le=100.0)] = 0.5
    """Strength of the entropy discount: 0 is GRPO, the paper ran 0.5 [paper]. With a small vocabulary
    or long completions choose it by `horizon/effective_fraction`: how much of a rollout still
    counts."""

    discount: Literal["exponential", "linear"] = "exponential"
    """Cumulative weight of token t: `exponential` exp(-alpha * sum of h), `linear` product of
    max(0, 1 - alpha * h), with h the entropy normalised by ln V [ours]."""

    inclusive: Annotated[bool, hint(advanced=True)] = True
    """Whether a token's own entropy discounts it too; off gives every first token weight 1 [ours]."""


class AHGRPO(_Horizon):
    """AH-GRPO: the entropy-adaptive horizon on every rollout [paper]."""

    name: Literal["ah_grpo"] = "ah_grpo"

    @property
    def selective(self) -> bool:
        """Every rollout is discounted."""
        return False


class SAAHGRPO(_Horizon):
    """SA-AH-GRPO: the entropy-adaptive horizon only on rollouts with negative advantage [paper]."""

    name: Literal["sa_ah_grpo"] = "sa_ah_grpo"

    @property
    def selective(self) -> bool:
        """Only rollouts with negative advantage are discounted."""
        return True


AlgorithmConfig = Annotated[GRPO | AHGRPO | SAAHGRPO, Field(discriminator="name")]


class AnalysisConfig(Section):
    """When a run counts as collapsed, and which steps its training variance covers [ours]."""

    entropy_threshold: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.1
    """Entropy collapse: mean token entropy below this share of its mean over the first 5 steps."""
    patience: PositiveInt = 10
    """For this many steps in a row."""
    variance_window: Annotated[int | None, Field(ge=2)] = None
    """Training variance is taken over this many last steps; empty means all after the first 10 %."""
