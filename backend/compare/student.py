"""The 97.5 % quantile of Student's t, for 95 % intervals of few values."""

from backend.compare.seeds import STUDENT_975

_Z = 1.959963984540054
"""97.5 % quantile of the normal distribution."""


def student_975(freedom: float) -> float:
    """97.5 % quantile of t with `freedom` degrees of freedom, 1 or more.

    Broken degrees, which Welch's approximation gives, are rounded down, which widens the interval. From
    9 on it is Fisher's expansion around the normal quantile (Abramowitz and Stegun 26.7.5), exact to
    2e-5.
    """
    n = max(1, int(freedom))
    if n <= len(STUDENT_975):
        return STUDENT_975[n - 1]
    z = _Z
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )
