"""What all tests share."""

import os

from hypothesis import settings

# the same examples each time, so that a change alone decides; HYPOTHESIS_PROFILE=explore draws new ones
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
