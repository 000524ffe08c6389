"""GSM8K (Cobbe et al. 2021, arXiv 2110.14168): from a local folder or the Hugging Face hub."""

from collections.abc import Iterable, Iterator
from typing import Any

from ahora.config import Gsm8kData
from worker.trainer.data.jsonl import read_objects
from worker.trainer.data.problem import Row
from worker.trainer.environment import Environment, inside
from worker.trainer.errors import RunError

_HUB_ID, _HUB_CONFIG = "openai/gsm8k", "main"


def gsm8k_rows(config: Gsm8kData, environment: Environment) -> tuple[list[Row], list[Row]]:
    """The train split, and the test split as held-out problems."""
    if config.path is None:
        return _from_hub("train"), _from_hub("test")
    folder = inside(environment.data_root, config.path, "AHORA_DATA_ROOT", "data.path")
    if not folder.is_dir():
        raise RunError(
            "dataset_not_found",
            f"data.path names {config.path!r}, but the worker's data root has no such folder: put "
            "train.jsonl and test.jsonl there, or leave data.path empty to load GSM8K from the hub",
        )
    return (
        list(_rows(read_objects(folder / "train.jsonl", "data.path"))),
        list(_rows(read_objects(folder / "test.jsonl", "data.path"))),
    )


def _from_hub(split: str) -> list[Row]:
    import datasets  # a heavy import that only this path needs

    datasets.disable_progress_bars()
    try:
        rows = datasets.load_dataset(_HUB_ID, _HUB_CONFIG, split=split)
    except (OSError, ValueError) as error:
        raise RunError(
            "dataset_not_found",
            f"GSM8K is not on this machine and the Hugging Face hub cannot be reached "
            f"({type(error).__name__}): connect the worker to the network, or put train.jsonl and "
            "test.jsonl in a folder under AHORA_DATA_ROOT and name it in data.path",
        ) from error
    return list(_rows((f"{_HUB_ID} {split} row {n}", row) for n, row in enumerate(rows)))


def _rows(entries: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Row]:
    for where, entry in entries:
        question, solution = entry.get("question"), entry.get("answer")
        if not isinstance(question, str) or not isinstance(solution, str):
            raise RunError(
                "data_invalid",
                f"{where} needs the texts 'question' and 'answer', as GSM8K has them",
            )
        yield Row(question, final_answer(solution, where))


def final_answer(solution: str, where: str) -> str:
    """What follows the last `####`, without the commas of thousands."""
    _, marker, answer = solution.rpartition("####")
    if not marker or not answer.strip():
        raise RunError("data_invalid", f"{where}: 'answer' has no final answer after '####'")
    return answer.strip().replace(",", "")
