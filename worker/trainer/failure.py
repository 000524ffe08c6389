"""What went wrong, as a short cause and a sentence with a remedy."""

from worker.trainer.errors import RunError
from worker.trainer.memory import is_out_of_memory


def explained(error: Exception) -> RunError | None:
    """`error` in words a person understands, or None when it is not one of the known kinds."""
    if isinstance(error, RunError):
        return error
    if is_out_of_memory(error):
        return RunError(
            "out_of_memory",
            "the device's memory is used up: lower optimizer.per_device_train_batch_size, "
            "rollout.generation_batch_size, rollout.max_completion_length or evaluation.batch_size, "
            "switch on model.gradient_checkpointing, or train with LoRA (model.use_peft) "
            f"[{str(error).splitlines()[0][:500] if str(error) else type(error).__name__}]",
        )
    return None
