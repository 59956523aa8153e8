"""Prompts as DuckDB, fastparquet and polars write them (prompts-*.parquet), and their texts as pyarrow reads them (prompts.json).

    python Tests/DatasetsTests/Fixtures/tables/make_prompts.py

Made with pyarrow 26.0.1, duckdb 2.0.1, fastparquet 2026.9.0 and polars 2.1.0.
"""
import json
import os

import duckdb
import fastparquet
import polars
import pyarrow as pa
import pyarrow.parquet as pq

os.chdir(os.path.dirname(os.path.abspath(__file__)))
texts = ["two dogs on a beach", "A RED cup,  on the moon!", "", "café & thé à 3 €", "żółw 🚀", "a \"note\", with marks"] + [f"a lighthouse of {k} windows" for k in range(31)]
# Pick-a-Pic: a row a pair, a caption in many rows: each is one place in a dictionary.
pairs = pa.table({
    "caption": [texts[(k * k + k // 3) % len(texts)] for k in range(300)], "label_0": [k % 3 / 2 for k in range(300)],
    "has_label": [k % 5 > 0 for k in range(300)], "jpg_0": [bytes([k % 256] * 3) for k in range(300)],
})
connection = duckdb.connect()
connection.execute("SET threads = 1")
connection.register("pairs", pairs)
for version, codec in [("v1", "snappy"), ("v2", "zstd")]:
    connection.execute(f"COPY (SELECT * FROM pairs) TO 'prompts-duckdb-{version}.parquet' (FORMAT parquet, CODEC {codec}, PARQUET_VERSION {version})")
# PartiPrompts: a row a prompt, and its category.
parti = pa.table({"Prompt": texts, "Category": [["Animals", "Abstract"][k % 2] for k in range(len(texts))], "Note": [None] * len(texts)})
frame = parti.select(["Prompt", "Category"]).to_pandas()
frame["Category"] = frame["Category"].astype("category")
fastparquet.write("prompts-fastparquet.parquet", frame, compression="GZIP")
polars.from_arrow(parti).write_parquet("prompts-polars.parquet")
expected = {}
for name in sorted(os.listdir(".")):
    if name.startswith("prompts-"):
        back = pq.read_table(name)
        column = "caption" if "caption" in back.column_names else "Prompt"
        rows = back[column].to_pylist()
        kinds = back["Category"].cast(pa.string()).to_pylist() if "Category" in back.column_names else []
        expected[name] = {"rows": len(rows), "texts": list(dict.fromkeys(rows)), "styles": list(dict.fromkeys(kinds))}
with open("prompts.json", "w") as file:
    json.dump(expected, file, ensure_ascii=False, indent=1)
