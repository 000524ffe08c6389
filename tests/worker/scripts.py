"""What scripted trainers do."""

PREAMBLE = """
import os, signal, subprocess, sys, time
from pathlib import Path
run_json, out = Path(sys.argv[1]), Path(sys.argv[2])
events = (out / "events.jsonl").open("a", buffering=1)
here = Path(__file__).parent

def metrics(step, value=0.5):
    events.write('{"type":"metrics","step":%d,"elapsed":1.0,"tokens":9,"values":{"reward":%r}}\\n'
                 % (step, value))

def status(status, reason=""):
    events.write('{"type":"status","status":"%s","reason":"%s"}\\n' % (status, reason))

def note(name, text):
    partial = here / (name + ".part")
    partial.write_text(str(text))
    partial.rename(here / name)

def wait_for(name):
    while not (here / name).exists():
        time.sleep(0.01)

def stop_on_term(handler):
    signal.signal(signal.SIGTERM, lambda *_: handler())
"""
"""Stands before every script: how it reports and how it talks to its test."""

STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal, time\\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\ntime.sleep(600)"])
daemon = subprocess.Popen([sys.executable, "-c", "import os, time\\n"
    "if os.fork(): os._exit(0)\\nos.setsid()\\n"
    f"open({str(here / 'daemon')!r} + '.part', 'w').write(str(os.getpid()))\\n"
    f"os.rename({str(here / 'daemon')!r} + '.part', {str(here / 'daemon')!r})\\ntime.sleep(600)"])
daemon.wait()
wait_for("daemon")
status("running")
note("pids", f"{os.getpid()} {child.pid}")
time.sleep(600)
"""
"""Ignores SIGTERM, and has a child that does too and a daemon in a session of its own."""
