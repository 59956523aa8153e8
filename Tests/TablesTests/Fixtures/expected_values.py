"""Values of pyarrow as expected.json has them: bytes as {"hex": ...}, many by their digest, numbers that are not finite as texts, times as
whole numbers of the column's unit, maps as lists of {key, value}."""
import hashlib
import math

import pyarrow as pa


def plain(value):
    """A value of `whole` as JSON."""
    if isinstance(value, bytes) and len(value) > 64:
        return {"sha256": hashlib.sha256(value).hexdigest(), "bytes": len(value)}
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def whole(array, days=False):
    """Python's values, times as whole numbers, also inside other types; with `days` dates of milliseconds too."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            return [value for chunk in array.chunks for value in whole(chunk, days)]
    kind, t = array.type, pa.types
    if t.is_dictionary(kind):
        # pyarrow decodes no dictionary of views.
        values = whole(array.dictionary, days)
        return [None if k is None else values[k] for k in array.indices.to_pylist()]
    if days and t.is_date64(kind):
        array = array.cast(pa.date32())
        kind = array.type
    if t.is_timestamp(kind) or t.is_time64(kind) or t.is_duration(kind) or t.is_date64(kind):
        return array.view(pa.int64()).to_pylist()
    if t.is_date32(kind) or t.is_time32(kind):
        return array.view(pa.int32()).to_pylist()
    there = array.is_valid().to_pylist()
    if t.is_struct(kind):
        parts = [(kind[i].name, whole(array.field(i), days)) for i in range(kind.num_fields)]
        return [{name: values[row] for name, values in parts} if is_there else None for row, is_there in enumerate(there)]
    if t.is_fixed_size_list(kind):
        size = kind.list_size
        values = whole(array.values.slice(array.offset * size, len(array) * size), days)
        return [values[size * row:size * (row + 1)] if is_there else None for row, is_there in enumerate(there)]
    if t.is_list(kind) or t.is_large_list(kind) or t.is_map(kind):
        if t.is_map(kind):
            values = [{"key": k, "value": v} for k, v in zip(whole(array.keys, days), whole(array.items, days))]
        else:
            values = whole(array.values, days)
        ends = array.offsets.to_pylist()
        return [values[ends[row]:ends[row + 1]] if is_there else None for row, is_there in enumerate(there)]
    return array.to_pylist()
