"""``greedy.py vllm|transformers FOLDER``: prints the ids of a greedy completion, as JSON.

Knows nothing of this project: it is what a user of an exported model would write.
"""

import json
import os
import sys

PROMPT = "Calculate: 3 + 4"
LENGTH = 16


def with_vllm(folder: str) -> list[int]:
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    from vllm import LLM, SamplingParams

    llm = LLM(folder, enforce_eager=True, max_model_len=64, kv_cache_memory_bytes=2**27)
    parameters = SamplingParams(temperature=0.0, max_tokens=LENGTH, ignore_eos=True)
    return list(llm.generate(PROMPT, parameters, use_tqdm=False)[0].outputs[0].token_ids)


def with_transformers(folder: str) -> list[int]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    inputs = tokenizer(PROMPT, return_tensors="pt")
    output = model.generate(**inputs, do_sample=False, min_new_tokens=LENGTH, max_new_tokens=LENGTH)
    return list(output[0, inputs["input_ids"].shape[1] :].tolist())


if __name__ == "__main__":
    chosen = with_vllm if sys.argv[1] == "vllm" else with_transformers
    sys.stdout.write(json.dumps(chosen(sys.argv[2])) + "\n")
