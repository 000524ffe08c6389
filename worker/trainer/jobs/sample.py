"""Completions of a prompt, sampled by the `hf` engine, which knows the entropy of every token."""

from contextlib import closing

from ahora.config import SampleSpec
from ahora.results import SampledCompletion, SampleResult
from worker.trainer.data.problem import Row
from worker.trainer.data.prompts import Renderer
from worker.trainer.errors import RunError
from worker.trainer.jobs.workbench import Workbench
from worker.trainer.models import Policy
from worker.trainer.order import derived_seed
from worker.trainer.report import token_texts
from worker.trainer.rollout import HfEngine, Sampling
from worker.trainer.setup import check_length


def sample(bench: Workbench, spec: SampleSpec) -> SampleResult:
    """Complete `spec.prompt`. Raises RunError, `prompt_invalid` when the model cannot read it."""
    config, journal = bench.config, bench.journal
    policy = bench.policy()
    network = bench.network(policy)
    text, ids = _prompt(bench, policy, spec)
    check_length(config, network, len(ids))
    number = 1 if spec.greedy else spec.num_completions
    journal.progress("sampling", f"{number} completions of a prompt of {len(ids)} tokens")
    with closing(HfEngine(policy, network)) as engine:
        engine.sync()
        found = engine.generate(
            [ids],
            Sampling.of(config.rollout, greedy=spec.greedy),
            num_generations=number,
            seed=derived_seed(spec.seed, "sample", bench.step),
            check=bench.stop.check,
        )
    token_lists = found.token_lists()
    texts = policy.tokenizer.batch_decode(
        token_lists, skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return SampleResult(
        prompt=text,
        prompt_tokens=len(ids),
        completions=[
            SampledCompletion(
                text=texts[row],
                tokens=token_texts(policy.tokenizer, tokens),
                token_ids=tokens,
                entropy=found.entropy[row, : len(tokens)].tolist(),
                logprob=found.logprob[row, : len(tokens)].tolist(),
                truncated=bool(found.truncated[row]),
            )
            for row, tokens in enumerate(token_lists)
        ],
    )


def _prompt(bench: Workbench, policy: Policy, spec: SampleSpec) -> tuple[str, list[int]]:
    """The text the model reads and its tokens."""
    tokenizer = policy.tokenizer
    limit = bench.config.data.prompt.max_prompt_length
    try:
        if not spec.template:
            return spec.prompt, list(tokenizer(spec.prompt)["input_ids"])
        renderer = Renderer(bench.config.data.prompt, tokenizer)
        problems, _ = renderer.problems([Row(spec.prompt, "")])
    except RunError:
        raise
    except Exception as error:  # a tokenizer without an unknown token raises the bare class
        raise RunError(
            "prompt_invalid",
            f"the model's tokenizer cannot read the prompt ({error}): it may hold characters that the "
            "model does not know; `tiny` reads only digits and the signs +*=>, and a space",
        ) from error
    if not problems:
        raise RunError(
            "prompt_invalid",
            f"the prompt has more than data.prompt.max_prompt_length ({limit}) tokens: shorten it, or "
            "switch `template` off",
        )
    return problems[0].prompt, list(problems[0].prompt_ids)
