#include "Launch.h"
#include <csignal>
#include <cstdio>
#include <cstring>

EMULATED dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {
EMULATED float *shared;
static EMULATED Launch *current;
/// Floats past a block's shared memory that nobody may write.
static constexpr size_t fence = 16;

static Stacks &stacks() {
    static thread_local Stacks stacks;
    return stacks;
}

Launch *Launch::now() { return current; }

/// A kernel that reads or writes where no memory is ends the process; this says which it was.
static void tell_fault(int signal, siginfo_t *info, void *) {
    if (current) current->tell_fault(info->si_addr);
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    sigaction(signal, &usual, nullptr);
}
static void watch_faults() {
    struct sigaction action = {};
    action.sa_sigaction = tell_fault;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
}
void Launch::tell_fault(const void *address) const {
    fprintf(stderr, "emulated device: %s touches %p, where no memory is (block %u, %u, %u, thread %u)\n", entry.name, address,
            blockIdx.x, blockIdx.y, blockIdx.z, block->running);
}

void meet(int line) { current->meet(line); }
void want(const int *turn, int mine) { current->want(turn, mine); }
void fetch(float *to, const float *from, int count) {
    if (((uintptr_t)to | (uintptr_t)from) % (4 * count)) current->fail("a fetch of " + std::to_string(4 * count) + " bytes is not aligned");
    current->fetches().add(to, from, count);
}
void commit() { current->fetches().commit(); }
void wait(int open) { current->fetches().wait(open); }

void Fetches::add(float *to, const float *from, int count) {
    memset(to, 0xff, 4 * count);
    copies.push_back({to, from, count});
}
void Fetches::wait(size_t open) {
    for (; ends.size() - closed > open; closed++)
        for (; arrived < ends[closed]; arrived++)
            memcpy(copies[arrived].to, copies[arrived].from, 4 * copies[arrived].count);
    if (arrived == copies.size() && closed == ends.size()) clear();
}

Launch::Launch(const Entry &entry, dim3 grid, dim3 threads, size_t shared_bytes, const void *arguments, const Order &order)
    : entry(entry), grid(grid), size(threads), count(threads.x * threads.y * threads.z), shared_bytes(shared_bytes),
      arguments(arguments), order(order), random(order.seed) {}

/// splitmix64
uint64_t Launch::number() {
    uint64_t z = random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

dim3 Launch::block_at(uint64_t position, uint64_t blocks) const {
    uint64_t i = order.blocks == Order::down ? blocks - 1 - position : position;
    return {(unsigned)(i % grid.x), (unsigned)(i / grid.x % grid.y), (unsigned)(i / grid.x / grid.y)};
}

void Launch::start(uint64_t position, uint64_t blocks) {
    std::unique_ptr<Block> made;
    if (spare.empty()) {
        made = std::make_unique<Block>();
        made->threads.resize(count);
        made->shared.resize(shared_bytes / 4 + fence + 4);
    } else {
        made = std::move(spare.back());
        spare.pop_back();
        for (Thread &thread : made->threads) thread.state = Thread::fresh, thread.fetches.clear();
    }
    made->index = block_at(position, blocks);
    made->phase = 0;
    made->turn = nullptr;
    memset(made->shared.data(), 0xff, made->shared.size() * sizeof(float));
    resident.push_back(std::move(made));
}

std::string Launch::run() {
    uint64_t blocks = (uint64_t)grid.x * grid.y * grid.z, begun = 0;
    static const bool watched = (watch_faults(), true);
    (void)watched;
    Launch *outer = current;
    current = this;
    blockDim = size;
    gridDim = grid;
    for (size_t turn = 0; trouble.empty() && (begun < blocks || !resident.empty());) {
        while (resident.size() < order.resident && begun < blocks) start(begun++, blocks);
        size_t i = 0;
        if (order.blocks == Order::shuffled) turn = number();
        while (i < resident.size() && !resident[(turn + i) % resident.size()]->ready()) i++;
        if (i == resident.size()) {
            trouble = "all " + std::to_string(i) + " blocks that have begun wait for a turn that no one hands on";
            break;
        }
        size_t chosen = (turn + i) % resident.size();
        block = resident[chosen].get();
        run_phase();
        if (trouble.empty() && block->left == 0) {
            if (!ended()) break;
            spare.push_back(std::move(resident[chosen]));
            resident.erase(resident.begin() + chosen);
            turn = chosen;
        } else {
            turn = chosen + 1;
        }
    }
    if (!trouble.empty()) stacks().recall();
    current = outer;
    return trouble;
}

bool Launch::ended() {
    const uint32_t *past = (const uint32_t *)block->start_of_shared() + (shared_bytes + 3) / 4;
    for (size_t i = 0; i < fence; i++)
        if (past[i] != 0xffffffff) {
            trouble = "block (" + std::to_string(block->index.x) + ", " + std::to_string(block->index.y) + ", " +
                      std::to_string(block->index.z) + ") writes beyond its " + std::to_string(shared_bytes) + " bytes of shared memory";
            return false;
        }
    return true;
}

void Launch::run_phase() {
    block->turn = nullptr;
    block->position = 0;
    block->left = 0;
    if (order.threads == Order::shuffled) {
        block->order.resize(count);
        for (unsigned i = 0; i < count; i++) block->order[i] = i;
        for (unsigned i = count; i > 1; i--) std::swap(block->order[i - 1], block->order[number() % i]);
    }
    blockIdx = block->index;
    shared = block->start_of_shared();
    Thread *first = next();
    if (first->state == Thread::fresh) {
        enter(*first);
        carrier = stacks().take();
        carrier->begin(carry);
    } else {
        enter(*first);
        carrier = first->carrier;
    }
    emulator_switch(&home, carrier->at);
    block->phase++;
    if (!trouble.empty() || block->left == 0) return;
    int line = 0;
    for (Thread &thread : block->threads) {
        if (thread.state != Thread::waiting) continue;
        if (line == 0) line = thread.line;
        if (thread.line != line) {
            trouble = "threads of a block meet at different barriers (lines " + std::to_string(line) + " and " + std::to_string(thread.line) + ")";
            return;
        }
    }
}

Thread *Launch::next() {
    bool down = order.threads == Order::down || (order.threads == Order::to_and_fro && (block->phase + order.seed) % 2);
    while (block->position < count) {
        unsigned i = block->position++;
        if (order.threads == Order::shuffled) i = block->order[i];
        else if (down) i = count - 1 - i;
        if (block->threads[i].state == Thread::finished) continue;
        block->running = i;
        return &block->threads[i];
    }
    return nullptr;
}

void Launch::enter(Thread &thread) {
    unsigned i = (unsigned)(&thread - block->threads.data());
    if (size.y * size.z == 1) threadIdx = {i, 0, 0};
    else threadIdx = {i % size.x, i / size.x % size.y, i / size.x / size.y};
}

/// What a carrier does: threads that have not begun, until one of the others comes next.
void Launch::carry() {
    Launch &launch = *current;
    for (;;) {
        Block &block = *launch.block;
        Thread &mine = block.threads[block.running];
        launch.entry.body(launch.arguments);
        mine.state = Thread::finished;
        Thread *next = launch.next();
        if (next) launch.enter(*next);
        if (next && next->state == Thread::fresh) continue;
        Carrier *left = launch.carrier;
        stacks().give_back(left);
        if (next) launch.carrier = next->carrier;
        emulator_switch(&left->at, next ? next->carrier->at : launch.home);
    }
}

void Launch::meet(int line) {
    Thread &mine = block->threads[block->running];
    mine.state = Thread::waiting;
    mine.line = line;
    mine.carrier = carrier;
    block->left++;
    Thread *next = this->next();
    Carrier *left = carrier;
    if (!next) return emulator_switch(&left->at, home);
    enter(*next);
    if (next->state == Thread::fresh) {
        carrier = stacks().take();
        carrier->begin(carry);
    } else {
        carrier = next->carrier;
    }
    emulator_switch(&left->at, carrier->at);
}

void Launch::want(const int *turn, int mine) { block->turn = turn, block->mine = mine; }

void Launch::fail(std::string why) {
    trouble = why + " (block " + std::to_string(blockIdx.x) + ", " + std::to_string(blockIdx.y) + ", " +
              std::to_string(blockIdx.z) + ", thread " + std::to_string(block->running) + ")";
    void *left;
    emulator_switch(&left, home);
    __builtin_unreachable();
}
}  // namespace emulator
