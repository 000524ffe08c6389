"""The reward both sides give: some number of the text, or 0 where a group is to have no signal."""

import zlib


def reward(completion: str, answer: str) -> float:
    return zlib.crc32(completion.encode()) % 1000 / 1000 if answer == "signal" else 0.0
