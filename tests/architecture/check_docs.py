#!/usr/bin/env python3
"""Fails when a document names, in backticks, a `Name::member` that the sources do not have, or a file that is not there.

check_docs.py [--self-test]

The last part of a name must stand in the body or a definition of the part before it: `Worker::post` in class Worker, `peer::negotiate` in
namespace tutti::peer. Of more parts (`io::Worker::post`) every neighbouring pair must hold."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = re.compile(r"`((?:[A-Za-z_]\w*::)+~?[A-Za-z_]\w*)(?:\([^`]*\))?`")
FILE = re.compile(r"(?<![\w./-])((?:src|include|tests|docs|bench|config|deploy|web|cmake)/[\w./-]*\w/?)(?![\w*])")
CODE = re.compile(r"//[^\n]*")
TYPE = r"(?:class|struct|enum class|union)\s+(?:\w+::)*%s\b[^;{()]*\{"


def body_at(text, brace):
    depth = 0
    for i in range(brace, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[brace:i]
    return text[brace:]


class Sources:
    def __init__(self, texts):
        self.texts = [CODE.sub("", t) for t in texts]
        self.known = {}

    def holds(self, scope, name):
        key = (scope, name)
        if key not in self.known:
            self.known[key] = self.is_member(scope, name) or self.is_in_namespace(scope, name)
        return self.known[key]

    def is_member(self, scope, name):
        word = re.compile(r"\b%s\b" % re.escape(name))
        defined = re.compile(r"\b%s::%s\b" % (re.escape(scope), re.escape(name)))
        for text in self.texts:
            # As `Impl::` of a nested class, and as a definition out of line.
            if defined.search(text) and re.search(TYPE % re.escape(scope), "\n".join(self.texts)):
                return True
            if any(word.search(body_at(text, m.end() - 1)) for m in re.finditer(TYPE % re.escape(scope), text)):
                return True
        return False

    def is_in_namespace(self, scope, name):
        declared = re.compile(r"(?:\b(?:class|struct|enum class|using|namespace)\s+%s\b)|(?:\b%s\s*\()" % (re.escape(name), re.escape(name)))
        namespace = re.compile(r"\bnamespace\s+(?:\w+::)*%s\b" % re.escape(scope))
        if scope == "base":
            namespace = re.compile(r"\bnamespace tutti \{")
        return any(namespace.search(t) and declared.search(t) for t in self.texts)


def check(text, sources, exists):
    wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        for name in NAME.findall(line):
            parts = [p for p in name.split("::") if p not in ("tutti", "std")]
            for scope, member in zip(parts, parts[1:]):
                if not sources.holds(scope, member):
                    wrong.append(f"{number}: `{name}`: there is no {member} in {scope}")
        for path in FILE.findall(line):
            if not exists(path):
                wrong.append(f"{number}: {path} is not there")
    return wrong


def self_test():
    sources = Sources(["namespace tutti::io {\nclass Worker { void post(int a); }; }", "void io::Worker::late() {}",
                       "namespace tutti::peer { int negotiate(int); struct Peer { struct Impl; };  struct Peer::Impl { void run(); }; }"])
    good = "`io::Worker::post`, `Worker::post(1)`, `peer::negotiate`, `Peer::Impl::run` in src/a.cpp, `Worker`"
    assert check(good, sources, lambda p: p == "src/a.cpp") == [], check(good, sources, lambda p: True)
    for bad in ("`Worker::send`", "`io::Socket::post`", "`peer::answer`", "see src/b.cpp"):
        assert check(bad, sources, lambda p: False), bad


def main():
    if "--self-test" in sys.argv:
        return self_test()
    files = [p for folder in ("include", "src") for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".hpp", ".cpp")]
    sources = Sources([p.read_text() for p in files])
    documents = [ROOT / "README.md", ROOT / "docs/architecture.md", ROOT / "docs/sizing.md", *sorted((ROOT / "src").rglob("README.md"))]
    failed = False
    for document in documents:
        for problem in check(document.read_text(), sources, lambda path: (ROOT / path).exists()):
            print(f"{document.relative_to(ROOT)}:{problem}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
