// One launch of a kernel: blocks and their threads take turns.
#pragma once
#include "Stacks.h"
#include "emulated.h"
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace emulator {
/// In which order what runs at the same time on a device takes its turns here.
struct Order {
    enum Kind { up, down, to_and_fro, shuffled };
    Kind threads = to_and_fro, blocks = up;
    unsigned resident = 2;  ///< blocks that have begun and not ended, at most
    uint64_t seed = 0;
};

/// Values on their way from global to shared memory.
class Fetches {
  public:
    void add(float *to, const float *from, int count);
    void commit() { ends.push_back(copies.size()); }
    void wait(size_t open);
    void clear() { copies.clear(), ends.clear(), arrived = closed = 0; }

  private:
    struct Copy {
        float *to;
        const float *from;
        int count;
    };
    std::vector<Copy> copies;
    std::vector<size_t> ends;  ///< of the closed groups
    size_t arrived = 0, closed = 0;
};

struct Thread {
    enum State : uint8_t { fresh, waiting, finished } state = fresh;
    int line = 0;  ///< of the barrier where it waits
    Carrier *carrier = nullptr;
    Fetches fetches;
};

struct Block {
    dim3 index;
    std::vector<float> shared;
    std::vector<Thread> threads;
    std::vector<unsigned> order;   ///< of the threads in a phase, if shuffled
    unsigned position = 0;         ///< in the phase's order: who comes next
    unsigned phase = 0, running = 0, left = 0;
    const int *turn = nullptr;     ///< what the block waits for
    int mine = 0;
    float *start_of_shared() { return (float *)(((uintptr_t)shared.data() + 15) & ~(uintptr_t)15); }
    bool ready() const { return !turn || __atomic_load_n(turn, __ATOMIC_ACQUIRE) == mine; }
};

class Launch {
  public:
    Launch(const Entry &entry, dim3 grid, dim3 threads, size_t shared_bytes, const void *arguments, const Order &order);
    /// Runs all blocks. Returns what went wrong, or nothing.
    std::string run();

    void meet(int line);
    void want(const int *turn, int mine);
    Fetches &fetches() { return block->threads[block->running].fetches; }
    [[noreturn]] void fail(std::string why);
    void tell_fault(const void *address) const;
    /// The launch that runs on this host thread.
    static Launch *now();

  private:
    const Entry &entry;
    dim3 grid, size;
    unsigned count;
    size_t shared_bytes;
    const void *arguments;
    Order order;
    uint64_t random;
    std::string trouble;
    void *home = nullptr;
    Block *block = nullptr;
    Carrier *carrier = nullptr;  ///< whose stack runs
    std::vector<std::unique_ptr<Block>> resident, spare;

    uint64_t number();
    dim3 block_at(uint64_t position, uint64_t blocks) const;
    void start(uint64_t position, uint64_t blocks);
    void run_phase();
    /// The next thread of the phase, or none.
    Thread *next();
    void enter(Thread &thread);
    static void carry();
    bool ended();
};
}  // namespace emulator
