"""Two tables of the sentence polarity data (Pang and Lee 2005), `rt_test.tsv` of 4 000 sentences and `rt_pool.tsv` of the others, in an order that is a
function of the sentences: python3 sentences.py FOLDER_OF_RT_POLARITY"""

import hashlib
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
rows = []
for ending, label in (("pos", "up"), ("neg", "down")):
    for line in (folder / f"rt-polarity.{ending}").read_text(encoding="utf-8").split("\n"):
        text = line.strip().replace("\t", " ")
        if text:
            rows.append((text, label))
rows.sort(key=lambda row: hashlib.md5("".join(row).encode()).hexdigest())
for name, part in (("rt_test.tsv", rows[:4000]), ("rt_pool.tsv", rows[4000:])):
    pathlib.Path(name).write_text("".join(f"{text}\t{label}\n" for text, label in part), encoding="utf-8")
