// An emulated device, its streams and events.
#pragma once
#include "CudaEmulator.h"
#include "Launch.h"
#include "Memory.h"
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace emulator {
/// The driver's results beside those that `cu_driver.h` names.
enum {
    INVALID_VALUE = 1, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201, NOT_FOUND = 500, LAUNCH_FAILED = 719,
};

class Device;
struct Stream;

/// A place in a stream. Whoever waits for it lets the stream run until there.
struct Event {
    Stream *stream = nullptr;
    uint64_t place = 0;
    std::chrono::steady_clock::time_point time;
};

/// What a stream is given waits until somebody asks for a result: whoever reads too early finds the old contents.
struct Stream {
    Device &device;
    std::deque<std::function<cu_result()>> work;
    uint64_t given = 0, done = 0;
    void add(std::function<cu_result()> task) { work.push_back(std::move(task)), given++; }
    /// Runs all that was given before `place`.
    void run(uint64_t place);
};

/// A kernel, as a module holds it.
struct Function {
    const Entry *entry;
    int shared_bytes;
};

/// What `cuda_emulator_add` reads.
struct Settings {
    explicit Settings(const std::string &text);
    Order order;
    size_t memory = (size_t)8 << 30;
    int capability = 90;
    std::string wrong_kernel, failing_call;
    unsigned wrong_launch = 0, failing_after = 0;
    int failing_result = 0;
};

class Device {
  public:
    Device(const Settings &settings, int number);
    const int number;
    Memory memory;
    /// Held by who uses the device; work runs on the host thread that waits for it.
    std::recursive_mutex lock;
    /// The stream of that handle; the null stream is one of its own.
    Stream &stream(cu_stream handle) { return handle ? *(Stream *)handle : standard; }
    std::set<Stream *> streams;
    /// Runs everything that any stream was given.
    void finish();
    /// Memory of the host that is pinned, by its end.
    std::map<uintptr_t, uintptr_t> pinned;
    bool is_pinned(const void *pointer) const;
    /// A result that a call of this name shall have, or 0.
    cu_result failure(const char *call);
    cu_result launch(const Function &function, dim3 grid, dim3 threads, unsigned shared_bytes, const void *arguments);
    /// The first failure of work that was queued; it stays.
    cu_result broken = 0;
    std::string why;

    int capability() const { return settings.capability; }

  private:
    Settings settings;
    Stream standard{*this, {}};
    /// Flips a bit of the first value that the launch of a kernel changed.
    class Flip;
};

/// Why the last launch of this host thread failed.
extern thread_local std::string trouble;
/// All devices. Device 0 is made by the environment.
Device *device(int number);
int device_count();
}  // namespace emulator
