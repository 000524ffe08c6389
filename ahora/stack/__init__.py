"""A whole stack on one machine: embedded Redis, the API with the dashboard, and a worker.

`control` is what the command line calls. It starts the launcher (`python -m ahora.stack`) as a process of its
own, which starts, watches and stops the three others.
"""
