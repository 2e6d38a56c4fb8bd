#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""No function is longer than 100 lines, no file longer than 700. Prints TAP.

With --sizes prints the longest instead, and the lines of each part."""

import ast
import collections
import re
import sys

from tap import TOP, report, sources, summary

FUNCTION_MOST = 100
FILE_MOST = 700

# A line that begins a function's body or ends with it: in this project a function's name stands at
# the beginning of a line, or indented within a class or namespace, with its brace at the end of
# that line or alone on the next one.
KEYWORDS = r"(if|for|while|switch|do|else|return|catch|namespace|struct|class|enum|union|extern)\b"


def without_literals(text):
    """The text with comments and literals blanked, line by line as it was."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                         r"'(?:\\.|[^'\\\n])+'", re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def c_functions(text):
    """(name, first line, lines) of each function: a brace block after a parameter list."""
    text = without_literals(text)
    stack = []
    for match in re.finditer(r"[{}]", text):
        if match[0] == "{":
            head = re.split(r"[;{}]|\n\s*\n", text[:match.start()])[-1].strip()
            head = re.sub(r"^(public|private|protected):", "", head).strip()
            name = re.match(r"(?:template\s*<[^>]*>\s*)?[^=]*?([\w:~]+|operator\S+)\s*\(", head)
            inner = any(frame for frame in stack)
            is_function = (name is not None and not inner and
                           not re.match(KEYWORDS, head) and
                           re.search(r"\)\s*(const|noexcept|override|final|->[^{]*|"
                                     r":[^:].*|\s)*$", head, re.S))
            stack.append((name[1], match.start(), len(head)) if is_function else None)
        elif stack:
            frame = stack.pop()
            if frame:
                first = text.count("\n", 0, frame[1])
                yield frame[0], first + 1, text.count("\n", 0, match.start()) - first + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def measure():
    lines, functions = {}, []
    for path in sources("*.c", "*.h", "*.cpp", "*.hpp", "*.py", "*.sh"):
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(TOP))
        lines[name] = text.count("\n")
        if path.suffix == ".py":
            found = python_functions(text)
        elif path.suffix == ".sh":
            found = ()
        else:
            found = c_functions(text)
        functions += [(n, f"{name}:{line}: {function}") for function, line, n in found]
    return lines, functions


def main():
    lines, functions = measure()
    if sys.argv[1:] == ["--sizes"]:
        parts = collections.Counter()
        for name, n in lines.items():
            words = name.split("/")
            parts["/".join(words[:2]) if len(words) > 2 else words[0]] += n
        for part, n in sorted(parts.items()):
            print(f"{n:6} {part}")
        for n, name in sorted(functions, reverse=True)[:5]:
            print(f"{n:6} {name}")
        for name, n in sorted(lines.items(), key=lambda item: -item[1])[:5]:
            print(f"{n:6} {name}")
        return 0
    long_functions = [f"{name}: {n} lines" for n, name in sorted(functions, reverse=True)
                      if n > FUNCTION_MOST]
    long_files = [f"{name}: {n} lines" for name, n in lines.items() if n > FILE_MOST]
    report(f"lengths: no function is longer than {FUNCTION_MOST} lines",
           not long_functions and len(functions) > 500,
           long_functions or [f"only {len(functions)} functions were found"])
    report(f"lengths: no file is longer than {FILE_MOST} lines", not long_files, long_files)
    return summary()


sys.exit(main())
