// Modules, functions and launches.
#include "../exec/block.h"
#include "call.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace simulator {
namespace {

constexpr int NEWEST_PTX = 85; // 8.5, as a driver for CUDA 12.6 takes
constexpr int CAPABILITY = 75;
constexpr int NO_BINARY_FOR_GPU = 209;
// Bytes of shared memory of a block, and how many a kernel may have that asks for them.
constexpr std::uint32_t SHARED_DEFAULT = 48 << 10, SHARED_LIMIT = 64 << 10;

void place(State& s, Module& module, const ptx::Variable& variable) {
  if (variable.space == ".shared") {
    return;
  }
  if (variable.external || variable.size == 0) {
    throw Fault(INVALID_PTX, "variable " + variable.name + " is not defined here");
  }
  Allocation& memory =
      s.memory.allocate(module.context->device, variable.size, variable.name);
  // What has no initial value is zero.
  std::memset(memory.data, 0, variable.size);
  std::memset(memory.written, 1, variable.size);
  std::copy(variable.content.begin(), variable.content.end(), memory.data);
  module.symbols[variable.name] = {memory.begin, variable.size};
}

void fill(State& s, Module& module, const ptx::Module& parsed) {
  for (const ptx::Variable& variable : parsed.variables) {
    place(s, module, variable);
  }
  for (const ptx::Kernel& kernel : parsed.kernels) {
    auto function = std::make_unique<Function>();
    function->module = &module;
    function->program = decode(parsed, kernel, module.symbols);
    std::uint32_t fixed = function->program.dynamic_offset;
    function->dynamic_limit = SHARED_DEFAULT - std::min(SHARED_DEFAULT, fixed);
    module.functions[kernel.name] = std::move(function);
  }
}

std::unique_ptr<Module> load(State& s, const char* image) {
  auto module = std::make_unique<Module>();
  module->context = &current_context();
  ptx::Module parsed = ptx::parse(image);
  if (parsed.version > NEWEST_PTX) {
    throw Fault(UNSUPPORTED_PTX_VERSION, ".version " + std::to_string(parsed.version / 10) + "."
        + std::to_string(parsed.version % 10) + " is newer than this driver knows");
  }
  if (parsed.target > CAPABILITY) {
    throw Fault(static_cast<Status>(NO_BINARY_FOR_GPU), ".target sm_"
        + std::to_string(parsed.target) + " on a device of compute capability 7.5");
  }
  try {
    fill(s, *module, parsed);
  } catch (...) {
    s.release(*module);
    throw;
  }
  return module;
}

void load_into(State& s, void** handle, const char* image) {
  require_pointer(handle, "the module");
  require_pointer(image, "the image");
  try {
    std::unique_ptr<Module> module = load(s, image);
    *handle = module.get();
    s.modules.insert(std::move(module));
  } catch (const ptx::Error& error) {
    throw Fault(INVALID_PTX, error.what());
  }
}

// CU_JIT_ERROR_LOG_BUFFER and its size.
void tell(const std::string& text, unsigned count, const int* options, void** values) {
  char* buffer = nullptr;
  std::size_t size = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == 5) {
      buffer = static_cast<char*>(values[i]);
    } else if (options[i] == 6) {
      size = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(values[i]));
    }
  }
  if (buffer != nullptr && size > 0) {
    std::size_t written = std::min(size - 1, text.size());
    std::memcpy(buffer, text.data(), written);
    buffer[written] = '\0';
  }
}

std::string text(Dim dim) {
  return std::to_string(dim.x) + " x " + std::to_string(dim.y) + " x " + std::to_string(dim.z);
}

void require_extent(const Function& function, Dim grid, Dim block, std::uint32_t dynamic) {
  const Program& program = function.program;
  std::string start = program.name + ": ";
  if (grid.count() == 0 || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535) {
    throw Fault(INVALID_VALUE, start + "bad grid: " + text(grid)
        + ", expected 1 to 2147483647 x 65535 x 65535");
  }
  if (block.count() == 0 || block.x > 1024 || block.y > 1024 || block.z > 64
      || block.count() > 1024) {
    throw Fault(INVALID_VALUE, start + "bad block: " + text(block)
        + ", expected 1 to 1024 x 1024 x 64 and at most 1024 threads");
  }
  if (block.count() > static_cast<std::uint64_t>(program.max_threads)) {
    throw Fault(LAUNCH_OUT_OF_RESOURCES, start + "bad block: " + text(block)
        + ", the kernel was compiled for " + std::to_string(program.max_threads) + " threads");
  }
  if (dynamic > function.dynamic_limit) {
    throw Fault(INVALID_VALUE, start + "too much shared memory: "
        + std::to_string(program.dynamic_offset)
        + " static + " + std::to_string(dynamic) + " dynamic bytes; at most "
        + std::to_string(function.dynamic_limit) + " dynamic");
  }
}

std::vector<std::uint8_t> pack(const Program& program, void** values) {
  std::vector<std::uint8_t> result(program.parameter_bytes);
  if (!program.parameters.empty()) {
    require_pointer(values, "the kernel parameters");
  }
  for (std::size_t i = 0; i < program.parameters.size(); ++i) {
    const Parameter& parameter = program.parameters[i];
    require_pointer(values[i], parameter.name.c_str());
    std::memcpy(result.data() + parameter.offset, values[i], parameter.size);
  }
  return result;
}

void execute(State& s, const Launch& launch) {
  if (must_fail("kernel")) {
    throw Fault(LAUNCH_FAILED, "kernel " + launch.program->name + ": fails as it was asked to");
  }
  auto start = std::chrono::steady_clock::now();
  Counts counts;
  try {
    counts = run_grid(launch, s.host_threads);
  } catch (...) {
    s.memory.take_moved();
    throw;
  }
  counts.distinct = s.memory.take_moved();
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  s.log.add({0, launch.program->name, launch.grid, launch.block,
      launch.program->dynamic_offset + launch.dynamic_shared, launch.program->local_bytes, counts,
      time.count()});
}

int blocks_per_multiprocessor(const Function& function, int threads, std::size_t dynamic) {
  if (threads < 1 || threads > function.program.max_threads) {
    return 0;
  }
  std::size_t shared = function.program.dynamic_offset + dynamic;
  int by_threads = 1024 / ((threads + LANES - 1) / LANES * LANES);
  int by_shared = shared == 0 ? 16 : static_cast<int>(SHARED_LIMIT / shared);
  return std::min({16, by_threads, by_shared});
}

} // namespace

DRIVER_CALL int cuModuleLoadData(void** module, const void* image) {
  return call("cuModuleLoadData",
      [&](State& s) { load_into(s, module, static_cast<const char*>(image)); });
}

DRIVER_CALL int cuModuleLoadDataEx(
    void** module, const void* image, unsigned count, int* options, void** values) {
  return call("cuModuleLoadDataEx", [&](State& s) {
    try {
      load_into(s, module, static_cast<const char*>(image));
    } catch (const Fault& fault) {
      tell(fault.what(), count, options, values);
      throw;
    }
  });
}

DRIVER_CALL int cuModuleUnload(void* handle) {
  return call("cuModuleUnload", [&](State& s) {
    Module& module = module_of(s, handle);
    if (!s.graphs.empty() || !s.executables.empty()) {
      throw Fault(INVALID_VALUE, "a graph may launch kernels of the module; destroy it first");
    }
    finish(s, *module.context, *module.context);
    s.destroy(&module);
  });
}

DRIVER_CALL int cuModuleGetFunction(void** function, void* module, const char* name) {
  return call("cuModuleGetFunction", [&](State& s) {
    require_pointer(function, "the function");
    require_pointer(name, "the name");
    auto& functions = module_of(s, module).functions;
    auto found = functions.find(name);
    if (found == functions.end()) {
      throw Fault(NOT_FOUND, std::string("no kernel ") + name);
    }
    *function = found->second.get();
  });
}

DRIVER_CALL int cuModuleGetGlobal_v2(
    std::uint64_t* address, std::size_t* bytes, void* module, const char* name) {
  return call("cuModuleGetGlobal", [&](State& s) {
    require_pointer(name, "the name");
    auto& symbols = module_of(s, module).symbols;
    auto found = symbols.find(name);
    if (found == symbols.end()) {
      throw Fault(NOT_FOUND, std::string("no variable ") + name);
    }
    if (address != nullptr) {
      *address = found->second.address;
    }
    if (bytes != nullptr) {
      *bytes = found->second.size;
    }
  });
}

// The numbers are those of CUfunction_attribute.
DRIVER_CALL int cuFuncGetAttribute(int* value, int which, void* handle) {
  return call("cuFuncGetAttribute", [&](State& s) {
    require_pointer(value, "the value");
    const Function& function = function_of(s, handle);
    const Program& program = function.program;
    switch (which) {
      case 0: *value = program.max_threads; break;
      case 1: *value = static_cast<int>(program.static_shared); break;
      case 2: *value = 0; break;
      case 3: *value = static_cast<int>(program.local_bytes); break;
      // Those of PTX are virtual; how many a GPU needs is not known here.
      case 4: *value = static_cast<int>(std::min(program.registers, 255u)); break;
      case 5: *value = 70; break;
      case 6: *value = CAPABILITY; break;
      case 7: *value = 0; break;
      case 8: *value = static_cast<int>(function.dynamic_limit); break;
      default: throw Fault(INVALID_VALUE, "unknown attribute " + std::to_string(which));
    }
  });
}

DRIVER_CALL int cuFuncSetAttribute(void* handle, int which, int value) {
  return call("cuFuncSetAttribute", [&](State& s) {
    Function& function = function_of(s, handle);
    if (which != 8) {
      throw Fault(INVALID_VALUE, "attribute " + std::to_string(which) + " cannot be set");
    }
    if (value < 0 || value + function.program.dynamic_offset > SHARED_LIMIT) {
      throw Fault(INVALID_VALUE, "too much shared memory: " + std::to_string(value) + " bytes");
    }
    function.dynamic_limit = static_cast<std::uint32_t>(value);
  });
}

DRIVER_CALL int cuLaunchKernel(void* handle, unsigned grid_x, unsigned grid_y, unsigned grid_z,
    unsigned block_x, unsigned block_y, unsigned block_z, unsigned dynamic_shared, void* stream,
    void** parameters, void** extra) {
  return call("cuLaunchKernel", [&](State& s) {
    Function& function = function_of(s, handle);
    Stream& target = stream_of(s, stream);
    fail_if_asked("launch", LAUNCH_OUT_OF_RESOURCES);
    if (extra != nullptr) {
      throw Fault(NOT_SUPPORTED, "parameters in a buffer are not known here");
    }
    Launch launch;
    launch.program = &function.program;
    launch.grid = {grid_x, grid_y, grid_z};
    launch.block = {block_x, block_y, block_z};
    launch.dynamic_shared = dynamic_shared;
    require_extent(function, launch.grid, launch.block, dynamic_shared);
    launch.parameters = pack(function.program, parameters);
    launch.device = target.context->device;
    launch.memory = &s.memory;
    launch.limit = s.instruction_limit;
    Work work;
    work.run = [&s, launch = std::move(launch)] { execute(s, launch); };
    enqueue(s, target, std::move(work));
  });
}

DRIVER_CALL int cuOccupancyMaxActiveBlocksPerMultiprocessor(
    int* blocks, void* handle, int threads, std::size_t dynamic_shared) {
  return call("cuOccupancyMaxActiveBlocksPerMultiprocessor", [&](State& s) {
    require_pointer(blocks, "the blocks");
    *blocks = blocks_per_multiprocessor(function_of(s, handle), threads, dynamic_shared);
  });
}

DRIVER_CALL int cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int* blocks, void* handle, int threads, std::size_t dynamic_shared, unsigned) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, handle, threads, dynamic_shared);
}

DRIVER_CALL int cuOccupancyMaxPotentialBlockSize(int* grid, int* threads, void* handle,
    std::size_t (*shared_for)(int), std::size_t dynamic_shared, int limit) {
  return call("cuOccupancyMaxPotentialBlockSize", [&](State& s) {
    require_pointer(grid, "the grid");
    require_pointer(threads, "the threads");
    const Function& function = function_of(s, handle);
    int most = limit > 0 ? std::min(limit, function.program.max_threads)
                         : function.program.max_threads;
    int best = 0;
    for (int size = most; size >= 1; size -= size % LANES == 0 ? LANES : size % LANES) {
      std::size_t shared = shared_for != nullptr ? shared_for(size) : dynamic_shared;
      int blocks = blocks_per_multiprocessor(function, size, shared);
      if (blocks * size > best) {
        best = blocks * size;
        *threads = size;
        *grid = blocks * 16;
      }
    }
    if (best == 0) {
      throw Fault(INVALID_VALUE, "no block of this kernel fits");
    }
  });
}

} // namespace simulator
