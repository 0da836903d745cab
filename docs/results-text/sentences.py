"""Tables of the sentence polarity data (Pang and Lee 2005): `rt_polarity.tsv` of all sentences as they stand, `rt_test.tsv` of 4 000 and `rt_pool.tsv` of the
others, in an order that is a function of the sentences: python3 sentences.py FOLDER_OF_RT_POLARITY"""

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
mixed = sorted(rows, key=lambda row: hashlib.md5("".join(row).encode()).hexdigest())
for name, part in (("rt_polarity.tsv", rows), ("rt_test.tsv", mixed[:4000]), ("rt_pool.tsv", mixed[4000:])):
    pathlib.Path(name).write_text("".join(f"{text}\t{label}\n" for text, label in part), encoding="utf-8")
