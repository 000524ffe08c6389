"""Rows become prompts."""

import pytest
from transformers import PreTrainedTokenizerFast

from ahora.config import PromptConfig
from worker.trainer.data.problem import Row, problem_id
from worker.trainer.data.prompts import Renderer
from worker.trainer.errors import RunError

ROW = Row("1+1", "2")


def prompt(config: PromptConfig, tokenizer: PreTrainedTokenizerFast, row: Row = ROW) -> str:
    (problem,), _ = Renderer(config, tokenizer).problems([row])
    assert tokenizer.decode(problem.prompt_ids) == problem.prompt
    return problem.prompt


def test_the_template_alone(plain: PreTrainedTokenizerFast) -> None:
    config = PromptConfig(prompt_template="Say {{it}}: {question}=")
    assert prompt(config, plain) == "Say {it}: 1+1="


def test_braces_in_a_question_are_text(plain: PreTrainedTokenizerFast) -> None:
    assert prompt(PromptConfig(), plain, Row("{question} {0}", "")) == "{question} {0}"


def test_the_chat_template_where_there_is_one(chat: PreTrainedTokenizerFast) -> None:
    assert prompt(PromptConfig(), chat) == "[user]1+1\n[assistant]"
    config = PromptConfig(system_prompt="Be brief.", prompt_template="{question}?")
    assert prompt(config, chat) == "[system]Be brief.\n[user]1+1?\n[assistant]"
    assert prompt(PromptConfig(chat_template="always"), chat) == "[user]1+1\n[assistant]"
    assert prompt(PromptConfig(chat_template="never"), chat) == "1+1"


def test_a_system_prompt_without_a_chat_template_is_noted(plain: PreTrainedTokenizerFast) -> None:
    renderer = Renderer(PromptConfig(system_prompt="Be brief."), plain)
    assert renderer.notes() == [
        "data.prompt.system_prompt is not used: no chat template is applied"
    ]
    assert Renderer(PromptConfig(), plain).notes() == []


def test_a_chat_template_that_is_demanded_but_missing(plain: PreTrainedTokenizerFast) -> None:
    with pytest.raises(RunError, match=r"data\.prompt\.chat_template is 'always', but") as caught:
        Renderer(PromptConfig(chat_template="always"), plain)
    assert caught.value.error_type == "config_invalid"


def test_a_chat_template_that_refuses_the_prompt(chat: PreTrainedTokenizerFast) -> None:
    chat.chat_template = "{{ raise_exception('system role not supported') }}"
    with pytest.raises(RunError, match=r"system role not supported.*remove data\.prompt\.system"):
        Renderer(PromptConfig(system_prompt="x"), chat).problems([ROW])


def test_prompts_that_are_too_long_are_left_out_and_never_cut(
    plain: PreTrainedTokenizerFast,
) -> None:
    rows = [Row("1" * length, "1") for length in (3, 4, 5, 6)]
    problems, too_long = Renderer(PromptConfig(max_prompt_length=4), plain).problems(rows)
    assert [len(problem.prompt_ids) for problem in problems] == [3, 4]
    assert too_long == 2


def test_special_tokens_are_added_only_without_a_chat_template(
    plain: PreTrainedTokenizerFast,
) -> None:
    calls = []

    class Watched:
        chat_template = None

        def __call__(self, prompts: list[str], add_special_tokens: bool) -> object:
            calls.append(add_special_tokens)
            return plain(prompts)

        def apply_chat_template(self, *_: object, **__: object) -> str:
            return "1+1"

    watched = Watched()
    Renderer(PromptConfig(), watched).problems([ROW])  # type: ignore[arg-type]
    watched.chat_template = "x"  # type: ignore[assignment]
    Renderer(PromptConfig(), watched).problems([ROW])  # type: ignore[arg-type]
    assert calls == [True, False]


def test_the_id_of_a_problem_is_its_questions_alone(
    plain: PreTrainedTokenizerFast, chat: PreTrainedTokenizerFast
) -> None:
    ids = {
        Renderer(config, tokenizer).problems([Row("1+1", answer)])[0][0].id
        for config, tokenizer, answer in (
            (PromptConfig(), plain, "2"),
            (PromptConfig(prompt_template="{question}!"), chat, "3"),
        )
    }
    assert ids == {problem_id("1+1")}
    assert problem_id("1+1") != problem_id("1+2")
