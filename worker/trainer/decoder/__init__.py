"""An own forward pass for Llama-like models: prompts shared, nothing padded, adapters cheap."""

from worker.trainer.decoder.decoder import Decoder
from worker.trainer.decoder.layout import Layout, lay_out
from worker.trainer.decoder.projection import UnsupportedError
from worker.trainer.decoder.state import DecodingState

__all__ = ["Decoder", "DecodingState", "Layout", "UnsupportedError", "lay_out"]
