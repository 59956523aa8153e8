// Kernels with which the emulator itself is tested, some of them wrong.
#include "cu_probe.h"
#include "kernel.h"
#pragma clang fp contract(off)

DEVICE void tree(const cu_probe &g, bool barriers) {
    SHARED(s);
    unsigned t = threadIdx.x;
    s[t] = g.x[blockIdx.x * blockDim.x + t];
    SYNC();
    for (unsigned half = blockDim.x / 2; half; half /= 2) {
        if (t < half) s[t] = s[t] + s[t + half];
        if (barriers) SYNC();
    }
    if (t == 0) g.y[blockIdx.x] = s[0];
}
/// y[block] = the sum of the block's part of x.
ENTRY(probe_tree, cu_probe, 256, 1) { tree(g, true); }
ENTRY(probe_tree_without_barriers, cu_probe, 256, 1) { tree(g, false); }

/// y[t] = ¾·y[t] + x[64·block + t + 1 mod 64], block after block. `drawn`: the blocks' numbers are tickets.
DEVICE void turns(const cu_probe &g, bool drawn, bool waits) {
    SHARED(s);
    int block = drawn ? draw(g.counters, (int *)s) : (int)blockIdx.x, t = threadIdx.x;
    fetch4(s + 4 + t, g.x + block * 64 + t);
    fetch_commit();
    if (waits) fetch_wait<0>();
    SYNC();
    wait_turn(g.counters + 1, block);
    float before = block ? load_far(g.y + t) : 0;
    store_far(g.y + t, before * 0.75f + s[4 + (t + 1) % 64]);
    pass_turn(g.counters + 1, block + 1);
}
ENTRY(probe_turns, cu_probe, 64, 1) { turns(g, true, true); }
ENTRY(probe_turns_without_tickets, cu_probe, 64, 1) { turns(g, false, true); }
ENTRY(probe_turns_without_wait, cu_probe, 64, 1) { turns(g, true, false); }
/// The last block's turn comes first, whichever begins.
ENTRY(probe_deadlock, cu_probe, 64, 1) {
    wait_turn(g.counters + 1, gridDim.x - 1 - blockIdx.x);
    pass_turn(g.counters + 1, gridDim.x - blockIdx.x);
}
ENTRY(probe_two_barriers, cu_probe, 64, 1) {
    if (threadIdx.x < 32) {
        SYNC();
    } else {
        SYNC();
    }
}
ENTRY(probe_beyond_shared, cu_probe, 64, 1) {
    SHARED(s);
    s[threadIdx.x] = 0;
}
ENTRY(probe_beyond_memory, cu_probe, 64, 1) { g.y[threadIdx.x] = 0; }
ENTRY(probe_unaligned_fetch, cu_probe, 64, 1) {
    SHARED(s);
    fetch16(s, g.x + 1);
}
