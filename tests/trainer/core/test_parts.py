"""Small parts: order, seeds, token texts, failures, provenance of a run's files."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from ahora.config import MultiplicationData, ResourcesConfig
from worker.trainer.__main__ import read_job
from worker.trainer.data import Problem, load_data
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError
from worker.trainer.failure import explained
from worker.trainer.journal import Journal
from worker.trainer.micro_batches import micro_batches
from worker.trainer.models import Policy
from worker.trainer.order import Order, derived_seed
from worker.trainer.report import is_reported, token_texts
from worker.trainer.setup import choose_device
from worker.trainer.stop import Stop


def problem(number: int) -> Problem:
    return Problem(str(number), str(number), "", "", ())


def test_every_problem_comes_once_an_epoch_in_an_order_of_the_seed() -> None:
    problems = [problem(number) for number in range(10)]
    order = Order(problems, seed=1)
    walked = [each.id for place in range(0, 20, 4) for each in order.take(place, 4)]
    assert sorted(walked[:10]) == sorted(walked[10:]) == sorted(str(n) for n in range(10))
    assert walked[:10] != walked[10:]
    # any step can be asked for on its own
    assert [each.id for each in Order(problems, seed=1).take(12, 4)] == walked[12:16]
    assert [each.id for each in Order(problems, seed=2).take(0, 4)] != walked[:4]


def test_seeds_differ_by_purpose_and_step() -> None:
    seeds = {derived_seed(s, p, t) for s in (0, 1) for p in ("a", "b") for t in (0, 1)}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derived_seed(3, "rollout", 7) == derived_seed(3, "rollout", 7)


def test_which_steps_report_rollouts() -> None:
    assert [step for step in range(1, 21) if is_reported(10, step)] == [1, 10, 20]
    assert not any(is_reported(0, step) for step in range(1, 21))


def bytewise() -> PreTrainedTokenizerFast:
    """A tokenizer of single bytes, as byte-level BPE falls back to."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate([*alphabet, "<end>"])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")


def test_token_texts_join_to_the_text_even_across_characters_of_several_bytes() -> None:
    tokenizer = bytewise()
    ids = [*tokenizer.encode(" a é€ b", add_special_tokens=False), tokenizer.eos_token_id]
    texts = token_texts(tokenizer, ids)
    assert texts == [" ", "a", " ", "", "é", "", "", "€", " ", "b", "<end>"]


def test_bytes_that_are_no_text_do_not_swallow_what_follows() -> None:
    tokenizer = bytewise()
    continuation = tokenizer.encode("é", add_special_tokens=False)[1]
    ids = [continuation] * 20 + tokenizer.encode("ok", add_special_tokens=False)
    texts = token_texts(tokenizer, ids)
    assert len(texts) == 22
    assert "".join(texts).endswith("ok")


def test_token_texts_of_tiny(policy: Policy) -> None:
    ids = policy.tokenizer.encode("48>9")
    assert token_texts(policy.tokenizer, [*ids, 1]) == ["4", "8", ">", "9", "<eos>"]


def test_running_out_of_memory_is_explained() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    found = explained(caught.value)
    assert found is not None
    assert found.error_type == "out_of_memory"
    assert "per_device_train_batch_size" in found.reason
    assert explained(torch.OutOfMemoryError("CUDA out of memory")) is not None
    assert explained(MemoryError()) is not None
    assert explained(RuntimeError("shapes do not match")) is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_gpu_is_named() -> None:
    with pytest.raises(RunError, match="no GPU") as caught:
        choose_device(ResourcesConfig(device="cuda"))
    assert caught.value.error_type == "device_not_found"


def test_an_invalid_run_names_the_field_and_the_remedy(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text('{"config": {"optimizer": {"learning_rte": 1}}}')
    with pytest.raises(RunError, match=r"config\.optimizer\.learning_rte.*learning_rate"):
        read_job(file)
    with pytest.raises(RunError, match="cannot be read"):
        read_job(tmp_path / "missing.json")


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path / "events.jsonl", Stop()) as journal:
        journal.log("info", "one")
    with pytest.raises(RunError, match="already holds"):
        Journal(tmp_path / "events.jsonl", Stop())


def test_progress_is_not_repeated_within_a_second(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    with Journal(file, Stop()) as journal:
        for step in range(101):
            journal.progress("training", "", step, 100)
        journal.progress("saving")
    lines = file.read_text().splitlines()
    assert len(lines) < 10
    assert '"step":0' in lines[0]
    assert '"step":100' in lines[-2]
    assert '"saving"' in lines[-1]


def test_multiplication_is_ordered_without_being_listed(
    policy: Policy, environment: Environment
) -> None:
    problems = load_data(MultiplicationData(), policy.tokenizer, environment, 1).train
    assert len({each.id for each in Order(problems, 0).take(575936, 64)}) == 64


def test_micro_batches_keep_groups_together_within_rows_and_tokens() -> None:
    prompts, lengths = "aaaabbbbcccc", [9, 1, 2, 3, 5, 5, 5, 5, 7, 7, 7, 90]

    def cut(most_rows: int, most_tokens: int | None = None, left_out: int = -1) -> list[list[int]]:
        rows = [row for row in range(12) if row != left_out]
        return list(micro_batches(rows, prompts, [10] * 12, lengths, most_rows, most_tokens))

    assert cut(12) == [[11, 8, 9, 10, 0, 3, 2, 1, 4, 5, 6, 7]]
    assert cut(12, left_out=11) == [[0, 3, 2, 1, 8, 9, 10, 4, 5, 6, 7]]
    # groups that fit are not cut, larger ones are
    assert cut(6) == [[11, 8, 9, 10], [0, 3, 2, 1], [4, 5, 6, 7]]
    assert cut(3)[:2] == [[11, 8, 9], [10]]
    # 10 + 90 tokens are too many even alone; 10 + 7 + 7 + 7 and 10 + 15 and 10 + 20 are not
    assert cut(12, 31) == [[11], [8, 9, 10], [0, 3, 2, 1], [4, 5, 6, 7]]
    for size in (1, 2, 5):
        assert sorted(row for micro in cut(size, 40) for row in micro) == list(range(12))
