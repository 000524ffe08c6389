"""Several seeds in a few characters: `0,1,2`, `0-4`, or a mix."""

from collections.abc import Iterator

LARGEST = 2**31 - 1


def parse_seeds(text: str, most: int) -> list[int]:
    """The seeds in the order written.

    Raises:
        ValueError: says what is wrong with `text`, such as more than `most` seeds or one given twice.
    """
    seeds: list[int] = []
    for first, last in _ranges(text):
        if len(seeds) + last - first >= most:
            raise ValueError(f"give at most {most} seeds, one run is launched for each")
        if last > LARGEST:
            raise ValueError(f"seeds go up to {LARGEST}")
        seeds += range(first, last + 1)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError("give each seed once")
    return seeds


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError("write numbers like 0,1,2 or 0-4")
        yield int(first), int(last or first)
