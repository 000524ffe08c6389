"""The code and commands in a model card."""

import shlex
from typing import Literal

_TRANSFORMERS = """\
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "."  # where this file lies
model = AutoModelForCausalLM.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
```

With vLLM: `vllm serve FOLDER`."""

_PEFT = """\
```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "."  # where this file lies
base = AutoModelForCausalLM.from_pretrained({base!r})
model = PeftModel.from_pretrained(base, folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
```"""

_LOCAL = """

`{base}` is a name of the installation that trained it: put the folder of the base model there. Exporting
the merged model needs none."""


def use(what: Literal["merged", "adapter"], base: str, *, local: bool) -> str:
    """How the files are loaded."""
    if what == "merged":
        return _TRANSFORMERS
    return _PEFT.format(base=base) + (_LOCAL.format(base=base) if local else "")


def reproduce(name: str) -> str:
    """How the run is launched again from the export's `ahora.json`."""
    quoted = shlex.quote(f"{name} again"[:200])
    return f"""\
The same training, with the command line, or through REST:

```bash
ahora launch ahora.json --name {quoted} --wait

jq '{{config: .config}}' ahora.json | curl -X POST "$AHORA_URL/api/v1/runs" \\
  -H "Authorization: Bearer $AHORA_TOKEN" -H "Content-Type: application/json" --data @-
```

On a CPU the same package versions, machine type and number of threads (below) give the same weights; on a
GPU results vary a little from run to run."""
