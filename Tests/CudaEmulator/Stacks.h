// Stacks for fibers, kept from one launch to the next.
#pragma once
#include <vector>

extern "C" void emulator_switch(void **from, void *to);

namespace emulator {
/// A stack on which threads of a block run, one after the other until one meets a barrier and keeps it.
struct Carrier {
    void *at;      ///< where it was left
    char *bottom;  ///< of its memory; above a page that nobody may touch
    unsigned number;
    /// Made ready to begin in `entry`, which never returns.
    void begin(void (*entry)());
};
/// The carriers of a host thread.
class Stacks {
  public:
    Carrier *take();
    void give_back(Carrier *carrier) { spare.push_back(carrier); }
    /// All are spare again, wherever they were left.
    void recall() { spare = all; }
    ~Stacks();

  private:
    std::vector<Carrier *> all, spare;
};
}  // namespace emulator
