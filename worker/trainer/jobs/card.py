"""The model card of an export: what the model is, how well it does, and how to make it again.

Front matter as the Hugging Face hub reads it (https://huggingface.co/docs/hub/model-cards).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ahora.facts import RunFacts
from worker.trainer.jobs import usage

_ALGORITHMS = {"grpo": "GRPO", "ah_grpo": "AH-GRPO", "sa_ah_grpo": "SA-AH-GRPO"}
_HUB_NAMES = {"smollm2-135m": "HuggingFaceTB/SmolLM2-135M-Instruct"}
_BASE_NOTES = {"smollm2-135m": " (its weights unpacked from a 4-bit GGUF file)"}
_METHOD = "arXiv 2606.05434"


@dataclass(frozen=True)
class Card:
    """What the card is written from."""

    about: Mapping[str, Any]
    """`ahora.json` of the export."""
    what: Literal["merged", "adapter"]
    dtype: str
    parameters: int
    facts: RunFacts | None

    @property
    def config(self) -> Mapping[str, Any]:
        """The run's configuration."""
        found: Mapping[str, Any] = self.about["config"]
        return found

    @property
    def license(self) -> str | None:
        """Licence of the base model, where it says one."""
        found: str | None = self.about["model"].get("license")
        return found

    @property
    def base(self) -> str:
        """The base model's name on the hub, or the name it has here."""
        name: str = self.config["model"]["model_name_or_path"]
        return _HUB_NAMES.get(name, name)

    @property
    def name(self) -> str:
        """The run's name, on one line."""
        name = self.facts.run_name if self.facts else f"Run {self.about['run_id']}"
        return " ".join(name.split())


def model_card(card: Card) -> str:
    """The text of README.md."""
    parts = [
        _front_matter(card),
        f"# {_escaped(card.name)}, step {card.about['step']}",
        _summary(card),
        "## Results",
        _results(card),
        *_curve(card.facts),
        "## How to use it",
        usage.use(
            card.what, card.base, local=card.base.startswith("local:") or card.base == "tiny"
        ),
        "## Training",
        _training(card),
        "## Data",
        _data(card),
        "## How to make it again",
        usage.reproduce(card.name),
        "## Provenance",
        _provenance(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(card: Card) -> str:
    fields: dict[str, Any] = {
        "library_name": "peft" if card.what == "adapter" else "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["ahora", card.config["algorithm"]["name"].replace("_", "-"), "grpo"],
    }
    if "/" in card.base and not card.base.startswith("local:"):
        fields["base_model"] = card.base
    if card.license:
        fields["license"] = card.license
    if card.config["data"]["kind"] == "gsm8k":
        fields["datasets"] = ["openai/gsm8k"]
    lines = [f"{name}: {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _summary(card: Card) -> str:
    algorithm = card.config["algorithm"]
    name = _ALGORITHMS[algorithm["name"]]
    alpha = f" with alpha {algorithm['alpha']:g}" if "alpha" in algorithm else ""
    model = card.config["model"]["model_name_or_path"]
    lora = card.config["model"]["use_peft"]
    how = "LoRA adapters" if lora else "full fine-tuning"
    form = {
        "merged": "whole model, LoRA merged into its base" if lora else "whole model",
        "adapter": "LoRA adapter alone; it needs its base model",
    }[card.what]
    licence = card.license or "unknown to this export: look at the base model's page"
    return (
        f"`{model}` trained with {name}{alpha} ({_METHOD}) by {how} on the data set "
        f"`{card.config['data']['kind']}`, using Ahora.\n\n"
        f"- Form: {form}; {card.parameters:,} parameters in {card.dtype}\n"
        f"- Base model: {card.base}{_BASE_NOTES.get(model, '')}\n"
        f"- Licence of the base model: {licence}"
    )


def _results(card: Card) -> str:
    facts, problems = card.facts, card.config["evaluation"]["num_examples"]
    rows: list[tuple[str, str]] = []
    here = card.about["metrics"]
    if facts is not None:
        rows.append(("before training (zero-shot)", _number(facts.baseline_pass_at_1)))
    rows.append((f"this checkpoint, step {card.about['step']}", _number(here.get("eval/pass@1"))))
    if facts is not None:
        peak = f", step {facts.peak_step}" if facts.peak_step is not None else ""
        rows.append((f"best of the run{peak}", _number(facts.peak_pass_at_1)))
        rows.append((f"newest of the run (of {facts.steps} steps)", _number(facts.final_pass_at_1)))
    table = _table(("greedy Pass@1", "share solved"), rows)
    others = {name: value for name, value in here.items() if name != "eval/pass@1"}
    more = (
        "\n\n" + _table(("this checkpoint", "value"), [(k, _number(v)) for k, v in others.items()])
        if others
        else ""
    )
    return f"On at most {problems} held-out problems that were never trained on:\n\n{table}{more}"


def _curve(facts: RunFacts | None) -> list[str]:
    if facts is None or not facts.curve:
        return []
    rows = [(str(p.step), _number(p.reward), _number(p.pass_at_1)) for p in facts.curve]
    return ["### Training curve", _table(("step", "mean reward", "greedy Pass@1"), rows)]


def _training(card: Card) -> str:
    config = card.config
    wanted = {
        "algorithm": config["algorithm"],
        "rollout": config["rollout"],
        "optimizer": config["optimizer"],
        "rewards": {"functions": config["rewards"]["functions"]},
    }
    rows = [("max_steps", str(config["max_steps"])), ("seed", str(config["seed"]))]
    for section, fields in wanted.items():
        rows += [(f"{section}.{name}", json.dumps(value)) for name, value in fields.items()]
    return _table(("field", "value"), rows) + "\n\nThe whole configuration is in `ahora.json`."


def _data(card: Card) -> str:
    provenance = card.facts.provenance if card.facts else {}
    data = provenance.get("data") or {}
    rows = [
        (name, json.dumps(value)) for name, value in card.config["data"].items() if name != "prompt"
    ]
    rows += [(name, str(value)) for name, value in data.items() if name != "kind"]
    template = json.dumps(card.config["data"]["prompt"], ensure_ascii=False)
    rows.append(("prompt", template))
    prompts = [str(each) for each in provenance.get("prompts") or []][:1]
    shown = "".join(f"\n\nA prompt as the model read it:\n\n{_fenced(text)}" for text in prompts)
    return _table(("field", "value"), rows) + shown


def _provenance(card: Card) -> str:
    # the host's name is left out: cards are published
    provenance = card.facts.provenance if card.facts else {}
    names = (
        "ahora_version",
        "git_commit",
        "python",
        "dtype",
        "device",
        "device_name",
        "num_threads",
    )
    rows = [("run", str(card.about["run_id"]))]
    if card.facts is not None:
        rows.append(("checkpoint", card.facts.checkpoint_id))
    rows += [(name, str(provenance[name])) for name in names if provenance.get(name) is not None]
    base = card.about["model"]
    rows += [
        (f"base model's {name}", str(base[name]))
        for name in ("name", "revision", "weights_sha256")
        if base.get(name) is not None
    ]
    rows += [(name, str(version)) for name, version in (provenance.get("packages") or {}).items()]
    return _table(("what", "value"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines)


def _escaped(text: str) -> str:
    """`text` inside a line of Markdown: no line break, no new cell, no tag."""
    line = " ".join(text.split())
    return line.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else "not measured"
