"""Starts the service, asks for its health and a greeting, stops it. Exit code 0: healthy."""

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

service = subprocess.Popen(
    [sys.executable, str(Path(__file__).with_name("service.py"))], stdout=subprocess.PIPE, text=True
)
try:
    assert service.stdout is not None
    base = service.stdout.readline().split()[-1]
    for path in ("/healthz", "/greeting"):
        try:
            with urllib.request.urlopen(base + path, timeout=5) as answer:
                print(f"GET {path}: {answer.status} {answer.read().decode()}")
        except urllib.error.HTTPError as error:
            sys.exit(f"GET {path}: {error.code} {error.read().decode()}")
    print("healthy")
finally:
    service.terminate()
    service.wait()
