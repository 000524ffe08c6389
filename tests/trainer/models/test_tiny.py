"""`tiny`: what comes out is decided by its recipe and seed alone."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from ahora.config import ModelConfig
from worker.trainer.environment import Environment
from worker.trainer.models import load_policy
from worker.trainer.models.source import Source
from worker.trainer.models.tiny import Recipe, tiny_folder, tiny_tokenizer

SHORT = Recipe(steps=4, batch_size=4)


def silent(message: str, step: int, total: int) -> None:
    """Reports nothing."""


def test_the_build_repeats_to_the_bit(barely_trained: Path, tmp_path: Path) -> None:
    torch.manual_seed(123)
    before = torch.random.get_rng_state()
    threads = torch.get_num_threads()
    again = tiny_folder(tmp_path, 0, silent, SHORT)
    assert Source(again).weights_sha256() == Source(barely_trained).weights_sha256()
    # and leaves what the run itself draws and uses as it was
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_seed_and_recipe_have_folders_of_their_own(tmp_path: Path) -> None:
    reports: list[tuple[str, int, int]] = []
    one = tiny_folder(tmp_path, 0, lambda *report: reports.append(report), SHORT)
    assert reports == [
        ("pre-training tiny on multiplication", 0, 4),
        ("pre-training tiny on multiplication", 4, 4),
    ]
    other = tiny_folder(tmp_path, 1, silent, SHORT)
    longer = tiny_folder(tmp_path, 0, silent, Recipe(steps=5, batch_size=4))
    assert len({one, other, longer}) == 3
    assert len({Source(folder).weights_sha256() for folder in (one, other, longer)}) == 3
    assert Recipe().name not in {SHORT.name, longer.name}


def test_pre_training_lowers_the_loss(barely_trained: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(barely_trained)
    ids = torch.tensor([tokenizer.encode("48271*6=1*6+0=6,7*6+0=42,2*6+4=16,8*6+1=49")])
    losses = []
    for folder in (barely_trained, tiny_folder(tmp_path, 0, silent, Recipe(40, 8))):
        model = AutoModelForCausalLM.from_pretrained(folder)
        with torch.no_grad():
            losses.append(model(input_ids=ids, labels=ids).loss.item())
    assert losses[1] < losses[0] - 0.5


def test_the_tokenizer_reads_and_writes_every_character() -> None:
    tokenizer = tiny_tokenizer()
    text = "48271*6=1*6+0=6,7*6+0=42, >289626"
    assert len(tokenizer) == 18
    assert len(tokenizer.encode(text)) == len(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode([*tokenizer.encode("6"), 1], skip_special_tokens=True) == "6"


def test_the_saved_tokenizer_is_the_same(barely_trained: Path) -> None:
    saved, made = AutoTokenizer.from_pretrained(barely_trained), tiny_tokenizer()
    assert saved.get_vocab() == made.get_vocab()
    assert (saved.pad_token, saved.eos_token) == (made.pad_token, made.eos_token)
    assert saved.decode(saved.encode("1 + 2 , 3>4")) == "1 + 2 , 3>4"


def test_only_clean_files_are_in_the_folder(barely_trained: Path) -> None:
    assert {path.suffix for path in barely_trained.iterdir()} <= {".json", ".safetensors"}
    weights = load_file(barely_trained / "model.safetensors")
    assert (
        sum(tensor.numel() for tensor in weights.values()) == 428_928
    )  # 0.43M, the output head tied to the embedding


def test_the_run_reports_progress_while_it_is_built(environment: Environment) -> None:
    folder = environment.cache / "models" / f"{Recipe().name}-seed7"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tiny_folder(environment.cache, 7, silent, SHORT))  # as if built before
    reports: list[str] = []
    policy = load_policy(
        ModelConfig(init_seed=7),
        torch.device("cpu"),
        environment,
        lambda message, step, total: reports.append(message),
    )
    assert reports == ["loading tiny"]
    assert policy.stop_token_ids == [1]
    assert policy.provenance["name"] == "tiny"
