"""The rules that every project has until it changes them."""

from ahora.schemas.rules import NotFinite, RuleEdit, Shift, Silence, Stalled, Threshold

BUILT_IN: dict[str, RuleEdit] = {
    "entropy-collapse": RuleEdit(
        name="Entropy collapse",
        # the trainer decides, by the run's own threshold and patience
        condition=Threshold(metric="entropy/collapsed", op=">=", value=1.0),
        advice="The policy has become nearly deterministic, so that rollouts of a prompt no longer differ "
        "and there is little left to learn from. Go on from an earlier checkpoint with a lower learning "
        "rate, a smaller alpha, or a KL term (beta above 0).",
    ),
    "reward-stalled": RuleEdit(
        name="Reward stalled",
        condition=Stalled(metric="reward", steps=100, smoothing=20, min_delta=0.005, enough=0.95),
        advice="The mean reward no longer rises. Look at rollouts of groups without signal: prompts that "
        "are too hard or too easy teach nothing. Try other data, more completions a prompt, dynamic "
        "sampling, or another learning rate.",
    ),
    "kl-blowup": RuleEdit(
        name="KL blow-up",
        condition=Threshold(metric="kl", op=">", value=1.0, reports=3),
        advice="The policy has left the initial model far behind, and its language may suffer. Read some "
        "rollouts; go on from an earlier checkpoint with a lower learning rate or a larger beta.",
    ),
    "length-blowup": RuleEdit(
        name="Length blow-up",
        condition=Shift(
            metric="completions/mean_length",
            direction="rises",
            by=1.0,
            baseline_reports=50,
            reports=5,
        ),
        advice="Completions have become more than twice as long. Read some: where they ramble or repeat "
        "themselves, a length penalty, truncation that counts as wrong, or the loss type dr_grpo helps.",
    ),
    "no-signal": RuleEdit(
        name="No group with signal",
        condition=Threshold(metric="frac_reward_zero_std", op=">=", value=1.0, reports=5),
        advice="In every group all completions got the same reward, so that nothing is learned. If the "
        "reward is at its best, the run is done; else use easier (or harder) prompts, more completions a "
        "prompt, a higher temperature, or dynamic sampling.",
    ),
    "not-finite": RuleEdit(
        name="NaN or infinite",
        condition=NotFinite(),
        advice="A metric is no number. Such updates are left out; after three steps with nothing else the "
        "run fails. Lower the learning rate, or train in float32 or bfloat16 in place of float16.",
    ),
    "silence": RuleEdit(
        name="No news",
        condition=Silence(minutes=15.0),
        advice="The worker is alive, but its trainer says nothing. A long step or evaluation may do that; "
        "else look at the log and at the machine, and stop the run or try it again.",
    ),
}
"""By key, in the order they are shown."""
