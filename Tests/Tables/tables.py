"""Tables of every kind that pyarrow and `datasets` write, drawn from a seed, with what they read back (expected.json).

    python Tests/Tables/tables.py FOLDER [--count 200] [--seed 1]
    SMPO_MADE_TABLES=FOLDER swift test --filter MadeTablesTests

Types inside each other, every codec, page version, encoding, size of pages and row groups that fit; checksums, page indexes, bloom
filters; Arrow streams with dictionaries that grow or change, views, compressed buffers; what `save_to_disk` and `to_parquet` of
`datasets` leave, where that is installed. `refused` names columns that are not read and what the refusal must say.
Then what DuckDB, fastparquet, polars and Feather make of such tables (writers.py). Ran with pyarrow 26.0.1 and datasets 5.2.
"""
import argparse
import datetime
import decimal
import json
import os
import random
import shutil
import sys

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "TablesTests", "Fixtures"))
import writers  # noqa: E402
from expected_values import plain, whole  # noqa: E402

TEXTS = ["", "a", "photograph of two dogs", "żółw", "日本", "é", "x" * 40, "0123456789ab", "0123456789abc", "\u0000\n"]


class Maker:
    """Types and values."""

    def __init__(self, draw, container):
        self.draw, self.container = draw, container

    def number(self, bits, signed):
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return self.draw.choice([low, high, 0, 1, self.draw.randint(low, high), self.draw.randint(max(low, -9), min(high, 9))])

    def micros(self):
        return self.draw.choice([0, -1, 10 ** 15, -10 ** 15, self.draw.randrange(-10 ** 14, 10 ** 14)])

    def scalar(self):
        draw, kind = self.draw, self.draw.choice(self.scalars())
        if kind.startswith(("int", "uint")):
            bits = int(kind.lstrip("uint"))
            return getattr(pa, kind)(), lambda: self.number(bits, kind[0] == "i")
        return {
            "null": lambda: (pa.null(), lambda: None),
            "bool": lambda: (pa.bool_(), lambda: draw.random() < 0.7),
            "half": lambda: (pa.float16(), lambda: draw.choice([0.0, -1.5, 65504.0, 2.0 ** -24, draw.randrange(64) / 8])),
            "float": lambda: (pa.float32(), lambda: draw.choice([-0.0, 3.25e30, draw.randrange(4096) / 64])),
            "double": lambda: (pa.float64(), lambda: draw.choice([0.0, 1e300, 5e-324, draw.random()])),
            "string": lambda: (draw.choice([pa.string(), pa.large_string()]), self.text),
            "view": lambda: (draw.choice([pa.string_view()]), self.text),
            "byteview": lambda: (pa.binary_view(), self.bytes),
            "binary": lambda: (draw.choice([pa.binary(), pa.large_binary()]), self.bytes),
            "fixed": lambda: self.fixed(draw.choice([1, 3, 16])),
            "date32": lambda: (pa.date32(), lambda: datetime.date(1970, 1, 1) + datetime.timedelta(draw.randrange(-9999, 9999))),
            "date64": lambda: (pa.date64(), lambda: datetime.date(1970, 1, 1) + datetime.timedelta(draw.randrange(-9999, 9999))),
            "time": lambda: self.ticks(draw.choice([pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")])),
            "moment": lambda: self.ticks(pa.timestamp(draw.choice(["s", "ms", "us", "ns"]), draw.choice([None, "UTC", "Europe/Berlin"]))),
            "duration": lambda: self.ticks(pa.duration(draw.choice(["s", "ms", "us", "ns"]))),
            "words": lambda: (pa.dictionary(draw.choice([pa.int8(), pa.int32()]), draw.choice([pa.string(), pa.large_string()])), self.text),
            "numbers": lambda: (pa.dictionary(pa.int16(), pa.int64()), lambda: draw.randrange(7)),
        }[kind]()

    def scalars(self):
        kinds = ["null", "bool", "half", "float", "double", "string", "string", "binary", "binary", "fixed", "date32", "date64", "time",
                 "moment", "duration", "words", "numbers", "view", "byteview"]
        return kinds + [f"{sign}int{bits}" for bits in (8, 16, 32, 64) for sign in ("", "u")]

    def ticks(self, kind):
        """Times from whole numbers of their unit: some have none in Python's own types."""
        def value():
            if pa.types.is_time(kind):
                return pa.scalar(self.draw.randrange(86_399), pa.int64()).as_py() * {"s": 1, "ms": 10 ** 3, "us": 10 ** 6, "ns": 10 ** 9}[kind.unit]
            return self.micros() // {"s": 10 ** 6, "ms": 10 ** 3, "us": 1, "ns": 1}[kind.unit]
        return kind, value

    def text(self):
        return self.draw.choice(TEXTS) + (str(self.draw.randrange(30)) if self.draw.random() < 0.6 else "")

    def bytes(self):
        return self.draw.randbytes(self.draw.choice([0, 1, 5, 12, 13, 40]))

    def fixed(self, width):
        return pa.binary(width), lambda: self.draw.randbytes(width)

    def some(self, value, share=0.25):
        return None if self.draw.random() < share else value()

    def type(self, depth=0):
        draw = self.draw
        if depth >= 3 or draw.random() < (0.55 if depth == 0 else 0.65):
            return self.scalar()
        kind = draw.choice(["list", "list", "large", "pairs", "struct", "struct", "map"])
        if kind == "struct":
            parts = [(f"f{k}", *self.type(depth + 1)) for k in range(draw.randint(1, 3))]
            def record():
                return {name: self.some(value, 0.2) for name, _, value in parts}
            return pa.struct([(name, kind) for name, kind, _ in parts]), record
        element, value = self.type(depth + 1)
        if kind == "map":
            return pa.map_(pa.string(), element), lambda: [(self.text(), self.some(value, 0.2)) for _ in range(draw.randrange(4))]
        if kind == "pairs" and not pa.types.is_null(element):
            return pa.list_(element, 2), lambda: [self.some(value, 0.2) for _ in range(2)]
        make = pa.large_list if kind == "large" else pa.list_
        return make(element), lambda: [self.some(value, 0.2) for _ in range(draw.choice([0, 1, 2, 5]))]

    def table(self, rows):
        draw, names, arrays = self.draw, [], []
        for k in range(draw.randint(1, 5)):
            kind, value = self.type()
            share = draw.choice([0, 0, 0.3, 1])
            values = [self.some(value, share) for _ in range(rows)]
            field = pa.field(draw.choice([f"c{k}", f"a.b{k}", f"żółw {k}"]), kind, nullable=share > 0 or pa.types.is_null(kind) or draw.random() < 0.5)
            names.append(field)
            arrays.append(build(kind, values))
        return pa.Table.from_arrays(arrays, schema=pa.schema(names))


def build(kind, values):
    """An array of `kind` from Python's values, from its parts: pyarrow makes no times of numbers inside other types."""
    t = pa.types
    missing = [v is None for v in values]
    mask = pa.array(missing, pa.bool_())
    if t.is_dictionary(kind):
        inner = build(kind.value_type, values)
        return inner.dictionary_encode().cast(kind) if len(inner) else pa.array([], kind)
    if t.is_timestamp(kind) or t.is_time64(kind) or t.is_duration(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if t.is_time32(kind):
        return pa.array(values, pa.int32()).cast(kind)
    if t.is_struct(kind):
        parts = [build(field.type, [None if v is None else v[field.name] for v in values]) for field in kind]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=mask)
    if t.is_fixed_size_list(kind):
        flat = build(kind.value_type, [e for v in values for e in (v or [None] * kind.list_size)])
        return pa.FixedSizeListArray.from_arrays(flat, type=kind, mask=mask)
    if t.is_map(kind):
        offsets, total = [], 0
        for v in values:
            offsets.append(total)
            total += len(v or [])
        entries = [e for v in values for e in (v or [])]
        keys = build(kind.key_type, [e[0] for e in entries])
        items = build(kind.item_type, [e[1] for e in entries])
        offsets = pa.array([None if m else o for o, m in zip(offsets, missing)] + [total], pa.int32())
        return pa.MapArray.from_arrays(offsets, keys, items, kind)
    if t.is_list(kind) or t.is_large_list(kind):
        offsets, total = [], 0
        for v in values:
            offsets.append(total)
            total += len(v or [])
        flat = build(kind.value_type, [e for v in values for e in (v or [])])
        large = t.is_large_list(kind)
        offsets = pa.array([None if m else o for o, m in zip(offsets, missing)] + [total], pa.int64() if large else pa.int32())
        return (pa.LargeListArray if large else pa.ListArray).from_arrays(offsets, flat, type=kind)
    return pa.array(values, kind)


ENCODINGS = {
    "BOOLEAN": ["PLAIN", "RLE"], "INT32": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "INT64": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"], "FLOAT": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "DOUBLE": ["PLAIN", "BYTE_STREAM_SPLIT"], "BYTE_ARRAY": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    "FIXED_LEN_BYTE_ARRAY": ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"], "INT96": ["PLAIN"],
}


def parquet(draw, path, table):
    """Writes `table` with drawn options; the options that it was written with."""
    options = {
        "row_group_size": draw.choice([1, 3, 7, 50, 1000]), "data_page_size": draw.choice([1, 16, 100, 1 << 20]),
        "write_batch_size": draw.choice([1, 2, 5, 1024]), "data_page_version": draw.choice(["1.0", "2.0"]),
        "version": draw.choice(["1.0", "2.4", "2.6"]), "write_statistics": draw.random() < 0.5,
        "write_page_index": draw.random() < 0.5, "write_page_checksum": draw.random() < 0.4,
        "use_compliant_nested_type": draw.random() < 0.8, "store_schema": draw.random() < 0.7,
        "compression": draw.choice(["NONE", "SNAPPY", "GZIP", "ZSTD", "LZ4"]),
        "dictionary_pagesize_limit": draw.choice([1, 20, 1 << 20]),
    }
    # pyarrow ends the process where it has to cut views for it.
    views = any(pa.types.is_string_view(field.type) or pa.types.is_binary_view(field.type) for field in flat(table.schema))
    if draw.random() < 0.2 and not views:
        options["use_content_defined_chunking"] = {"min_chunk_size": 64, "max_chunk_size": 256, "norm_level": 0}
    if draw.random() < 0.2:
        options["max_rows_per_page"] = draw.choice([1, 2, 9])
    if draw.random() < 0.15:
        options["use_deprecated_int96_timestamps"] = True
    if draw.random() < 0.2:
        options["coerce_timestamps"] = draw.choice(["ms", "us"])
        options["allow_truncated_timestamps"] = True
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **{k: options[k] for k in options if k in ("use_compliant_nested_type", "store_schema", "version", "use_deprecated_int96_timestamps")})
    leaves = [(c.path, c.physical_type) for c in (lambda s: [s.column(i) for i in range(len(s))])(pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema)]
    if draw.random() < 0.6:
        options["use_dictionary"] = False
        options["column_encoding"] = {path: draw.choice(ENCODINGS[kind]) for path, kind in leaves}
    elif draw.random() < 0.5:
        options["use_dictionary"] = [path for path, _ in leaves if draw.random() < 0.5]
    if draw.random() < 0.3:
        options["compression"] = {path: draw.choice(["NONE", "SNAPPY", "GZIP", "ZSTD", "LZ4"]) for path, _ in leaves}
    if draw.random() < 0.2:
        options["bloom_filter_options"] = {path: {"ndv": 50} for path, kind in leaves if kind not in ("BOOLEAN",)}
    pq.write_table(table, path, **options)
    return options


def arrow(draw, path, table):
    """Writes `table` as a stream or a file of Arrow."""
    options = pa.ipc.IpcWriteOptions(
        emit_dictionary_deltas=draw.random() < 0.5, unify_dictionaries=False,
        metadata_version=draw.choice([pa.ipc.MetadataVersion.V5, pa.ipc.MetadataVersion.V5, pa.ipc.MetadataVersion.V4]),
        compression=draw.choice([None, None, "zstd", "lz4"]))
    is_file = draw.random() < 0.3 and not any(pa.types.is_dictionary(field.type) for field in flat(table.schema))
    with (pa.ipc.new_file if is_file else pa.ipc.new_stream)(path, table.schema, options=options) as writer:
        row = 0
        while row < table.num_rows:
            count = draw.choice([0, 1, 2, 5, 40])
            # A part of a longer array, or an array of its own.
            part = table.slice(row, count)
            writer.write_table(part.combine_chunks() if draw.random() < 0.5 else part)
            row += count


def flat(schema):
    def walk(field):
        yield field
        for k in range(field.type.num_fields):
            yield from walk(field.type.field(k))
    for field in schema:
        yield from walk(field)


def values(table, container):
    # Parquet has dates in days alone.
    return {name: [plain(v) for v in whole(table[name], days=container == "parquet")] for name in table.column_names}


def datasets_folders(draw, folder, entries):
    """What `datasets` leaves."""
    try:
        import datasets
        from PIL import Image as Pillow
    except ImportError:
        return print("datasets is not installed: its folders are left out")
    datasets.disable_progress_bars()
    Pillow.new("RGB", (3, 2), (9, 8, 7)).save(f"{folder}/outside.png")
    for number in range(8):
        rows = draw.choice([1, 9, 30])
        features = datasets.Features({
            "caption": datasets.Value("string"), "long": datasets.Value("large_string"), "image": datasets.Image(),
            "class": datasets.ClassLabel(names=["a", "b"]), "score": datasets.List(datasets.Value("float64")),
            "grid": datasets.Array2D((2, 2), "int32"), "raw": datasets.Value("binary"), "half": datasets.Value("float16"),
            "when": datasets.Value("timestamp[us]"), "flag": datasets.Value("bool"),
            "nested": datasets.List({"a": datasets.Value("int8"), "b": datasets.List(datasets.Value("string"))})})
        def row(k):
            return {
                "caption": f"row {k}", "long": None if k % 3 else "ż" * k, "image": draw.choice([
                    None, {"bytes": draw.randbytes(20), "path": None}, {"bytes": None, "path": f"{folder}/outside.png"}]),
                "class": k % 2, "score": [draw.random()], "grid": [[k, 1], [2, 3]], "raw": draw.randbytes(k % 5), "half": k / 2,
                "when": datetime.datetime(2025, 1, 1, 0, 0, k), "flag": k % 2 == 0,
                "nested": [{"a": k, "b": ["x", None][:k % 3]}] * (k % 3)}
        made = datasets.Dataset.from_list([row(k) for k in range(rows)], features=features)
        if draw.random() < 0.4:
            made = made.select([draw.randrange(rows) for _ in range(draw.choice([0, 1, 5]))])
        name = f"saved-{number}"
        shards = draw.choice([1, 2, 3]) if len(made) >= 3 else 1
        split = draw.choice([None, "train"])
        if split:
            datasets.DatasetDict({split: made, "other": made}).save_to_disk(f"{folder}/{name}", num_shards={split: shards, "other": 1})
        else:
            made.save_to_disk(f"{folder}/{name}", num_shards=shards)
        again = datasets.load_from_disk(f"{folder}/{name}/{split or ''}")
        storage = pa.concat_tables([again.data.table])
        storage = pa.table({n: unextended(storage[n]) for n in storage.column_names})
        entries[name] = {"kind": "arrow", "split": split, "rows": storage.num_rows, "values": values(storage, "arrow")}
        if not len(made):
            continue
        path = f"{name}.parquet"
        made.to_parquet(f"{folder}/{path}")
        storage = pq.read_table(f"{folder}/{path}")
        storage = pa.table({n: unextended(storage[n]) for n in storage.column_names})
        entries[path] = {"kind": "parquet", "rows": storage.num_rows, "values": values(storage, "parquet")}


def unextended(column):
    """The storage of an extension type: a table has no other."""
    if isinstance(column.type, pa.BaseExtensionType):
        return pa.chunked_array([c.storage for c in column.chunks], column.type.storage_type)
    return column


def other_writers(seed, count, folder, entries, skipped):
    """Files of writers that are not pyarrow: tables of captions and pictures, and any that pyarrow writes."""
    for number in range(count):
        for name in writers.WRITERS:
            draw = random.Random(f"{seed} {number} {name}")
            rows = draw.choice([0, 1, 8, 9, 63, 256, 300, 300, 3000] if draw.random() < 0.2 else [0, 1, 8, 40, 90])
            try:
                if draw.random() < 0.6:
                    table = writers.captions(draw, rows)
                    table = table.select(draw.sample(table.column_names, draw.randint(1, 6)))
                else:
                    table = Maker(draw, "parquet").table(rows)
                written = writers.write(name, draw, folder, f"{name}-{number:05d}", table)
                if not written:
                    print(f"{name} is not installed: left out")
                    break
                path, kind, options, back, codecs = written
                back = pa.table({n: unextended(back[n]) for n in back.column_names})
                refused = refusals(back, kind)
                if kind == "parquet":
                    leaves = pq.ParquetFile(f"{folder}/{path}").schema
                    for leaf in (leaves.column(k) for k in range(len(leaves))):
                        if leaf.converted_type == "INTERVAL":
                            refused[next(n for n in back.column_names if f"{leaf.path}.".startswith(f"{n}."))] = "interval"
                if "BROTLI" in codecs:
                    refused = {n: "BROTLI" for n in back.column_names} | refused
                kept = back.drop_columns(list(refused))
                entries[path] = {"kind": kind, "options": options, "rows": back.num_rows, "refused": refused, "values": values(kept, kind)}
            except Exception as error:
                text = f"{name}: " + str(error).split("\n")[0][:90]
                skipped[text] = skipped.get(text, 0) + 1


def refusals(table, container):
    """Columns that cannot be read, with what the refusal says."""
    found = {}
    for field in table.schema:
        for inner in flat(pa.schema([field])):
            if pa.types.is_decimal(inner.type):
                found[field.name] = "decimal"
            if container == "arrow" and (pa.types.is_list_view(inner.type) or pa.types.is_large_list_view(inner.type)):
                found[field.name] = "list view"
            if container == "arrow" and pa.types.is_run_end_encoded(inner.type):
                found[field.name] = "run-end encoded"
            if container == "arrow" and pa.types.is_union(inner.type):
                found[field.name] = "union"
    return found


def refused_columns(draw, table, container):
    """`table` with a column of a type that is not read."""
    rows, kind = table.num_rows, draw.choice(["decimal", "decimal", "views", "runs", "union"])
    if kind == "decimal" or container == "parquet" or rows == 0:
        made = pa.array([decimal.Decimal(k) / 8 for k in range(rows)], pa.decimal128(9, 4))
    elif kind == "views":
        made = pa.array([[k, None] for k in range(rows)], pa.list_view(pa.int8()))
    elif kind == "runs":
        made = pa.RunEndEncodedArray.from_arrays([rows], [1.5])
    else:
        made = pa.UnionArray.from_sparse(pa.array([0] * rows, pa.int8()), [pa.array(range(rows)), pa.array(["x"] * rows)])
    return table.add_column(draw.randrange(table.num_columns + 1), "refused", made)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--others", type=int, default=10, help="tables of each other writer")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder, entries, skipped = os.path.abspath(arguments.folder), {}, {}
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for number in range(arguments.count):
        draw = random.Random(arguments.seed * 1_000_003 + number)
        container = draw.choice(["parquet", "parquet", "arrow"])
        table = Maker(draw, container).table(draw.choice([0, 1, 2, 30, 30, 77]))
        if draw.random() < 0.15:
            table = refused_columns(draw, table, container)
        name = f"{number:05d}.{container}"
        try:
            entry = {"kind": container}
            if container == "parquet":
                entry["options"] = parquet(draw, f"{folder}/{name}", table)
                # What the file says, not what pyarrow left beside it for itself.
                back = pq.read_table(f"{folder}/{name}", partitioning=None)
                if back.num_rows != pq.read_metadata(f"{folder}/{name}").num_rows:
                    raise pa.ArrowInvalid("pyarrow reads another number of rows than it wrote")
            else:
                arrow(draw, f"{folder}/{name}", table)
                back = table
            refused = refusals(back, container)
            kept = back.drop_columns(list(refused))
            entries[name] = {**entry, "rows": back.num_rows, "refused": refused, "values": values(kept, container)}
        except (pa.ArrowException, NotImplementedError, OSError) as error:
            # pyarrow does not write this one, or does not read it back.
            if os.path.exists(f"{folder}/{name}"):
                os.remove(f"{folder}/{name}")
            text = str(error).split("\n")[0][:90]
            skipped[text] = skipped.get(text, 0) + 1
    datasets_folders(random.Random(arguments.seed), folder, entries)
    other_writers(arguments.seed, arguments.others, folder, entries, skipped)
    with open(f"{folder}/expected.json", "w") as file:
        json.dump(entries, file, ensure_ascii=False, separators=(",", ":"))
    print(f"{len(entries)} tables in {folder}; not written, or not read back: {sum(skipped.values())}")
    for text, count in sorted(skipped.items(), key=lambda item: -item[1])[:25]:
        print(f"  {count} x {text}")


if __name__ == "__main__":
    main()
