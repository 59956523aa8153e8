#include "Device.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace emulator {
thread_local std::string trouble;

void Stream::run(uint64_t place) {
    while (done < place && !work.empty()) {
        auto task = std::move(work.front());
        work.pop_front();
        done++;
        cu_result result = device.broken ? device.broken : task();
        if (!device.broken) device.broken = result;
    }
}

Device::Device(const Settings &settings, int number) : number(number), settings(settings) {
    memory.limit = settings.memory;
    streams.insert(&standard);
}

void Device::finish() {
    for (Stream *stream : streams) stream->run(stream->given);
}

bool Device::is_pinned(const void *pointer) const {
    auto found = pinned.upper_bound((uintptr_t)pointer);
    return found != pinned.end() && found->second <= (uintptr_t)pointer;
}

cu_result Device::failure(const char *call) {
    if (settings.failing_call != call) return 0;
    if (settings.failing_after == 0) return settings.failing_result;
    settings.failing_after--;
    return 0;
}

class Device::Flip {
  public:
    Flip(Memory &memory, const void *arguments, size_t bytes) {
        for (size_t at = 0; at + 8 <= bytes; at += 8) {
            cu_address address;
            memcpy(&address, (const char *)arguments + at, 8);
            if (size_t size = memory.bytes_from(address)) before.push_back({(char *)address, std::string((char *)address, size)});
        }
    }
    /// Flips a bit that no rounding hides, of the first value that has changed. Whether there was one.
    bool apply() {
        for (auto &[at, old] : before)
            for (size_t i = 0; i + 4 <= old.size(); i += 4)
                if (memcmp(at + i, old.data() + i, 4)) return at[i + 2] ^= 0x10, true;
        return false;
    }

  private:
    std::vector<std::pair<char *, std::string>> before;
};

cu_result Device::launch(const Function &function, dim3 grid, dim3 threads, unsigned shared_bytes, const void *arguments) {
    const Entry &entry = *function.entry;
    bool wrong = settings.wrong_kernel == entry.name && settings.wrong_launch-- == 0;
    Flip flip(memory, arguments, wrong ? entry.bytes : 0);
    settings.order.seed++;
    std::string why = Launch(entry, grid, threads, shared_bytes, arguments, settings.order).run();
    if (why.empty()) why = memory.damage();
    if (wrong && why.empty() && !flip.apply()) why = "has written nothing of which a bit could be flipped";
    if (why.empty()) return 0;
    this->why = trouble = std::string(entry.name) + ": " + why;
    return LAUNCH_FAILED;
}

static Order::Kind order_named(const std::string &name, const std::string &part) {
    if (name == "to-and-fro") return Order::to_and_fro;
    if (name == "up") return Order::up;
    if (name == "down") return Order::down;
    if (name == "shuffled") return Order::shuffled;
    fprintf(stderr, "emulated device: there is no order %s\n", part.c_str());
    abort();
}

Settings::Settings(const std::string &text) {
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::istringstream words(part.substr(part.find('=') + 1));
        std::string key = part.substr(0, part.find('=')), value, second, third;
        std::getline(words, value, ':'), std::getline(words, second, ':'), std::getline(words, third, ':');
        auto number = [](const std::string &word) { return strtoull(word.c_str(), nullptr, 10); };
        if (key == "threads") order.threads = order_named(value, part);
        else if (key == "blocks") order.blocks = order_named(value, part);
        else if (key == "resident") order.resident = number(value);
        else if (key == "seed") order.seed = number(value);
        else if (key == "memory") memory = number(value);
        else if (key == "capability") capability = number(value);
        else if (key == "wrong") wrong_kernel = value, wrong_launch = number(second);
        else if (key == "fail") failing_call = value, failing_result = number(second), failing_after = number(third);
        else fprintf(stderr, "emulated device: there is no setting %s\n", part.c_str()), abort();
    }
}

/// The devices, never taken away.
struct Devices {
    std::mutex lock;
    std::deque<Device> all;
    Devices() {
        const char *text = getenv("CUDA_EMULATOR");
        all.emplace_back(Settings(text ? text : ""), 0);
    }
};
static Devices &devices() {
    static Devices devices;
    return devices;
}
Device *device(int number) {
    std::lock_guard<std::mutex> held(devices().lock);
    return number >= 0 && (size_t)number < devices().all.size() ? &devices().all[number] : nullptr;
}
int device_count() {
    std::lock_guard<std::mutex> held(devices().lock);
    return (int)devices().all.size();
}
}  // namespace emulator

extern "C" __attribute__((visibility("default"))) int cuda_emulator_add(const char *settings) {
    auto &devices = emulator::devices();
    std::lock_guard<std::mutex> held(devices.lock);
    devices.all.emplace_back(emulator::Settings(settings), (int)devices.all.size());
    return (int)devices.all.size() - 1;
}
extern "C" const char *cuda_emulator_trouble(void) { return emulator::trouble.c_str(); }
