"""Runs the Python blocks of a page, one after the other, in one namespace: `python run_blocks.py PAGE`.

Prints a JSON list of what each block printed. Functions named test_… are called, as pytest would.
"""

import contextlib
import inspect
import io
import json
import sys
import tempfile
import types
from pathlib import Path

from tests.docs.pages import blocks


def main(page: Path) -> None:
    module = types.ModuleType("page")
    sys.modules["page"] = module
    printed = []
    for block in blocks(page):
        if block.language != "python" or block.remark == "not run":
            continue
        before = set(vars(module))
        with contextlib.redirect_stdout(io.StringIO()) as output:
            code = compile("\n" * (block.line - 1) + block.code, str(page), "exec")
            exec(code, vars(module))
            for name in [name for name in vars(module) if name.startswith("test_") and name not in before]:
                function = vars(module)[name]
                with tempfile.TemporaryDirectory() as directory:
                    wanted = inspect.signature(function).parameters
                    function(**{each: Path(directory) for each in wanted if each == "tmp_path"})
        printed.append(output.getvalue())
    print(json.dumps(printed))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
