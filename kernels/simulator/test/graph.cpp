// Captures and their replays.
#include "test.h"

#include "../library/library.h"

#include <sstream>

namespace test {
namespace {

using namespace simulator;

constexpr int RELAXED = 2;
const char* const INCREMENT = "ld.global.u32 %r1, [%a0];\nadd.u32 %r1, %r1, 1;\nst.global.u32 [%a0], %r1;";
const char* const ADD = "cvt.u32.u64 %r2, %a1;\nld.global.u32 %r1, [%a0];\nadd.u32 %r1, %r1, %r2;\n"
                        "st.global.u32 [%a0], %r1;";

// A stream that is captured from the start, and the graph that it became.
class Captured {
public:
  Captured() {
    cuStreamCreate(&stream, 1);
    check_equal(cuStreamBeginCapture_v2(stream, RELAXED), 0, "a capture begins");
  }
  ~Captured() {
    if (executable != nullptr) {
      check_equal(cuGraphExecDestroy(executable), 0, "the executable graph is destroyed");
    }
    if (graph != nullptr) {
      check_equal(cuGraphDestroy(graph), 0, "the graph is destroyed");
    }
    cuStreamDestroy_v2(stream);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  void end() {
    check_equal(cuStreamEndCapture(stream, &graph), 0, "the capture ends");
    check_equal(cuGraphInstantiateWithFlags(&executable, graph, 0), 0, "the graph is made ready");
  }

  void replay() {
    check_equal(cuGraphLaunch(executable, stream), 0, "a replay");
    check_equal(cuStreamSynchronize(stream), 0, "what was replayed");
  }

  void launch(const Kernels& module, std::uint64_t first, std::uint64_t second = 0) {
    void* parameters[] = {&first, &second};
    check_equal(
        cuLaunchKernel(module.function("k"), 1, 1, 1, 1, 1, 1, 0, stream, parameters, nullptr), 0,
        "launch");
  }

  int status() {
    int status = -1;
    check_equal(cuStreamIsCapturing(stream, &status), 0, "the question");
    return status;
  }

  void *stream, *graph = nullptr, *executable = nullptr;
};

std::uint32_t value(const Buffer& buffer) { return buffer.read<std::uint32_t>()[0]; }

void check_replays() {
  Kernels module(kernel(1, INCREMENT));
  Buffer a(std::vector<std::uint32_t>{4}), b(4);
  Captured c;
  check_equal(c.status(), 1, "it is captured");
  c.launch(module, a.address);
  cuMemcpyDtoD_v2(b.address, a.address, 4); // of another stream: it is not captured
  c.launch(module, a.address);
  c.end();
  check_equal(c.status(), 0, "it is captured no more");
  cuCtxSynchronize();
  check_equal(value(a), 4, "what is captured does not run");
  check_equal(value(b), 4, "what is not does");
  c.replay();
  check_equal(value(a), 6, "a replay runs all of it");
  c.launch(module, a.address);
  c.replay();
  check_equal(value(a), 9, "in order with what else is queued");
  check(text(simulator_leaks).find("1 graph(s)\n1 executable graph(s)\n") != std::string::npos,
      "they are to be given back");
  check_equal(cuModuleUnload(module.module), 1, "a graph needs the module");
  check_fault({"a graph may launch kernels of the module"}, "a graph needs the module");
}

// Parameters are those of the capture; device memory, and the host's, are what they are at a replay.
void check_values() {
  Kernels module(kernel(2, ADD));
  Buffer a(std::vector<std::uint32_t>{0}), b(std::vector<std::uint32_t>{0});
  void* pinned;
  cuMemAllocHost_v2(&pinned, 4);
  auto* host = static_cast<std::uint32_t*>(pinned);
  *host = 10;
  {
    Captured c;
    std::uint64_t ten = 10;
    c.launch(module, a.address, ten);
    cuMemcpyHtoDAsync_v2(b.address, host, 4, c.stream);
    c.end();
    *host = 20;
    c.replay();
    check_equal(value(b), 20, "what the host has at the replay");
    cuMemsetD32_v2(a.address, 100, 1);
    cuCtxSynchronize();
    *host = 30;
    c.replay();
    check_equal(value(a), 110, "what the device has, and the parameter of the capture");
    check_equal(value(b), 30, "what the host has at the next");
  }
  cuMemFreeHost(pinned);
}

// What the log says in the column before the last of a line.
long logged_graph(int line) {
  std::istringstream lines(text(simulator_log));
  std::string row;
  for (int i = 0; i <= line; ++i) {
    std::getline(lines, row);
  }
  row.resize(row.rfind(','));
  return std::stol(row.substr(row.rfind(',') + 1));
}

void check_library() {
  Buffer a(std::vector<std::uint32_t>{4});
  Captured c;
  library::Region region{"a", a.address, {}};
  library::call("double", [](Status status) { return static_cast<int>(status); }, [&] {
    library::queue("double", c.stream, {region}, [=](library::Running& device) {
      std::uint32_t before = *device.read<std::uint32_t>(region);
      *device.write<std::uint32_t>(region) = 2 * before;
    });
  });
  c.end();
  simulator_reset();
  c.replay();
  c.replay();
  check_equal(value(a), 16, "calls of libraries run again");
  long first = logged_graph(1);
  check(first > 0, "the log names the launch of a graph");
  check_equal(logged_graph(2), first + 1, "and tells it from the next");
}

void check_refused(int status, int expected, const char* words, const char* what) {
  check_equal(status, expected, what);
  check_fault({words}, what);
}

void check_refusals() {
  Buffer a(std::vector<std::uint32_t>{4});
  void *event, *graph = &a, *stream;
  cuEventCreate(&event, 0);
  {
    Captured c;
    check_refused(cuStreamBeginCapture_v2(c.stream, RELAXED), 401, "captured already", "a second");
    check_refused(cuStreamSynchronize(c.stream), 900, "nothing on it can be waited for", "a wait");
    check_equal(c.status(), 2, "it is spoilt");
    check_equal(cuStreamEndCapture(c.stream, &graph), 901, "it gives no graph");
    check(graph == nullptr, "it gives no graph");
    check_refused(cuStreamEndCapture(c.stream, &graph), 401, "is not captured", "it has ended");
    check_equal(cuStreamSynchronize(c.stream), 0, "and the stream is as before");
  }
  {
    Captured c;
    check_refused(cuStreamQuery(c.stream), 900, "can be waited for", "a question");
    check_refused(cuCtxSynchronize(), 900, "can be waited for", "a wait for all");
    std::uint64_t block;
    check_equal(cuMemAlloc_v2(&block, 4), 0, "memory can be had");
    check_refused(cuMemFree_v2(block), 900, "can be waited for", "and not given back");
    check_refused(cuEventRecord(event, c.stream), 801, "events in a captured stream", "an event");
    check_equal(cuStreamEndCapture(c.stream, &graph), 901, "it gives no graph");
    check_equal(cuMemFree_v2(block), 0, "after it, memory is given back");
  }
  cuStreamCreate(&stream, 1);
  check_refused(cuStreamBeginCapture_v2(stream, 0), 801, "captures but relaxed", "another mode");
  check_refused(cuStreamBeginCapture_v2(nullptr, RELAXED), 900, "default stream", "the default one");
  check_refused(cuGraphLaunch(event, stream), 400, "no such executable graph", "no graph");
  cuStreamDestroy_v2(stream);
  cuEventDestroy_v2(event);
}

void check_freed() {
  Kernels module(kernel(1, INCREMENT));
  Captured c;
  {
    Buffer a(std::vector<std::uint32_t>{4});
    c.launch(module, a.address);
    c.end();
    c.replay();
  }
  cuGraphLaunch(c.executable, c.stream);
  check_equal(cuStreamSynchronize(c.stream), 700, "memory of a graph was freed");
  check_fault({"use after free"}, "memory of a graph was freed");
}

} // namespace

void test_graph() {
  check_replays();
  check_values();
  check_library();
  check_refusals();
  check_freed();
}

} // namespace test
