"""Truncated importance sampling: what a sampler that is not quite the policy is corrected with.

A sampler such as vLLM computes the policy's distribution with other kernels, at times in another
precision, so that its tokens come from pi_sampler and not from the policy pi they are trained under. Each
token's policy gradient is multiplied by

    min(pi(token) / pi_sampler(token), cap)

with pi the policy as it was when it sampled, without gradient. Source: Yao et al., "Your Efficient RL
Framework Secretly Brings You Off-Policy RL Training" (2025), and TRL's `vllm_importance_sampling_mode`
"token_truncate"; the truncation is that of Ionides (2008) and IMPALA (arXiv 1802.01561). TRL's own default
mode, "sequence_mask", drops whole completions instead.

Shapes: B rollouts, T completion positions (right-padded).
"""

import torch
from torch import Tensor


def importance_ratio(logp: Tensor, sampler_logp: Tensor, cap: float) -> Tensor:
    """The factors (B, T), float32, in [0, `cap`], from the log-probabilities (B, T) of the sampled
    tokens: `logp` under the policy that sampled, `sampler_logp` under the sampler's distribution."""
    return torch.exp(logp.detach() - sampler_logp).clamp(max=cap)
