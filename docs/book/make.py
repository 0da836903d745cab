#!/usr/bin/env python3
"""Run the commands of the book's pages and write what they print, and draw, into the pages.

    python3 docs/book/make.py [--jobs N] [--scratch DIR] [PAGE ...]

A page is docs/book/src/PAGE.md. Its ```sh blocks are run one after the other in a scratch folder, with the page's files beside them and the
`dropnet` on PATH; what a block prints becomes the ```text block behind it, and pictures that the page shows are copied back. Numbers of the
prose that no block of the page prints are named at the end.
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent / "src"
BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```\n(?P<said>\n```text\n.*?```\n)?", re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)\)")
PICTURES = (".svg", ".png")
DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+")


def linked(text):
    """The files beside a page that its links name, other pages left out."""
    targets = (match["target"] for match in LINK.finditer(text))
    return sorted({t for t in targets if "/" not in t and not t.endswith(".md")})


def run(commands, scratch, jobs):
    if jobs:
        commands = commands.replace("dropnet experiment ", f"dropnet experiment --jobs {jobs} ")
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(["sh", "-e", "-c", commands], cwd=scratch, env=env, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{commands}\nexit {done.returncode}\n{done.stderr}")
    return "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())


@contextlib.contextmanager
def folder(kept):
    """A folder that is new: the one named, which stays, or one that goes."""
    if kept is None:
        with tempfile.TemporaryDirectory() as scratch:
            yield scratch
    else:
        kept.mkdir(parents=True)
        yield kept


def unprinted(text):
    """Decimal numbers of a page's prose that stand in no block of it."""
    blocks = "".join(re.findall(r"```.*?```", text, re.DOTALL))
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.DOTALL)
    return sorted({number for number in DECIMAL.findall(prose) if number not in blocks})


def make(page, jobs, kept):
    path = SOURCE / f"{page}.md"
    text = path.read_text()
    with folder(kept and kept / page) as scratch:
        files = linked(text)
        for name in files:
            if not name.endswith(PICTURES):
                shutil.copy(SOURCE / name, scratch)

        def said(match):
            out = run(match["commands"], scratch, jobs)
            block = f"\n```text\n{out}```\n" if out else ""
            return f"```sh\n{match['commands']}```\n{block}"

        text = BLOCK.sub(said, text)
        for name in files:
            if name.endswith(PICTURES):
                shutil.copy(pathlib.Path(scratch) / name, SOURCE)
    path.write_text(text)
    for number in unprinted(text):
        print(f"{page}: {number} stands in the prose and in no block")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, help="trials of an experiment at once")
    parser.add_argument("--scratch", type=pathlib.Path, help="run in a folder PAGE of this one, and leave it there")
    parser.add_argument("page", nargs="*", help="the name of a page without .md; all of them unless given")
    args = parser.parse_args()
    for page in args.page or sorted(p.stem for p in SOURCE.glob("*.md") if p.stem not in ("SUMMARY", "introduction")):
        make(page, args.jobs, args.scratch)


if __name__ == "__main__":
    main()
