"""JSONL files and GSM8K: what is read, how it is split, and what a bad file is told."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from ahora.config import Gsm8kData, JsonlData, PromptConfig
from ahora.jsonl import MAX_LINE_BYTES
from worker.trainer.data import load_data
from worker.trainer.data.gsm8k import final_answer, gsm8k_rows
from worker.trainer.data.jsonl import file_sha256, jsonl_files, jsonl_rows
from worker.trainer.environment import Environment
from worker.trainer.errors import RunError

Write = Callable[..., Path]


@pytest.fixture
def write(environment: Environment) -> Write:
    """Write objects, or lines as they are, into a file of the data root."""

    def _write(name: str, *lines: object) -> Path:
        assert environment.data_root is not None
        path = environment.data_root / name
        path.parent.mkdir(exist_ok=True, parents=True)
        data = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        path.write_bytes(b"\n".join(data) + b"\n")
        return path

    return _write


def sums(count: int, start: int = 0) -> list[dict[str, object]]:
    return [{"prompt": f"{n}+1", "answer": n + 1} for n in range(start, start + count)]


def test_columns_numbers_and_blank_lines(environment: Environment, write: Write) -> None:
    write("a.jsonl", {"q": "1+1", "a": 2}, b"", {"q": "1.5+1", "a": 2.5, "more": []}, b"  ")
    config = JsonlData(path="a.jsonl", eval_path="a.jsonl", prompt_column="q", answer_column="a")
    train, held_out = jsonl_rows(config, environment)
    assert [(row.question, row.answer) for row in train] == [("1+1", "2"), ("1.5+1", "2.5")]
    assert held_out == train


def test_the_split_holds_equal_questions_together_and_ignores_the_order(
    environment: Environment, write: Write
) -> None:
    lines = sums(50) + sums(50)
    write("a.jsonl", *lines)
    write("b.jsonl", *reversed(lines))
    train, held_out = jsonl_rows(JsonlData(path="a.jsonl", held_out_fraction=0.2), environment)
    assert (len(train), len(held_out)) == (80, 20)
    assert not {row.question for row in train} & {row.question for row in held_out}
    turned = jsonl_rows(JsonlData(path="b.jsonl", held_out_fraction=0.2), environment)
    assert held_out == turned[1]
    other = jsonl_rows(JsonlData(path="a.jsonl", held_out_fraction=0.2, data_seed=1), environment)
    assert other[1] != held_out


def test_held_out_problems_of_a_file_that_training_knows_are_noted(
    environment: Environment, write: Write, plain: PreTrainedTokenizerFast
) -> None:
    write("train.jsonl", *sums(10))
    write("eval.jsonl", *sums(10, start=7))
    config = JsonlData(path="train.jsonl", eval_path="eval.jsonl")
    problems = load_data(config, plain, environment, eval_limit=4)
    assert problems.notes == ["3 held-out problems also occur in training"]
    assert [problem.answer for problem in problems.held_out] == ["8", "9", "10", "11"]
    assert problems.provenance["train_size"] == 10
    assert problems.provenance["eval_size"] == 4


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{'prompt': 1}", r"a\.jsonl line 2 is not JSON in UTF-8 .*write one object a line"),
        (b'{"prompt": "\xff"}', r"a\.jsonl line 2 is not JSON in UTF-8"),
        (b"[" * 100_000, r"a\.jsonl line 2 is not JSON in UTF-8"),
        (b'["1+1", 2]', r"a\.jsonl line 2 is a list, not an object in braces"),
        (b'{"prompt": "1+1"}', r"a\.jsonl line 2 has no key 'answer', only 'prompt': correct"),
        (b'{"prompt": "1+1", "answer": null}', r"line 2 has null under 'answer'; it must be"),
        (
            b'{"prompt": "1+1", "answer": true}',
            r"line 2 has true or false under 'answer'; it must be",
        ),
        (b'{"prompt": ["1+1"], "answer": 2}', r"line 2 has a list under 'prompt'; it must be"),
        (
            b'{"prompt": "\\ud800", "answer": 2}',
            r"line 2 has half of a surrogate pair \('\\ud800'\)",
        ),
        (b'{"prompt": "' + b"1" * MAX_LINE_BYTES + b'"}', r"line 2 is longer than 1,000,000"),
    ],
)
def test_a_bad_line_is_named_by_its_number(
    environment: Environment, write: Write, line: bytes, reason: str
) -> None:
    write("a.jsonl", sums(1)[0], line)
    with pytest.raises(RunError, match=reason) as caught:
        jsonl_rows(JsonlData(path="a.jsonl"), environment)
    assert caught.value.error_type == "data_invalid"
    assert caught.value.reason.startswith("data.path: a.jsonl line 2")


def test_files_that_are_missing_or_too_small(environment: Environment, write: Write) -> None:
    with pytest.raises(RunError, match=r"data\.path names 'no\.jsonl', but there is no") as caught:
        jsonl_rows(JsonlData(path="no.jsonl"), environment)
    assert caught.value.error_type == "dataset_not_found"
    write("one.jsonl", *sums(1), *sums(1))
    with pytest.raises(RunError, match="has 1 distinct question"):
        jsonl_rows(JsonlData(path="one.jsonl"), environment)
    with pytest.raises(RunError, match=r"data\.eval_path names 'no\.jsonl'"):
        jsonl_rows(JsonlData(path="one.jsonl", eval_path="no.jsonl"), environment)


def test_paths_stay_inside_the_data_root(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_text('{"prompt": "a", "answer": "b"}\n')
    assert environment.data_root is not None
    (environment.data_root / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    with pytest.raises(
        RunError, match=r"data\.path 'link\.jsonl' leaves AHORA_DATA_ROOT"
    ) as caught:
        jsonl_rows(JsonlData(path="link.jsonl"), environment)
    assert caught.value.error_type == "path_not_allowed"
    for path in ("../secret.jsonl", str(tmp_path / "secret.jsonl"), "a/../../secret.jsonl"):
        with pytest.raises(RunError, match="leaves AHORA_DATA_ROOT"):
            jsonl_rows(JsonlData.model_construct(path=path), environment)
    with pytest.raises(RunError, match="this worker has no AHORA_DATA_ROOT: set it"):
        jsonl_rows(JsonlData(path="a.jsonl"), Environment(cache=tmp_path))


def test_prompts_that_are_all_too_long(
    environment: Environment, write: Write, plain: PreTrainedTokenizerFast
) -> None:
    write("a.jsonl", *sums(20))
    config = JsonlData(path="a.jsonl", held_out_fraction=0.5)
    config.prompt = PromptConfig(max_prompt_length=3)
    problems = load_data(config, plain, environment, 8)
    assert all(len(problem.prompt_ids) == 3 for problem in problems.held_out)
    assert any("training problems left out: prompt longer than" in n for n in problems.notes)
    config.prompt = PromptConfig(max_prompt_length=2)
    with pytest.raises(RunError, match="no training problem remains; all 10 have") as caught:
        load_data(config, plain, environment, 8)
    assert caught.value.error_type == "no_data"
    write("empty.jsonl", b"")
    config = JsonlData(path="a.jsonl", eval_path="empty.jsonl")
    with pytest.raises(RunError, match="no held-out problem remains; the data has none"):
        load_data(config, plain, environment, 8)


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        ("5 + 5 = <<5+5=10>>10\n#### 10", "10"),
        ("#### 1,234,567", "1234567"),
        ("#### -3", "-3"),
        ("#### 1\n#### 2 ", "2"),
    ],
)
def test_the_final_answer_of_gsm8k(solution: str, answer: str) -> None:
    assert final_answer(solution, "here") == answer


def test_gsm8k_from_a_folder(environment: Environment, write: Write) -> None:
    write("g/train.jsonl", {"question": "a?", "answer": "x #### 1"})
    write("g/test.jsonl", {"question": "b?", "answer": "#### 2"})
    train, held_out = gsm8k_rows(Gsm8kData(path="g"), environment)
    assert [*train, *held_out] == [("a?", "1", None), ("b?", "2", None)]


def test_gsm8k_that_is_not_what_it_should_be(environment: Environment, write: Write) -> None:
    with pytest.raises(RunError, match=r"data\.path names 'g', but the worker's data root has no"):
        gsm8k_rows(Gsm8kData(path="g"), environment)
    write("g/train.jsonl", {"question": "a?", "answer": "1"})
    with pytest.raises(RunError, match=r"train\.jsonl line 1: 'answer' has no final answer"):
        gsm8k_rows(Gsm8kData(path="g"), environment)
    write("g/train.jsonl", {"question": "a?", "solution": "1"})
    with pytest.raises(RunError, match=r"line 1 needs the texts 'question' and 'answer'"):
        gsm8k_rows(Gsm8kData(path="g"), environment)
    write("g/train.jsonl", {"question": "a?", "answer": "#### 1"})
    with pytest.raises(RunError, match=r"data\.path names 'test\.jsonl', but there is no such"):
        gsm8k_rows(Gsm8kData(path="g"), environment)


def test_gsm8k_without_a_hub_says_what_to_do(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from ahora.config import Gsm8kData\n"
        "from worker.trainer.data.gsm8k import gsm8k_rows\n"
        "from worker.trainer.environment import Environment\n"
        "gsm8k_rows(Gsm8kData(), Environment(cache=Path('.')))\n"
    )
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False
    )
    assert "RunError: GSM8K is not on this machine and the Hugging Face hub" in result.stderr
    assert "put train.jsonl and test.jsonl in a folder under AHORA_DATA_ROOT" in result.stderr


def test_the_real_gsm8k() -> None:
    folder = os.environ.get("AHORA_TEST_GSM8K")
    if not folder:
        pytest.skip("AHORA_TEST_GSM8K does not name the folder with train.jsonl and test.jsonl")
    root = Path(folder).resolve()
    environment = Environment(cache=root, data_root=root.parent)
    train, held_out = gsm8k_rows(Gsm8kData(path=root.name), environment)
    assert (len(train), len(held_out)) == (7473, 1319)
    assert not {row.question for row in train} & {row.question for row in held_out}
    assert held_out[0].question.startswith("Janet\u2019s ducks lay 16 eggs per day.")
    assert held_out[0].answer == "18"
    assert all(row.answer.lstrip("-").replace(".", "", 1).isdigit() for row in train + held_out)


def test_an_uploaded_dataset_is_found_by_its_hash_and_checked(
    environment: Environment, tmp_path: Path
) -> None:
    content = b"".join(
        json.dumps({"prompt": f"{n}+1", "answer": n}).encode() + b"\n" for n in range(9)
    )
    sha256 = hashlib.sha256(content).hexdigest()
    config = JsonlData(dataset=sha256)
    with pytest.raises(RunError, match=r"data\.dataset names the uploaded dataset") as caught:
        jsonl_rows(config, environment)
    assert caught.value.error_type == "dataset_not_found"
    folder = tmp_path / "datasets"
    folder.mkdir()
    (folder / f"{sha256}.jsonl").write_bytes(content)
    fetched = replace(environment, datasets=folder)
    train, held_out = jsonl_rows(config, fetched)
    assert len(train) + len(held_out) == 9
    [file, none] = jsonl_files(config, fetched)
    assert none is None
    assert file is not None
    assert file_sha256(file.path) == sha256
    (folder / f"{sha256}.jsonl").write_bytes(content[:-20])
    with pytest.raises(RunError, match="its hash differs"):
        jsonl_rows(config, fetched)
