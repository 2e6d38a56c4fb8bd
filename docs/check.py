#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
"""Looks whether the documents speak of what there is. Prints TAP.

Links lead somewhere. Functions, constants, options, make targets and files that a page names exist.
The header's numbers stand in docs/device.md. (Errnos: see tests/checks/errnos.py.)
"""

import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
PAGES = [TOP / 'README.md', TOP / 'NEWS.md', TOP / 'LICENSES/README.md',
         *sorted((TOP / 'docs').glob('*.md'))]
SOURCES = ['include', 'kmod', 'userspace', 'limpet', 'tests', 'tools', 'Makefile', 'Kbuild']
SYSTEM = {'open', 'read', 'write', 'readv', 'writev', 'poll', 'select', 'ioctl', 'close', 'fork',
          'dup', 'fcntl', 'main'}
OPTIONS_OF_OTHERS = {'--reload', '--system', '--list_content', '--run_test'}
MISSING = '{} names {}, which does not exist'


def text_of_sources():
    files = [TOP / name for name in SOURCES]
    files += [path for top in files if top.is_dir() for path in top.rglob('*')]
    files = [path for path in files if path.is_file() and path.suffix not in ('.pyc', '.md')]
    return '\n'.join(path.read_text(errors='replace') for path in files)


def anchors(page):
    heads = re.findall(r'^#+ (.*)$', page.read_text(), re.M)
    return {re.sub(r'[^\w\- ]', '', head.lower()).replace(' ', '-') for head in heads}


def bad_links(page, text):
    for link in re.findall(r'\]\(([^)]+)\)', text):
        if link.startswith('http'):
            continue
        file, _, anchor = link.partition('#')
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield f'{page.name} links to {link}, which does not exist'


def bad_names(page, text, sources):
    for code in set(re.findall(r'`([^`\n]+)`', text)):
        for function in re.findall(r'\b[a-z_0-9:]+(?=\(\))', code):
            name = function.split('::')[-1]
            if name not in SYSTEM and not re.search(rf'\b{name}\b\s*\(', sources):
                yield MISSING.format(page.name, code)
        for constant in re.findall(r'\b(?:AUTOBUS|AB)_[A-Z_0-9]+\b', code):
            if constant not in sources:
                yield MISSING.format(page.name, constant)
        path = code.split()[0]
        if re.match(r'(kmod|userspace|limpet|tests|tools|docs|include)/[\w./-]+$', path) and \
                'NOUN' not in path and 'NAME' not in path and not (TOP / path).exists():
            yield MISSING.format(page.name, path)


def bad_commands(page, text, sources, targets):
    for target in set(re.findall(r'(?:^    |`)make ([a-z][a-z-]*)', text, re.M)):
        if target not in targets:
            yield MISSING.format(page.name, f'make {target}')
    for option in set(re.findall(r'(?<![\w-])--[a-z][a-z_-]+', text)) - OPTIONS_OF_OTHERS:
        if not re.search(rf'["\'. ]{option[2:]}\b', sources) and option not in sources:
            yield MISSING.format(page.name, option)


def make_targets():
    makefiles = [TOP / 'Makefile', *TOP.glob('*/build.mk'), *TOP.glob('*/*/build.mk')]
    phony = re.findall(r'^\.PHONY:(.*)$', '\n'.join(f.read_text() for f in makefiles), re.M)
    return set(' '.join(phony).split())


def numbers_of_header():
    """The ioctls' names and numbers, and the offsets of a record, as the compiler has them."""
    header = (TOP / 'include/uapi/linux/autobus.h').read_text()
    ioctls = re.findall(r'#define (AUTOBUS_IOC_\w+)\t_IOWR', header)
    fields = {'size', 'serial', 'from', 'in_reply_to', 'timeout', 'cookie', 'code', 'lost',
              'name_size', 'data_size', 'origin.bus', 'to.bus', 'to.endpoint', 'sender.tgid',
              'sender.gid', 'claimed.uid'}
    lines = [f'printf("{name} 0x%lx\\n", (unsigned long){name});' for name in ioctls]
    lines += [f'printf("{name} %zu\\n", offsetof(struct autobus_record, {name}));'
              for name in sorted(fields)]
    program = ('#include <stdio.h>\n#include <stddef.h>\n#include <linux/autobus.h>\n'
               f'int main(void) {{ {" ".join(lines)} return 0; }}')
    work = TOP / 'build' / 'docs'
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run(['cc', f'-I{TOP}/include/uapi', '-x', 'c', '-', '-o', work / 'numbers'],
                   input=program, text=True, check=True)
    return subprocess.run([work / 'numbers'], capture_output=True, text=True).stdout.splitlines()


def bad_numbers():
    page = (TOP / 'docs/device.md').read_text()
    for line in numbers_of_header():
        name, number = line.split()
        row = (rf'^\| `{name}` \| {number} \|' if number.startswith('0x')
               else rf'^\| {number} \| \d+ \| `{name}` \|')
        if not re.search(row, page, re.M):
            yield f'device.md lacks {name} with {number}'


def bad_manuals():
    """The long options of the programs, as their sources have them."""
    for page, source in (('autobusctl.1', 'userspace/autobusctl/options.cpp'),
                         ('limpet.8', 'limpet/options.cpp')):
        text = (TOP / 'docs/man' / page).read_text()
        options = re.findall(r'\{"([a-z-]+)", (?:no|required)_argument', (TOP / source).read_text())
        told = set(re.findall(r'Fl -([a-z][a-z-]+)', text))
        for option in sorted(set(options) - told):
            yield f'{page} lacks --{option}'
        for option in sorted(told - set(options) - {'exec'}):
            yield f'{page} has --{option}, which does not exist'


def tell(what, faults):
    faults = list(faults)
    print(f"{'not ok' if faults else 'ok'} - docs: {what}")
    for fault in faults:
        print(f'#   {fault}')
    return not faults


def main():
    sources = text_of_sources()
    targets = make_targets()
    texts = [(page, page.read_text()) for page in PAGES]
    good = [
        tell('links lead somewhere', (f for p, t in texts for f in bad_links(p, t))),
        tell('what is named exists', (f for p, t in texts for f in bad_names(p, t, sources))),
        tell('commands and options exist',
             (f for p, t in texts for f in bad_commands(p, t, sources, targets))),
        tell("the man pages have the programs' options", bad_manuals()),
        tell('the numbers are those of the header', bad_numbers()),
    ]
    return 0 if all(good) else 1


sys.exit(main())
