"""Any rollout engine, given fewer prompts at once when memory runs out."""

from collections.abc import Callable, Sequence

from worker.trainer.memory import Lots
from worker.trainer.order import derived_seed
from worker.trainer.rollout.engine import RolloutEngine
from worker.trainer.rollout.samples import Samples, concatenated
from worker.trainer.rollout.sampling import Sampling

WHAT = "completions sampled at once"


class WithinMemory:
    """A `RolloutEngine`. What is sampled in one lot is what the engine itself would sample."""

    def __init__(self, engine: RolloutEngine, lots: Lots, pad_token_id: int) -> None:
        self._engine = engine
        self._lots = lots
        self._pad_token_id = pad_token_id

    def sync(self) -> None:
        """See `RolloutEngine.sync`."""
        self._engine.sync()

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        *,
        num_generations: int,
        seed: int,
        check: Callable[[], None],
    ) -> Samples:
        """See `RolloutEngine.generate`. The prompts of a lot after the first draw from a seed of its own."""

        def in_lots(rows: int) -> Samples:
            count = max(rows // num_generations, 1)
            parts = [
                self._engine.generate(
                    prompts[first : first + count],
                    sampling,
                    num_generations=num_generations,
                    seed=derived_seed(seed, "lot", first) if first else seed,
                    check=check,
                )
                for first in range(0, len(prompts), count)
            ]
            return parts[0] if len(parts) == 1 else concatenated(parts, self._pad_token_id)

        rows = len(prompts) * num_generations
        return self._lots.run(WHAT, rows, in_lots, least=num_generations)

    def rest(self) -> None:
        """See `RolloutEngine.rest`."""
        self._engine.rest()

    def close(self) -> None:
        """See `RolloutEngine.close`."""
        self._engine.close()
