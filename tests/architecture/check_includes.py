#!/usr/bin/env python3
"""Fails on an include or a name that breaks the module order of modules.txt.

check_includes.py [--root TREE]      checks src/ and include/ of a tree, by default of the one it stands in
check_includes.py --self-test        checks that it notices what it is there for, on bad trees of its own
"""
import argparse
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
CODE_ONLY = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.DOTALL)

FORBIDDEN_STANDARD = {
    "chrono", "ctime", "time.h", "thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "barrier",
    "latch", "stop_token", "random", "fstream", "iostream", "filesystem",
}
FORBIDDEN_NAMES = re.compile(
    r"\bgetenv\b|\bsecure_getenv\b|\bgettimeofday\b|\bclock_gettime\b|\bsteady_clock\b|\bsystem_clock\b|\bthis_thread\b"
    r"|\bstd::(?:thread|jthread|mutex|random_device|mt19937|time|rand|srand)\b|(?<![\w.>:])s?rand\s*\(|\bpthread_\w+"
    r"|(?<!\w)::(?:socket|send|sendto|recv|recvfrom|bind|open|read|write|poll)\s*\(")
SYSTEM_FOLDERS = ("sys/", "netinet/", "arpa/", "net/", "linux/")
SYSTEM_HEADERS = {"unistd.h", "fcntl.h", "poll.h", "pthread.h", "signal.h", "netdb.h", "ifaddrs.h", "sched.h", "dlfcn.h"}


class Rules:
    def __init__(self, text):
        self.level, self.third_party, self.siblings = {}, {}, {}
        self.sans_io, self.exceptions, self.generated = set(), set(), set()
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            kind, rest = words[0], words[1:]
            if kind == "module":
                self.level[rest[1]] = int(rest[0])
                self.third_party[rest[1]] = tuple(rest[2:])
            elif kind == "siblings":
                self.siblings[rest[0]] = set(rest[1:])
            elif kind == "sans_io":
                self.sans_io.update(rest)
            elif kind == "except":
                self.exceptions.add((rest[0], rest[1]))
            elif kind == "generated":
                self.generated.update(rest)
            else:
                raise SystemExit(f"modules.txt:{number}: unknown word {kind}")


def is_system(header):
    return header.startswith(SYSTEM_FOLDERS) or header in SYSTEM_HEADERS


def is_standard(header):
    return "/" not in header and "." not in header or re.fullmatch(r"(assert|errno|inttypes|limits|math|std\w+|string|time)\.h", header)


class Checker:
    def __init__(self, root, rules):
        self.root, self.rules, self.problems = root, rules, []

    def check_tree(self):
        files = 0
        for top, offset in (("include/tutti", 2), ("src", 1)):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix not in (".hpp", ".cpp", ".h", ".cc"):
                    continue
                self.check_file(path.relative_to(self.root), offset)
                files += 1
        return files

    def check_file(self, file, offset):
        parts = file.parts[offset:]
        self.file, self.module, self.area = file, parts[0], parts[1] if len(parts) > 2 else None
        text = (self.root / file).read_text()
        if self.module not in self.rules.level:
            return self.complain(text, 0, f"{self.module} is no module of modules.txt")
        for match in INCLUDE.finditer(text):
            bracket, header = match.groups()
            problem = self.own_include(header) if bracket == '"' else self.foreign_include(header)
            if problem:
                self.complain(text, match.start(), problem)
        if self.module in self.rules.sans_io:
            code = CODE_ONLY.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
            for match in FORBIDDEN_NAMES.finditer(code):
                self.complain(text, match.start(), f"{match.group().strip()} in {self.module}, which does no I/O: take it as a parameter")

    def complain(self, text, offset, problem):
        self.problems.append(f"{self.file}:{text.count(chr(10), 0, offset) + 1}: {problem}")

    def own_include(self, header):
        if header in self.rules.generated:
            return None
        public = header.startswith("tutti/")
        parts = header.split("/")[1 if public else 0:]
        target, area = parts[0], parts[1] if len(parts) > 2 else None
        if target not in self.rules.level:
            return f'"{header}" names no module: "tutti/MODULE/..." or "MODULE/..."'
        if not (self.root / ("include" if public else "src") / header).is_file():
            return f'"{header}" is not there'
        if target == self.module:
            siblings = self.rules.siblings.get(target, set())
            if area != self.area and {area, self.area} <= siblings:
                return f"{target}/{self.area} includes its sibling {target}/{area}"
            if not public and self.file.parts[0] == "include":
                return f'a public header includes the private "{header}"'
            return None
        if self.rules.level[target] >= self.rules.level[self.module]:
            return f'{self.module} includes "{header}" of {target}, which is not below it'
        return None if public else f'"{header}" is private to {target}'

    def foreign_include(self, header):
        if (str(self.file), header) in self.rules.exceptions:
            return None
        sans_io = self.module in self.rules.sans_io
        if is_system(header):
            return f"<{header}> in {self.module}, which does no I/O" if sans_io else None
        if is_standard(header):
            return f"<{header}> in {self.module}, which does no I/O" if sans_io and header in FORBIDDEN_STANDARD else None
        if header.startswith(self.rules.third_party[self.module]):
            return None
        return f"<{header}> is not for {self.module}: modules.txt says who may include it"


def problems_of(root, rules):
    checker = Checker(root, rules)
    if checker.check_tree() == 0:
        checker.problems.append(f"{root}: no source files found")
    return checker.problems


# A file, one line of it, and a word of the complaint; no word: the line is allowed.
SELF_TEST = [
    ("src/wire/a.cpp", '#include "tutti/peer/x.hpp"', "not below"),
    ("include/tutti/base/b.hpp", '#  include "tutti/wire/x.hpp"', "not below"),
    ("src/peer/a.cpp", '#include "tutti/media/x.hpp"', "not below"),
    ("src/media/a.cpp", '#include "tutti/peer/x.hpp"', "not below"),
    ("src/proto/ice/a.cpp", '#include "tutti/proto/dtls/x.hpp"', "sibling"),
    ("include/tutti/proto/cc/b.hpp", '#include "tutti/proto/ice/x.hpp"', "sibling"),
    ("src/room/a.cpp", '#include "peer/private.hpp"', "private"),
    ("include/tutti/peer/b.hpp", '#include "peer/private.hpp"', "private"),
    ("src/room/a.cpp", '#include "tutti/peer/missing.hpp"', "not there"),
    ("src/room/a.cpp", '#include "x.hpp"', "names no module"),
    ("src/wire/a.cpp", "#include <openssl/evp.h>", "not for wire"),
    ("src/base/a.cpp", "#include <openssl/ssl.h>", "not for base"),
    ("src/room/a.cpp", "#include <boost/asio.hpp>", "not for room"),
    ("src/api/a.cpp", "#include <yaml-cpp/yaml.h>", "not for api"),
    ("src/peer/a.cpp", "#include <chrono>", "no I/O"),
    ("src/routing/a.cpp", "#include <mutex>", "no I/O"),
    ("src/base/a.cpp", "#include <arpa/inet.h>", "no I/O"),
    ("src/wire/a.cpp", "#include <sys/socket.h>", "no I/O"),
    ("src/proto/ice/a.cpp", 'auto v = std::getenv("X");', "getenv"),
    ("src/room/a.cpp", "int v = rand();", "rand"),
    ("src/room/a.cpp", "std::mt19937 engine;", "mt19937"),
    ("src/nowhere/a.cpp", "int v;", "no module"),
    ("src/base/endpoint.cpp", "#include <arpa/inet.h>", None),
    ("src/proto/ice/a.cpp", '#include "tutti/wire/x.hpp"', None),
    ("src/peer/a.cpp", '#include "peer/private.hpp"', None),
    ("src/peer/a.cpp", '#include "tutti/proto/ice/x.hpp"', None),
    ("src/io/a.cpp", "#include <sys/socket.h>", None),
    ("src/io/a.cpp", "#include <boost/asio/io_context.hpp>", None),
    ("src/app/a.cpp", '#include "tutti_build_info.hpp"', None),
    ("src/room/a.cpp", '// getenv and "rand()" in a comment', None),
    ("src/room/a.cpp", "operand(); random.below(3); strand (1); const char* t = \"std::mutex\";", None),
]


def self_test(rules):
    failures = []
    for file, line, expected in SELF_TEST:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("include/tutti/wire/x.hpp", "include/tutti/peer/x.hpp", "include/tutti/media/x.hpp", "src/peer/private.hpp",
                         "include/tutti/proto/ice/x.hpp", "include/tutti/proto/dtls/x.hpp", file):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("#pragma once\n")
            (root / file).write_text(f"\n{line}\n")
            found = problems_of(root, rules)
        if expected is None and found:
            failures.append(f"{file}: {line}: complained without reason: {found}")
        if expected is not None and not (len(found) == 1 and found[0].startswith(f"{file}:") and expected in found[0]):
            failures.append(f"{file}: {line}: expected one complaint with '{expected}', got {found}")
    with tempfile.TemporaryDirectory() as folder:
        if not problems_of(pathlib.Path(folder), rules):
            failures.append("an empty tree passes")
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=HERE.parent.parent)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    rules = Rules((HERE / "modules.txt").read_text())
    problems = self_test(rules) if options.self_test else problems_of(options.root, rules)
    print("\n".join(problems) if problems else "good")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
