"""Batches as hypothesis draws them, how they may be laid out, and the advantages of their rollouts."""

import random
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from ahora.config import RunConfig

END, LONGEST = 1, 12


@dataclass(frozen=True)
class World:
    """A batch as hypothesis draws it: P groups of G rollouts."""

    prompts: list[list[int]]
    """P lists of ids."""
    completions: list[list[int]]
    """B = P x G lists of ids."""
    rewards: list[float | None]
    drift: list[list[float]] | None
    """How far the sampling policy's log-probabilities were off; None on the sampling policy."""
    algorithm: dict[str, Any]
    temperature: float
    parts: list[int]
    """The update (0, 1 ...) each of the B rollouts goes into; as many of each."""

    @property
    def G(self) -> int:
        return len(self.completions) // len(self.prompts)

    @property
    def updates(self) -> int:
        return max(self.parts) + 1

    def config(self, micro_batch: int = 64) -> RunConfig:
        return RunConfig.model_validate(
            {
                "algorithm": self.algorithm,
                "rollout": {
                    "num_generations": self.G,
                    "generation_batch_size": len(self.completions),
                    "steps_per_generation": self.updates,
                    "max_completion_length": LONGEST,
                    "temperature": self.temperature,
                },
                "rewards": {"max_unscored_frac": 1.0},
                "optimizer": {"per_device_train_batch_size": micro_batch},
            }
        )

    def truncated(self, row: int) -> bool:
        return self.completions[row][-1] != END

    def masked(self, row: int) -> bool:
        return bool(self.algorithm["mask_truncated_completions"]) and self.truncated(row)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    P, G = draw(st.integers(1, 3)), draw(st.integers(2, 4))
    lengths = draw(st.lists(st.integers(1, LONGEST), min_size=P * G, max_size=P * G))
    rewards = st.sampled_from([0.0, 1.0, 0.3, None])
    name = draw(st.sampled_from(["grpo", "ah_grpo", "sa_ah_grpo"]))
    algorithm: dict[str, Any] = {
        "name": name,
        "loss_type": draw(st.sampled_from(["grpo", "dapo", "dr_grpo"])),
        "scale_rewards": draw(st.sampled_from(["group", "batch", "none"])),
        "beta": draw(st.sampled_from([0.0, 0.0, 0.2])),
        "entropy_coef": draw(st.sampled_from([0.0, 0.0, 0.1])),
        "mask_truncated_completions": draw(st.booleans()),
        "epsilon_high": draw(st.sampled_from([None, 0.28])),
    }
    if name != "grpo":
        algorithm |= {
            "alpha": draw(st.sampled_from([0.5, 2.0])),
            "discount": draw(st.sampled_from(["exponential", "linear"])),
            "inclusive": draw(st.booleans()),
        }
    rng = random.Random(draw(st.integers(0, 2**16)))
    drifts, updates = draw(st.booleans()), draw(st.sampled_from([1, G]))
    return World(
        prompts=[[rng.randrange(2, 18) for _ in range(draw(st.integers(1, 9)))] for _ in range(P)],
        completions=[
            [rng.randrange(2, 18) for _ in range(n - 1)]
            + [rng.randrange(2, 18) if n == LONGEST else END]
            for n in lengths
        ],
        rewards=draw(st.lists(rewards, min_size=P * G, max_size=P * G)),
        drift=[[rng.uniform(-0.5, 0.5) for _ in range(n)] for n in lengths] if drifts else None,
        algorithm=algorithm,
        temperature=draw(st.sampled_from([1.0, 0.7])),
        parts=rng.sample([row % updates for row in range(P * G)], P * G),
    )


@dataclass(frozen=True)
class Layout:
    """How the same batch may be laid out."""

    micro_batch: int
    padding: int
    """Columns of padding to the right of the longest completion."""
    shuffled: int
    """Seed of an order of the groups, and of the rollouts in each."""
    spare: bool
    """Whether groups without signal are left out, as the trainer does; else they are computed."""

    def order(self, P: int, G: int) -> tuple[list[int], list[int]]:
        """Groups (P,) and rollouts (B,) as places in the world."""
        generator = torch.Generator().manual_seed(self.shuffled)
        groups = torch.randperm(P, generator=generator).tolist()
        rows = [
            group * G + int(member)
            for group in groups
            for member in torch.randperm(G, generator=generator)
        ]
        return groups, rows


layouts = st.builds(
    Layout,
    micro_batch=st.integers(1, 13),
    padding=st.integers(0, 5),
    shuffled=st.integers(0, 2**16),
    spare=st.booleans(),
)


def advantage(world: World, row: int) -> float:
    """(r - mean) / (std + 1e-4), 0 in a group whose rewards are equal."""
    G, scale = world.G, world.config().algorithm.scale_rewards
    group = [r for r in world.rewards[row // G * G : row // G * G + G] if r is not None]
    everything = [r for r in world.rewards if r is not None]
    if len(set(group)) < 2:
        return 0.0
    spread = {"group": group, "batch": everything, "none": None}[scale]
    reward = world.rewards[row]
    assert reward is not None
    difference = reward - sum(group) / len(group)
    if spread is None:
        return difference
    return difference / (float(torch.tensor(spread, dtype=torch.float64).std()) + 1e-4)
