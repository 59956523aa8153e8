// Copies in other arrangements.
#pragma once
#include "cu_moves.h"
#include "divisor.h"

DEVICE bool lie_on(const void *a, const void *b, uint64_t bytes) { return ((uint64_t)a | (uint64_t)b) % bytes == 0; }

ENTRY(copy, cu_copy, 256, 1) {
    int64_t quads = lie_on(g.x, g.y, 16) ? g.bytes / 16 : 0;
    EACH(i, quads) ((float4 *)g.y)[i] = ((const float4 *)g.x)[i];
    int64_t words = lie_on(g.x, g.y, 4) ? (g.bytes - 16 * quads) / 4 : 0;
    EACH(i, words) ((uint32_t *)g.y)[4 * quads + i] = ((const uint32_t *)g.x)[4 * quads + i];
    int64_t done = 16 * quads + 4 * words;
    EACH(i, g.bytes - done) ((unsigned char *)g.y)[done + i] = ((const unsigned char *)g.x)[done + i];
}

ENTRY(copy_blocks, cu_blocks, 256, 1) {
    const float *x = g.x + g.from;
    float *y = g.y + g.to;
    int64_t length = g.length.divisor, step = (length | g.from_every | g.to_every) % 4 == 0 && lie_on(x, y, 16) ? 4 : 1;
    EACH(i, g.count / step) {
        int64_t at = step * i, block = quotient(at, g.length);
        at -= block * length;
        const float *from = x + block * g.from_every + at;
        float *to = y + block * g.to_every + at;
        if (step == 4) *(float4 *)to = *(const float4 *)from;
        else *to = *from;
    }
}

ENTRY(move_rows, cu_rows, 256, 1) {
    int64_t width = g.width.divisor, step = width % 4 == 0 && lie_on(g.x, g.y, 16) ? 4 : 1;
    EACH(i, g.count / step) {
        int64_t at = step * i, k = quotient(at, g.width);
        at -= k * width;
        const float *from = g.x + (g.from ? g.from[k] : k) * width + at;
        float *to = g.y + (g.to ? g.to[k] : k) * width + at;
        if (step == 4) *(float4 *)to = *(const float4 *)from;
        else *to = *from;
    }
}

/// A block for each row (y, and on from there) and 256 columns (x).
ENTRY(accumulate_rows, cu_accumulated_rows, 256, 1) {
    int64_t column = (int64_t)blockIdx.x * 256 + threadIdx.x;
    if (column >= g.width) return;
    for (int64_t r = blockIdx.y; r < g.count; r += gridDim.y) {
        float *sum = g.sum + g.rows[r] * g.width + column, total = *sum;
        for (int64_t k = g.starts[r]; k < g.starts[r + 1]; k++) total = total + g.x[g.places[k] * g.width + column];
        *sum = total;
    }
}

/// A block of 256 threads moves tiles of 32 × 32. Shared: 32 · 33 floats.
ENTRY(transpose, cu_transpose, 256, 1) {
    SHARED(tile);
    int lane = threadIdx.x % 32, first = threadIdx.x / 32;
    for (int64_t t = blockIdx.x; t < g.tiles; t += gridDim.x) {
        int64_t line = quotient(t, g.tiles_across), item = quotient(line, g.tiles_down);
        int64_t j = (t - line * g.tiles_across.divisor) * 32, i = (line - item * g.tiles_down.divisor) * 32;
        const float *x = g.x + item * g.rows * g.columns;
        float *y = g.y + item * g.rows * g.columns;
        for (int r = first; r < 32; r += 8)
            if (i + r < g.rows && j + lane < g.columns) tile[r * 33 + lane] = x[(i + r) * g.columns + j + lane];
        SYNC();
        for (int r = first; r < 32; r += 8)
            if (j + r < g.columns && i + lane < g.rows) y[(j + r) * g.rows + i + lane] = tile[lane * 33 + r];
        SYNC();
    }
}

/// Four elements a thread, so that their reads are under way together; those of a quad may lie in several rows.
ENTRY(pad, cu_pad, 256, 1) {
    int64_t out_height = g.out_height.divisor, out_width = g.out_width.divisor;
    int64_t step = lie_on(g.y, g.y, 16) ? 4 : 1;
    EACH(i, (g.count + step - 1) / step) {
        int64_t at = step * i, line = quotient(at, g.out_width), plane = quotient(line, g.out_height);
        int64_t c = at - line * out_width, r = line - plane * out_height;
        float quad[4];
        UNROLL
        for (int k = 0; k < 4; k++) {
            int64_t row = r - g.top, column = c - g.left;
            bool inside = row >= 0 && row < g.height && column >= 0 && column < g.width && k < step && at + k < g.count;
            quad[k] = inside ? g.x[(plane * g.height + row) * g.width + column] : 0.0f;
            if (++c == out_width) {
                c = 0;
                if (++r == out_height) {
                    r = 0;
                    plane++;
                }
            }
        }
        if (step == 4 && at + 4 <= g.count) {
            float4 whole = {quad[0], quad[1], quad[2], quad[3]};
            *(float4 *)(g.y + at) = whole;
        } else {
            UNROLL
            for (int k = 0; k < 4; k++)
                if (k < step && at + k < g.count) g.y[at + k] = quad[k];
        }
    }
}

ENTRY(interleave, cu_interleave, 256, 1) {
    EACH(i, g.count) {
        int64_t line = quotient(i, g.width), plane = quotient(line, g.height);
        int64_t c = i - line * g.width.divisor, r = line - plane * g.height.divisor;
        g.y[(plane * g.out_height + g.row + r * g.stride) * g.out_width + g.column + c * g.stride] = g.x[i];
    }
}

/// Where the element `i` of the patches lies in the pictures.
DEVICE int64_t pixel_of_patches(const cu_patches &g, int64_t i) {
    int64_t edge = g.edge.divisor;
    int64_t line = quotient(i, g.edge), column = i - line * edge;
    int64_t square = quotient(line, g.edge), row = line - square * edge;
    int64_t patch = quotient(square, g.channels), channel = square - patch * g.channels.divisor;
    int64_t strip = quotient(patch, g.across), left = patch - strip * g.across.divisor;
    int64_t image = quotient(strip, g.down), top = strip - image * g.down.divisor;
    return ((image * g.channels.divisor + channel) * g.height + top * edge + row) * g.width + left * edge + column;
}

ENTRY(take_patches, cu_patches, 256, 1) { EACH(i, g.count) g.patches[i] = g.pixels[pixel_of_patches(g, i)]; }
ENTRY(assemble_patches, cu_patches, 256, 1) { EACH(i, g.count) g.pixels[pixel_of_patches(g, i)] = g.patches[i]; }

ENTRY(upsample, cu_upsample, 256, 1) {
    EACH(i, g.count) {
        int64_t line = quotient(i, g.out_width), plane = quotient(line, g.out_height);
        int64_t c = i - line * g.out_width.divisor, r = line - plane * g.out_height.divisor;
        int64_t row = quotient(r * g.height, g.out_height), column = quotient(c * g.width, g.out_width);
        g.y[i] = g.x[(plane * g.height + row) * g.width + column];
    }
}

ENTRY(upsample_backward, cu_upsample_backward, 256, 1) {
    int64_t height = g.height.divisor, width = g.width.divisor;
    EACH(i, g.count) {
        int64_t line = quotient(i, g.width), plane = quotient(line, g.height);
        int64_t c = i - line * width, r = line - plane * height;
        // Those that came from row r: r · out_height ≤ row · height < (r + 1) · out_height; the columns alike.
        int64_t top = quotient(r * g.out_height + height - 1, g.height);
        int64_t bottom = quotient((r + 1) * g.out_height + height - 1, g.height);
        int64_t left = quotient(c * g.out_width + width - 1, g.width);
        int64_t right = quotient((c + 1) * g.out_width + width - 1, g.width);
        float sum = 0.0f;
        for (int64_t row = top; row < bottom; row++)
            for (int64_t column = left; column < right; column++)
                sum = sum + g.dy[(plane * g.out_height + row) * g.out_width + column];
        g.dx[i] = sum;
    }
}
