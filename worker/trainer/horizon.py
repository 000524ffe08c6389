"""The entropy-adaptive horizon: weights w of SA-AH-GRPO (arXiv 2606.05434).

From the abstract: each token's policy gradient is weighted by a cumulative discount of the per-token
normalised entropy h; AH-GRPO applies it to every rollout, SA-AH-GRPO only to those with negative
advantage; alpha = 0 is GRPO. This project's choices, since the text beyond the abstract was not
available: the two forms of the discount, the sum running up to and including the token itself
(`inclusive`), and that the weight multiplies the policy-gradient term only.

    exponential   w[b,t] = exp(-alpha * sum_{k<=t} h[b,k])
    linear        w[b,t] = prod_{k<=t} max(0, 1 - alpha * h[b,k])

Shapes: B rollouts, T completion positions (right-padded).
"""

from typing import Literal

import torch
from torch import Tensor


@torch.no_grad()
def horizon_weights(
    h: Tensor,
    mask: Tensor,
    advantages: Tensor,
    *,
    alpha: float,
    discount: Literal["exponential", "linear"],
    inclusive: bool,
    selective: bool,
) -> Tensor:
    """Weights (B, T) in [0, 1], 0 where masked, from normalised entropies `h` (B, T).

    `mask` (B, T) is 1 on completion tokens, `advantages` is (B,). Masked positions add nothing.
    """
    kept = mask.to(h.dtype)
    spent = torch.where(mask.bool(), h, 0.0)
    if not inclusive:
        spent = torch.cat([torch.zeros_like(spent[:, :1]), spent[:, :-1]], dim=1)
    if discount == "exponential":
        weights = torch.exp(-alpha * spent.cumsum(dim=1))
    else:
        weights = (1.0 - alpha * spent).clamp(min=0.0).cumprod(dim=1)
    if selective:
        weights = torch.where(advantages[:, None] >= 0, torch.ones_like(weights), weights)
    return weights * kept
