"""Tokenizers small enough to make on the spot."""

import string
from pathlib import Path

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from worker.trainer.environment import Environment

CHAT_TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}]{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)


def _tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {token: n for n, token in enumerate(["<pad>", "<eos>", *string.printable])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>")


@pytest.fixture
def plain() -> PreTrainedTokenizerFast:
    """One token a printable character, no chat template."""
    return _tokenizer()


@pytest.fixture
def chat() -> PreTrainedTokenizerFast:
    """The same with a chat template."""
    tokenizer = _tokenizer()
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A worker with a data root."""
    root = tmp_path / "data"
    root.mkdir()
    return Environment(cache=tmp_path / "cache", data_root=root)
