"""Tables of `tables.py` as DuckDB, fastparquet, polars and arrow-rs write them, with drawn options, and what pyarrow reads back.

Ran with duckdb 2.0.1, fastparquet 2026.9.0, polars 2.1.0, arro3 0.9.1. A writer that is not installed is left out; so is a table that it does not write,
or that pyarrow does not read back.
"""
import os
import shutil

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq

CAPTIONS = ["", "a", "photograph of two dogs", "żółw", "日本", "x" * 300]


def captions(draw, rows):
    """Captions that come again, as those of a dictionary, and the pictures' bytes."""
    few = [draw.choice(CAPTIONS) + str(draw.randrange(draw.choice([2, 9, 300]))) for _ in range(draw.choice([1, 3, 40, 300]))]
    share = draw.choice([0, 0, 0.2, 0.9])

    def some(make):
        return [None if draw.random() < share else make(k) for k in range(rows)]
    return pa.table({
        "caption": some(lambda k: draw.choice(few)),
        "flag": pa.array(some(lambda k: draw.random() < 0.5), pa.bool_()),
        "steady": pa.array(some(lambda k: k % 50 < 40), pa.bool_()),
        "picture": pa.array(some(lambda k: draw.randbytes(draw.randrange(60))), pa.binary()),
        "same": pa.array(some(lambda k: draw.choice([b"", b"abc", b"\0" * 50])), pa.binary()),
        "small": pa.array(some(lambda k: draw.randrange(-99, 99)), pa.int8()),
        "large": pa.array(some(lambda k: draw.randrange(2 ** 64)), pa.uint64()),
        "seed": pa.array(some(lambda k: draw.choice([0, 2 ** 32 - 1, draw.randrange(2 ** 32)])), pa.uint32()),
        "offset": pa.array(some(lambda k: draw.choice([-2 ** 31, 2 ** 31 - 1, draw.randrange(9)])), pa.int32()),
        "step": pa.array(some(lambda k: k * 1000), pa.int64()),
        "half": pa.array(some(lambda k: draw.randrange(99) / 8), pa.float32()),
        "number": pa.array(some(lambda k: draw.random()), pa.float64()),
        "when": pa.array(some(lambda k: k * 10 ** 6 + draw.randrange(99)), pa.timestamp(draw.choice(["us", "ns"]))),
        "scores": pa.array(some(lambda k: [draw.choice([None, draw.random()]) for _ in range(draw.randrange(4))]), pa.list_(pa.float64())),
        "words": pa.array(some(lambda k: [[draw.choice(few)] * draw.randrange(3) for _ in range(draw.randrange(3))]), pa.list_(pa.list_(pa.string()))),
        "image": pa.array(some(lambda k: {"bytes": draw.randbytes(30), "path": None if k % 2 else f"{k}.png"}), pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "boxes": pa.array(some(lambda k: [{"x": k, "word": draw.choice(few)}] * draw.randrange(3)), pa.list_(pa.struct([("x", pa.int16()), ("word", pa.string())]))),
    })


def duckdb_file(draw, path, table):
    import duckdb
    options = {
        "CODEC": draw.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli"] if draw.random() < 0.1 else ["uncompressed", "snappy", "gzip", "zstd", "lz4_raw"]),
        "PARQUET_VERSION": draw.choice(["v1", "v2"]),
        "ROW_GROUP_SIZE": draw.choice([1, 2048, 10 ** 6]),
    }
    if draw.random() < 0.4:
        options["DICTIONARY_SIZE_LIMIT"] = draw.choice([1, 5, 100])
    if draw.random() < 0.3:
        options["STRING_DICTIONARY_PAGE_SIZE_LIMIT"] = draw.choice([10, 1000])
    if draw.random() < 0.3:
        options["WRITE_BLOOM_FILTER"] = "false"
    if draw.random() < 0.3:
        options["BLOOM_FILTER_FALSE_POSITIVE_RATIO"] = 0.1
    own = ""
    if draw.random() < 0.5:
        # Types that pyarrow has no words for.
        own = draw.choice([
            ", uuid() AS own", ", 'a'::ENUM ('b', 'a') AS own", ", current_date AS own", ", '{\"a\": 1}'::JSON AS own", ", 170141183460469231731687303715884105727::HUGEINT AS own",
            ", '12:30:00'::TIME AS own", ", TIMESTAMP_S '2025-01-02 03:04:05' AS own", ", TIMESTAMP_MS '2025-01-02 03:04:05.5' AS own", ", TIMESTAMP_NS '2025-01-02 03:04:05.5' AS own",
            ", TIMESTAMPTZ '2025-01-02 03:04:05+00' AS own", ", {'a': 1, 'b': [1, 2, NULL]} AS own", ", MAP {'a': 1, 'b': NULL} AS own", ", [1, 2]::INTEGER[2] AS own",
            ", 1.5::DECIMAL(9, 2) AS own", ", INTERVAL 3 DAY AS own", ", NULL AS own", ", '1010'::BIT AS own", ", [[NULL], [], NULL] AS own", ", [{'a': [NULL::VARCHAR]}] AS own",
            ", 3::UTINYINT AS own", ", 65535::USMALLINT AS own", ", 4294967295::UINTEGER AS own", ", 1.5::FLOAT AS own"])
    names = [field.name for field in table.schema]
    select = ", ".join('"%s"' % name for name in names)
    settings = ", ".join(f"{key} {value}" for key, value in options.items())
    connection = duckdb.connect()
    connection.execute("SET threads = 1; SET TimeZone = 'UTC'")
    connection.register("drawn", table)
    connection.execute(f"COPY (SELECT {select}{own} FROM drawn) TO '{path}' (FORMAT parquet, {settings})")
    connection.close()
    return {**options, "own": own}


def polars_file(draw, path, table):
    import polars
    frame = polars.from_arrow(table)
    if draw.random() < 0.5:
        text = [name for name in frame.columns if frame[name].dtype == polars.String]
        frame = frame.with_columns([polars.col(name).cast(polars.Categorical) for name in text])
    options = {
        "compression": draw.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4"]), "row_group_size": draw.choice([None, 7, 90]),
        "data_page_size": draw.choice([None, 50, 1000]), "statistics": draw.choice([True, False, "full"]),
    }
    if draw.random() < 0.3:
        frame.lazy().sink_parquet(path, **options)
    else:
        frame.write_parquet(path, **options)
    return options


def fastparquet_file(draw, path, table):
    import fastparquet
    import pandas
    flat = [field.name for field in table.schema if field.type.num_fields == 0]
    if not flat or table.num_rows == 0:
        raise NotImplementedError("nothing that fastparquet writes")
    frame = table.select(flat).to_pandas(types_mapper=draw.choice([None, {
        pa.bool_(): pandas.BooleanDtype(), pa.int8(): pandas.Int8Dtype(), pa.int64(): pandas.Int64Dtype(), pa.uint64(): pandas.UInt64Dtype(),
        pa.float32(): pandas.Float32Dtype(), pa.float64(): pandas.Float64Dtype()}.get]))
    if draw.random() < 0.5:
        for name in flat:
            if pa.types.is_string(table.schema.field(name).type):
                frame[name] = frame[name].astype("category")
    options = {
        "compression": draw.choice([None, "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"]), "row_group_offsets": draw.choice([[0], [0, 1], list(range(0, len(frame), 7))]),
        "has_nulls": draw.choice([True, True, False]), "times": draw.choice(["int64", "int64", "int96"]), "stats": draw.choice([True, False, "auto"]),
        "object_encoding": "infer",
    }
    options["row_group_offsets"] = [k for k in options["row_group_offsets"] if k < len(frame)]
    writer = fastparquet.writer
    kept = writer.DATAPAGE_VERSION, writer.MAX_PAGE_SIZE
    writer.DATAPAGE_VERSION, writer.MAX_PAGE_SIZE = draw.choice([1, 1, 2]), draw.choice([300, kept[1]])
    try:
        if len(options["row_group_offsets"]) == 1 and draw.random() < 0.3:
            # One file of a folder of them.
            fastparquet.write(f"{path}.parts", frame, file_scheme="hive", **options)
            os.rename(f"{path}.parts/part.0.parquet", path)
            shutil.rmtree(f"{path}.parts")
        else:
            fastparquet.write(path, frame, **options)
        return {**options, "pages": writer.DATAPAGE_VERSION, "page": writer.MAX_PAGE_SIZE}
    finally:
        writer.DATAPAGE_VERSION, writer.MAX_PAGE_SIZE = kept


def arrow_rs_file(draw, path, table):
    import arro3.io
    options = {
        "compression": draw.choice(["uncompressed", "snappy", "gzip(6)", "zstd(3)", "lz4_raw"]), "writer_version": draw.choice(["parquet_1_0", "parquet_2_0"]),
        "dictionary_enabled": draw.random() < 0.6, "bloom_filter_ndv": 20, "bloom_filter_enabled": draw.random() < 0.3,
        "max_row_group_size": draw.choice([1, 7, 10 ** 6]), "data_page_row_count_limit": draw.choice([1, 20, 10 ** 5]), "write_batch_size": draw.choice([1, 8, 1024]),
        "dictionary_page_size_limit": draw.choice([1, 20, 10 ** 6]), "data_page_size_limit": draw.choice([1, 100, 10 ** 6]), "skip_arrow_metadata": draw.random() < 0.3,
    }
    arro3.io.write_parquet(table, path, **options)
    return options


def arrow_rs_arrow(draw, path, table):
    import arro3.io
    options = {"compression": draw.choice([None, "lz4", "zstd"])}
    (arro3.io.write_ipc if draw.random() < 0.5 else arro3.io.write_ipc_stream)(table, path, **options)
    return options


def polars_arrow(draw, path, table):
    import polars
    frame = polars.from_arrow(table)
    if draw.random() < 0.5:
        text = [name for name in frame.columns if frame[name].dtype == polars.String]
        frame = frame.with_columns([polars.col(name).cast(polars.Categorical) for name in text])
    options = {
        "compression": draw.choice(["uncompressed", "lz4", "zstd"]),
        "compat_level": draw.choice([None, polars.CompatLevel.newest(), polars.CompatLevel.oldest()]),
    }
    if draw.random() < 0.5:
        frame.write_ipc_stream(path, **options)
    elif draw.random() < 0.5:
        frame.write_ipc(path, record_batch_size=draw.choice([None, 7]), **options)
    else:
        frame.lazy().sink_ipc(path, **options)
    return {key: str(value) for key, value in options.items()}


def feather_file(draw, path, table):
    options = {"compression": draw.choice(["lz4", "zstd", "uncompressed"]), "chunksize": draw.choice([None, 1, 13])}
    pa.feather.write_feather(table, path, **options)
    return options


WRITERS = {
    "duckdb": ("parquet", duckdb_file), "polars": ("parquet", polars_file), "fastparquet": ("parquet", fastparquet_file),
    "arrow-rs": ("parquet", arrow_rs_file), "arrow-rs-ipc": ("arrow", arrow_rs_arrow), "polars-ipc": ("arrow", polars_arrow), "feather": ("arrow", feather_file),
}


def read_back(path, kind):
    """The table that pyarrow reads, and what of it is refused whole."""
    if kind == "parquet":
        file = pq.ParquetFile(path)
        codecs = {file.metadata.row_group(k).column(c).compression for k in range(file.num_row_groups) for c in range(file.metadata.num_columns)}
        try:
            return file.read(), codecs
        except (pa.ArrowException, OSError):
            if "DuckDB" not in file.metadata.created_by:
                raise
            if any(isinstance(field.type, pa.BaseExtensionType) for field in file.schema_arrow):
                raise
            # Differences of unsigned numbers, and nulls for lists of a fixed size: pyarrow reads neither.
            import duckdb
            back = duckdb.sql(f"FROM read_parquet('{path}')").to_arrow_table()
            for k, field in enumerate(back.schema):
                # DuckDB gives microseconds for milliseconds.
                kind = file.schema_arrow.field(field.name).type
                if pa.types.is_temporal(kind):
                    back = back.set_column(k, field.name, back.column(k).cast(kind))
            return back, codecs
    with open(path, "rb") as source:
        is_file = source.read(6) == b"ARROW1"
    return (pa.ipc.open_file if is_file else pa.ipc.open_stream)(pa.memory_map(path)).read_all(), set()


def write(name, draw, folder, stem, table):
    """Writes a table; its name in the folder, kind, options and what pyarrow reads back."""
    kind, make = WRITERS[name]
    path = f"{folder}/{stem}.{kind}"
    try:
        options = make(draw, path, table)
        return os.path.basename(path), kind, options, *read_back(path, kind)
    except ImportError:
        return None
    except BaseException:
        if os.path.exists(path):
            os.remove(path)
        raise
