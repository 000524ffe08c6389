"""Rows become prompts: template, chat template, tokens, and the limit on their number."""

from collections.abc import Sequence

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from ahora.config import PromptConfig
from worker.trainer.data.problem import Problem, Row, problem_id
from worker.trainer.errors import RunError


class Renderer:
    """Makes problems of rows as `config` says.

    Raises RunError `config_invalid` when the tokenizer has no chat template but one is demanded, or
    when its template refuses the messages.
    """

    def __init__(self, config: PromptConfig, tokenizer: PreTrainedTokenizerBase) -> None:
        self._config = config
        self._tokenizer = tokenizer
        has_template = tokenizer.chat_template is not None
        if config.chat_template == "always" and not has_template:
            raise RunError(
                "config_invalid",
                "data.prompt.chat_template is 'always', but this model's tokenizer has no chat "
                "template: set it to 'auto' or 'never', or choose an instruction-tuned model",
            )
        self.uses_chat = has_template and config.chat_template != "never"

    def notes(self) -> list[str]:
        """What a person might not expect of the prompts."""
        if self._config.system_prompt and not self.uses_chat:
            return ["data.prompt.system_prompt is not used: no chat template is applied"]
        return []

    def problems(self, rows: Sequence[Row]) -> tuple[list[Problem], int]:
        """The problems of all rows that are short enough, and how many were too long."""
        if not rows:
            return [], 0
        prompts = [self._text(row.question) for row in rows]
        # a chat template writes its own special tokens
        encoded = self._tokenizer(prompts, add_special_tokens=not self.uses_chat)["input_ids"]
        problems = [
            Problem(
                id=problem_id(row.question),
                question=row.question,
                answer=row.answer,
                prompt=prompt,
                prompt_ids=tuple(ids),
                task_entry=row.task_entry,
            )
            for row, prompt, ids in zip(rows, prompts, encoded, strict=True)
            if len(ids) <= self._config.max_prompt_length
        ]
        return problems, len(rows) - len(problems)

    def _text(self, question: str) -> str:
        text = self._config.prompt_template.format(question=question)
        if not self.uses_chat:
            return text
        messages = [{"role": "user", "content": text}]
        if self._config.system_prompt:
            messages.insert(0, {"role": "system", "content": self._config.system_prompt})
        try:
            rendered = self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        except TemplateError as error:
            raise RunError(
                "config_invalid",
                f"the model's chat template refuses the prompt ({error}): remove "
                "data.prompt.system_prompt, or set data.prompt.chat_template to 'never'",
            ) from error
        return str(rendered)
