"""The configuration's schema, presets and validation."""
