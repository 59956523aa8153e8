"""What `datasets` leaves of rows of scored.parquet: saved/, by save_to_disk in two shards; ties.parquet, two rows without a winner.

    python Tests/DatasetsTests/Fixtures/tables/make_saved.py

Made with datasets 5.2.0 and pyarrow 26.0.1.
"""
import os
import shutil

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

os.chdir(os.path.dirname(os.path.abspath(__file__)))
table = pq.read_table("scored.parquet")
shutil.rmtree("saved", ignore_errors=True)
rows = datasets.Dataset(table.slice(0, 10))
datasets.DatasetDict({"train": rows}).save_to_disk("saved", num_shards={"train": 2})

ties = table.slice(0, 2)
for name in ("label_0", "label_1"):
    place = ties.schema.get_field_index(name)
    ties = ties.set_column(place, ties.schema.field(place), pa.array([0.5, 0.5]))
pq.write_table(ties, "ties.parquet")
