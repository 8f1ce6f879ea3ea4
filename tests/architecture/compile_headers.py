#!/usr/bin/env python3
"""Compiles each public header by itself, two times in one unit, so that it includes what it uses and guards itself.

compile_headers.py COMPILER INCLUDE_FOLDER
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys


def compile_alone(compiler, folder, header):
    unit = f'#include "{header}"\n#include "{header}"\n'
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror=return-type", f"-I{folder}", "-x", "c++", "-"]
    result = subprocess.run(command, input=unit, text=True, capture_output=True)
    return f"{header} does not compile alone:\n{result.stderr}" if result.returncode else None


def main():
    compiler, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    headers = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.hpp"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [f for f in pool.map(lambda h: compile_alone(compiler, folder, h), headers) if f]
    print("\n".join(failures) if failures else f"{len(headers)} headers compile alone")
    return 1 if failures or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
