"""Writes the tables of this folder and what pyarrow reads back from them (expected.json).

    python Tests/TablesTests/Fixtures/make_fixtures.py

Made with pyarrow 26.0.1, duckdb 2.0.1, fastparquet 2026.9.0 and polars 2.1.0. Values stand in expected.json as expected_values.py says; a file of the same values as another one has
its name.
"""
import datetime
import decimal
import json
import os
import random

import duckdb
import fastparquet
import pandas
import polars
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq

from expected_values import plain, whole

os.chdir(os.path.dirname(os.path.abspath(__file__)))
draw = random.Random(20)
ROWS = 41
expected = {}


def words(count):
    stems = ["", "a", "photograph of two dogs", "żółw", "日本", "photograph of", "x" * 70]
    return [stems[draw.randrange(len(stems))] + str(draw.randrange(30)) for _ in range(count)]


def with_nulls(values):
    return [None if i % 3 == 1 else v for i, v in enumerate(values)]


def keep(name, table):
    found = {
        "rows": table.num_rows,
        "values": {n: [plain(v) for v in whole(table[n])] for n in table.column_names},
    }
    # Files of the same values name the first one.
    expected[name] = next((other for other, known in expected.items() if known == found), found)


def write(name, table, **options):
    pq.write_table(table, name, **options)
    keep(name, pq.read_table(name))


TYPES = {
    "bool": (pa.bool_(), lambda: draw.random() < 0.6),
    "int32": (pa.int32(), lambda: draw.choice([0, -1, 2**31 - 1, -(2**31), draw.randrange(-1000, 1000)])),
    "int64": (pa.int64(), lambda: draw.choice([0, -1, 2**63 - 1, -(2**63), draw.randrange(-1000, 1000)])),
    "uint32": (pa.uint32(), lambda: draw.choice([0, 2**32 - 1, draw.randrange(1000)])),
    "uint64": (pa.uint64(), lambda: draw.choice([0, 2**63 - 1, draw.randrange(1000)])),
    "float": (pa.float32(), lambda: draw.choice([0.0, -1.5, 3.25e30, draw.randrange(100) / 8])),
    "double": (pa.float64(), lambda: draw.choice([0.0, -1.5, 1e300, draw.random()])),
    "string": (pa.string(), lambda: words(1)[0]),
    "binary": (pa.binary(), lambda: draw.randbytes(draw.randrange(9))),
    "fixed": (pa.binary(5), lambda: bytes([1, 2, draw.randrange(3)]) + draw.randbytes(2)),
}
ENCODINGS = {
    "bool": ["PLAIN", "RLE"],
    "int32": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "int64": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "uint32": ["PLAIN"],
    "uint64": ["PLAIN"],
    "float": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "double": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "string": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    "binary": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    "fixed": ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
}


def combinations():
    """Every codec with every encoding of every type, with nulls and without, in both versions of data pages."""
    values = {kind: [make() for _ in range(ROWS)] for kind, (_, make) in TYPES.items()}
    for codec in ["NONE", "SNAPPY", "GZIP", "ZSTD", "LZ4"]:
        arrays, encodings, dictionaries = {}, {}, []
        for kind, (arrow, _) in TYPES.items():
            for encoding in ENCODINGS[kind] + ([] if kind == "bool" else ["DICTIONARY"]):
                name = f"{kind}_{encoding.lower()}"
                full = len(arrays) % 2 == 0
                arrays[name] = pa.array(values[kind] if full else with_nulls(values[kind]), arrow)
                if encoding == "DICTIONARY":
                    dictionaries.append(name)
                else:
                    encodings[name] = encoding
        for version in ["1.0", "2.0"]:
            write(
                f"{codec.lower()}-{version[0]}.parquet", pa.table(arrays), compression=codec,
                column_encoding=encodings, use_dictionary=dictionaries or False, data_page_version=version,
                row_group_size=29, write_statistics=False, store_schema=False)


def nested():
    def maybe(make, missing=0.2):
        return None if draw.random() < missing else make()

    def some(make, most=4):
        return [maybe(make) for _ in range(draw.randrange(most))]

    number = lambda: draw.randrange(100)
    word = lambda: words(1)[0]
    point = pa.struct([("a", pa.int32()), ("b", pa.string())])
    columns = {
        "numbers": (pa.list_(pa.int64()), lambda: maybe(lambda: some(number))),
        "long": (pa.list_(pa.float64()), lambda: [float(i) for i in range(draw.randrange(40))]),
        "words": (pa.large_list(pa.string()), lambda: maybe(lambda: some(word))),
        "point": (point, lambda: maybe(lambda: {"a": maybe(number), "b": maybe(word)})),
        "points": (pa.list_(point), lambda: maybe(lambda: some(lambda: {"a": maybe(number), "b": maybe(word)}))),
        "deep": (pa.list_(pa.list_(pa.int32())), lambda: maybe(lambda: some(lambda: some(number)))),
        "holder": (
            pa.struct([("list", pa.list_(pa.int32())), ("inner", pa.struct([("x", pa.bool_())]))]),
            lambda: maybe(lambda: {"list": maybe(lambda: some(number)), "inner": maybe(lambda: {"x": True})}),
        ),
        "map": (pa.map_(pa.string(), pa.int32()), lambda: maybe(lambda: [(word(), number()) for _ in range(number() % 3)])),
        "pair": (pa.list_(pa.float32(), 2), lambda: [0.5, float(number())]),
        "flags": (pa.list_(pa.bool_()), lambda: some(lambda: True)),
        "blobs": (pa.list_(pa.binary()), lambda: some(lambda: draw.randbytes(number() % 7))),
    }
    table = pa.table({n: pa.array([make() for _ in range(60)], t) for n, (t, make) in columns.items()})
    for version in ["1.0", "2.0"]:
        # Many small pages, so that rows begin in all of them.
        write(
            f"nested-{version[0]}.parquet", table, row_group_size=23, data_page_size=1, write_batch_size=3,
            data_page_version=version, write_statistics=False)
    return table


def others():
    count = 120
    table = pa.table({
        "word": [f"word {draw.randrange(10**9)}" for _ in range(count)],
        "few": [draw.choice(["a", "b", None]) for _ in range(count)],
        "number": pa.array(with_nulls(list(range(count))), pa.int16()),
    })
    # The dictionary of "word" overflows; the values behind are plain.
    write(
        "overflow.parquet", table, dictionary_pagesize_limit=200, data_page_size=300, write_batch_size=16,
        row_group_size=100)
    write(
        "checked.parquet", table, write_page_checksum=True, data_page_size=300, write_batch_size=16,
        row_group_size=70, write_page_index=True)
    write(
        "checked-2.parquet", table, write_page_checksum=True, data_page_size=300, write_batch_size=16,
        compression="ZSTD", data_page_version="2.0")
    write("no-rows.parquet", table.slice(0, 0))
    with pq.ParquetWriter("empty-groups.parquet", table.schema) as writer:
        writer.write_table(table.slice(0, 0))
        writer.write_table(table.slice(0, 5))
        writer.write_table(table.slice(0, 0))
        writer.write_table(table.slice(5, 2))
        writer.write_table(table.slice(0, 0))
    keep("empty-groups.parquet", pq.read_table("empty-groups.parquet"))
    day = datetime.date(2025, 3, 1)
    moment = datetime.datetime(2025, 3, 1, 12, 30, 1, 123456)
    times = pa.table({
        "s": pa.array([moment, None], pa.timestamp("s")),
        "ms": pa.array([moment, None], pa.timestamp("ms")),
        "us": pa.array([moment, None], pa.timestamp("us", "UTC")),
        "ns": pa.array([moment, datetime.datetime(1960, 1, 2)], pa.timestamp("ns")),
        "date": pa.array([day, None], pa.date32()),
        "time32": pa.array([datetime.time(1, 2, 3), None], pa.time32("ms")),
        "time64": pa.array([datetime.time(1, 2, 3, 4), None], pa.time64("us")),
        "nothing": pa.nulls(2),
        "half": pa.array([1.5, None], pa.float16()),
        "int8": pa.array([-1, None], pa.int8()),
        "uint8": pa.array([255, None], pa.uint8()),
        "large": pa.array([b"abc", None], pa.large_binary()),
        "large_text": pa.array(["ä", None], pa.large_string()),
        "category": pa.array(["x", "y"]).dictionary_encode(),
    })
    write("times.parquet", times)
    pq.write_table(times.select(["ns"]), "int96.parquet", use_deprecated_int96_timestamps=True)
    keep("int96.parquet", pq.read_table("int96.parquet"))
    pq.write_table(pa.table({"a": [1, 2]}), "brotli.parquet", compression="BROTLI")
    pq.write_table(pa.table({"a": [decimal.Decimal("1.5")], "b": [1]}), "decimal.parquet")
    os.makedirs("shards/data", exist_ok=True)
    for number in range(3):
        write(f"shards/data/train-0000{number}-of-00003-0a1b.parquet", table.slice(number * 40, 40))
    write("shards/data/test-00000-of-00001.parquet", table.slice(0, 3))


def streams(table):
    word = pa.array(["a", None, "c", "a"]).dictionary_encode()
    arrow = {
        "word": pa.array(["żółw", None, "", "x" * 9]),
        "large": pa.array(["żółw", None, "", "x" * 9], pa.large_string()),
        "bytes": pa.array([b"\x00\x01", b"", None, b"abc"]),
        "large_bytes": pa.array([b"\x00\x01", b"", None, b"abc"], pa.large_binary()),
        "fixed": pa.array([b"abc", None, b"def", b"ghi"], pa.binary(3)),
        "flag": pa.array([True, None, False, True]),
        "half": pa.array([1.5, None, -2.0, 0.25], pa.float16()),
        "float": pa.array([1.5, None, -2.0, 0.25], pa.float32()),
        "double": pa.array([1.5, None, -2.0, 1e300]),
        "moment": pa.array([1, None, -3, 4], pa.timestamp("us")),
        "day": pa.array([1, None, -3, 4], pa.int32()).cast(pa.date32()),
        "nothing": pa.nulls(4),
        "category": word,
        "list": pa.array([[1, None], None, [], [3]], pa.list_(pa.int64())),
        "points": pa.array([[{"a": 1}], None, [], [None, {"a": None}]], pa.list_(pa.struct([("a", pa.int8())]))),
        "fixed_list": pa.array([[1, 2], None, [3, None], [5, 6]], pa.list_(pa.int16(), 2)),
        "image": pa.array(
            [{"bytes": b"a", "path": None}, None, {"bytes": None, "path": "p"}, {"bytes": b"", "path": ""}],
            pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "map": pa.array([[("k", 1)], None, [], [("l", None)]], pa.map_(pa.string(), pa.int32())),
    }
    for bits in [8, 16, 32, 64]:
        arrow[f"int{bits}"] = pa.array([-1, None, 2 ** (bits - 1) - 1, 0], f"int{bits}")
        arrow[f"uint{bits}"] = pa.array([1, None, 2**bits - 1, 0], f"uint{bits}")
    small = pa.table(arrow)
    parts = [small.slice(0, 3), small.slice(3, 1), small.slice(1, 2)]
    for name, make in [("stream.arrow", pa.ipc.new_stream), ("file.arrow", pa.ipc.new_file)]:
        with make(name, small.schema) as writer:
            for part in parts:
                writer.write_table(part.combine_chunks())
        keep(name, pa.concat_tables(parts))
    # The dictionary changes between batches.
    schema = pa.schema([("category", pa.dictionary(pa.int8(), pa.string()))])
    batches = [pa.record_batch([pa.array(v).dictionary_encode().cast(schema[0].type)], schema=schema)
               for v in [["a", "b", None], ["a", "b", "c"], ["z", "z"]]]
    for name, deltas in [("replaced.arrow", False), ("deltas.arrow", True)]:
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
        with pa.ipc.new_stream(name, schema, options=options) as writer:
            for batch in batches:
                writer.write_batch(batch)
        keep(name, pa.ipc.open_stream(name).read_all())
    with pa.ipc.new_stream("nested.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=23)
    keep("nested.arrow", table)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream("compressed.arrow", small.select(["word"]).schema, options=options) as writer:
        writer.write_table(small.select(["word"]))
    keep("compressed.arrow", small.select(["word"]))
    # The random access format under the name of Feather: compressed, its dictionary anywhere.
    pa.feather.write_feather(small, "feather.arrow", chunksize=3)
    keep("feather.arrow", small)
    # What `save_to_disk` leaves, with and without indices.
    os.makedirs("saved/train", exist_ok=True)
    os.makedirs("saved/test", exist_ok=True)
    def dump(path, value):
        with open(path, "w") as file:
            json.dump(value, file, indent=2)
    def stream(path, content):
        with pa.ipc.new_stream(path, content.schema) as writer:
            writer.write_table(content)
    dump("saved/dataset_dict.json", {"splits": ["train", "test"]})
    numbers = pa.table({"number": list(range(10)), "word": [f"w{i}" for i in range(10)]})
    stream("saved/train/data-00000-of-00002.arrow", numbers.slice(0, 6))
    stream("saved/train/data-00001-of-00002.arrow", numbers.slice(6))
    dump("saved/train/state.json", {"_data_files": [
        {"filename": "data-00000-of-00002.arrow"}, {"filename": "data-00001-of-00002.arrow"}], "_split": "train"})
    stream("saved/test/data-00000-of-00001.arrow", numbers)
    stream("saved/test/indices.arrow", pa.table({"indices": pa.array([7, 1, 1, 9], pa.uint64())}))
    dump("saved/test/state.json", {
        "_data_files": [{"filename": "data-00000-of-00001.arrow"}],
        "_indices_files": [{"filename": "indices.arrow"}], "_split": "test"})


def indexed():
    """Many small pages, and where they lie: what `datasets` writes since its version 4, with smaller pictures."""
    count = 150
    table = pa.table({
        "picture": [draw.randbytes(draw.randrange(150, 250)) for _ in range(count)],
        "caption": with_nulls([f"photograph {k // 7}" for k in range(count)]),
        "scores": pa.array([[k / 8] if k % 5 else [] for k in range(count)], pa.list_(pa.float64())),
        "image": pa.array(
            [{"bytes": draw.randbytes(90), "path": None} if k % 4 else None for k in range(count)],
            pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    })
    for version in ["1.0", "2.0"]:
        write(
            f"indexed-{version[0]}.parquet", table, write_page_index=True, write_page_checksum=True, row_group_size=100,
            data_page_version=version, use_dictionary=["caption"], data_page_size=1000, write_batch_size=4, compression="ZSTD")
    # The same without the index.
    write(
        "walked.parquet", table, row_group_size=100, write_statistics=False, use_dictionary=["caption"], data_page_size=1000, write_batch_size=4,
        compression="ZSTD")


def mixed():
    """Files of one table: columns in another order, a column of nothing but nulls in one; and one of another type."""
    os.makedirs("mixed", exist_ok=True)
    first = pa.table({"word": pa.nulls(2), "number": [1, 2]})
    second = pa.table({"number": [3], "word": ["c"]})
    pq.write_table(first, "mixed/a.parquet")
    pq.write_table(second, "mixed/b.parquet")
    pq.write_table(pa.table({"number": ["4"], "word": ["d"]}), "other-type.parquet")
    keep("mixed", pa.concat_tables([first, second], promote_options="permissive"))
    pq.write_table(
        pa.table({"number": [5, 6]}, schema=pa.schema([pa.field("number", pa.int64(), nullable=False)])),
        "required.parquet", use_dictionary=False, compression="NONE")


def views():
    """Columns whose values lie in any of several buffers, and columns that are only passed over."""
    texts = ["", "short", "0123456789ab", "0123456789abc", None, "żółw " * 9]
    table = pa.table({
        "text": pa.array(texts, pa.string_view()),
        "bytes": pa.array([t and t.encode() for t in texts], pa.binary_view()),
        "inside": pa.array([{"a": t, "b": k} for k, t in enumerate(texts)], pa.struct([("a", pa.string_view()), ("b", pa.int8())])),
        "number": list(range(6)),
    })
    with pa.ipc.new_stream("views.arrow", table.schema) as writer:
        for batch in [table, table.slice(2, 3), table.slice(0, 0)]:
            writer.write_table(batch)
    keep("views.arrow", pa.concat_tables([table, table.slice(2, 3)]))
    numbers = pa.array(range(6))
    passed = pa.table({
        "first": texts,
        "list view": pa.array([[1], None, [], [2, None], [3], [4]], pa.list_view(pa.int8())),
        "runs": pa.RunEndEncodedArray.from_arrays([4, 6], ["a", "b"]),
        "sparse": pa.UnionArray.from_sparse(pa.array([0, 1, 0, 1, 0, 1], pa.int8()), [numbers, pa.array(["x"] * 6)]),
        "dense": pa.UnionArray.from_dense(
            pa.array([0, 1, 0, 1, 0, 0], pa.int8()), pa.array([0, 0, 1, 1, 2, 3], pa.int32()), [numbers, pa.array(["x"] * 6)]),
        "decimal": pa.array([decimal.Decimal(k) for k in range(6)]),
        "last": numbers,
    })
    with pa.ipc.new_stream("passed-over.arrow", passed.schema) as writer:
        writer.write_table(passed)
    keep("passed-over.arrow", passed.select(["first", "last"]))


def other_writers():
    """Files of DuckDB, fastparquet and polars, whose values are those that pyarrow reads; DuckDB reads its own differences."""
    rows = 90
    table = pa.table({
        "caption": with_nulls([f"photograph of {'żółw' if k % 5 else 'a dog'} {k // 9}" for k in range(rows)]),
        "flag": with_nulls([k % 3 == 0 for k in range(rows)]),
        "sure": [k % 7 < 3 for k in range(rows)],
        "small": pa.array(with_nulls([draw.randrange(-99, 99) for _ in range(rows)]), pa.int8()),
        "seed": pa.array([draw.choice([0, 2**32 - 1, draw.randrange(2**32)]) for _ in range(rows)], pa.uint32()),
        "number": with_nulls([draw.randrange(999) / 8 for _ in range(rows)]),
        "picture": [draw.randbytes(draw.randrange(30)) for _ in range(rows)],
    })
    lists = {
        "scores": pa.array([[k / 8] * (k % 3) if k % 6 else None for k in range(rows)], pa.list_(pa.float64())),
        "image": pa.array(
            [{"bytes": draw.randbytes(20), "path": None if k % 2 else f"{k}.png"} if k % 4 else None for k in range(rows)],
            pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    }
    full = table
    for name, values in lists.items():
        full = full.append_column(name, values)
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.register("drawn", full)
    for version, options in [(1, "CODEC snappy, PARQUET_VERSION v1"), (2, "CODEC zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 20")]:
        name = f"duckdb-{version}.parquet"
        connection.execute(f"COPY (SELECT * FROM drawn) TO '{name}' (FORMAT parquet, {options})")
        # pyarrow takes differences of more than 32 bits for damage.
        keep(name, pq.read_table(name) if version == 1 else full)
        assert connection.execute(f"SELECT seed FROM '{name}'").fetchall() == [(v,) for v in table["seed"].to_pylist()]
    frame = table.to_pandas(types_mapper={pa.bool_(): pandas.BooleanDtype(), pa.int8(): pandas.Int8Dtype()}.get)
    fastparquet.write("fastparquet-1.parquet", frame, compression="SNAPPY", row_group_offsets=[0, 40], has_nulls=True)
    keep("fastparquet-1.parquet", pq.read_table("fastparquet-1.parquet"))
    frame["caption"] = frame["caption"].astype("category")
    fastparquet.writer.DATAPAGE_VERSION = 2
    fastparquet.write("fastparquet-2.parquet", frame, compression="ZSTD", row_group_offsets=[0, 40], has_nulls=True)
    keep("fastparquet-2.parquet", pq.read_table("fastparquet-2.parquet"))
    fastparquet.write("fastparquet-inferred.parquet", frame[["number", "sure"]].head(3), has_nulls="infer")
    polars_frame = polars.from_arrow(full)
    polars_frame.write_parquet("polars.parquet", compression="zstd", row_group_size=50, data_page_size=300)
    keep("polars.parquet", pq.read_table("polars.parquet"))
    polars_frame = polars_frame.with_columns(polars.col("caption").cast(polars.Categorical))
    polars_frame.write_ipc("polars-file.arrow", compression="zstd")
    polars_frame.write_ipc_stream("polars-stream.arrow", compression="lz4")
    keep("polars-file.arrow", pa.ipc.open_file("polars-file.arrow").read_all())
    keep("polars-stream.arrow", pa.ipc.open_stream("polars-stream.arrow").read_all())


combinations()
nested_table = nested()
others()
streams(nested_table)
indexed()
mixed()
views()
other_writers()
with open("expected.json", "w") as file:
    json.dump(expected, file, ensure_ascii=False, separators=(",", ":"))
