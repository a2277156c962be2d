#include "test.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <sstream>

namespace test {
namespace {

int failed = 0;

} // namespace

void fail(const std::string& what) {
  ++failed;
  std::printf("FAILED: %s\n", what.c_str());
}

void check(bool holds, const std::string& what) {
  if (!holds) {
    fail(what);
  }
}

void check_equal(long long got, long long expected, const std::string& what) {
  if (got != expected) {
    fail(what + ": got " + std::to_string(got) + ", expected " + std::to_string(expected));
  }
}

int failures() { return failed; }

std::string text(std::size_t (*call)(char*, std::size_t)) {
  std::string result(call(nullptr, 0), '\0');
  call(&result[0], result.size());
  result.pop_back();
  return result;
}

void check_fault(const std::vector<std::string>& words, const std::string& what) {
  std::string fault = text(simulator_first_fault);
  for (const std::string& word : words) {
    check(fault.find(word) != std::string::npos,
        what + ": the fault '" + fault + "' does not say '" + word + "'");
  }
  simulator_reset();
}

std::set<std::string>& covered() {
  static std::set<std::string> spellings;
  return spellings;
}

void cover(std::initializer_list<const char*> spellings) {
  covered().insert(spellings.begin(), spellings.end());
}

Buffer::Buffer(std::size_t bytes) : size(bytes) {
  check_equal(cuMemAlloc_v2(&address, bytes), 0, "allocation");
}

Buffer::~Buffer() { cuMemFree_v2(address); }

Kernels::Kernels(const std::string& text) {
  std::string image = ".version 7.0\n.target sm_75\n.address_size 64\n" + text;
  result = cuModuleLoadData(&module, image.c_str());
}

Kernels::~Kernels() {
  if (result == 0) {
    cuModuleUnload(module);
  }
}

void* Kernels::function(const std::string& name) const {
  void* found = nullptr;
  cuModuleGetFunction(&found, module, name.c_str());
  return found;
}

int Kernels::run(const std::string& name, unsigned grid, unsigned block,
    std::vector<std::uint64_t> parameters, unsigned shared) const {
  std::vector<void*> pointers;
  for (std::uint64_t& parameter : parameters) {
    pointers.push_back(&parameter);
  }
  int status = cuLaunchKernel(
      function(name), grid, 1, 1, block, 1, 1, shared, nullptr, pointers.data(), nullptr);
  return status != 0 ? status : cuCtxSynchronize();
}

std::string kernel(int parameters, const std::string& body, const std::string& variables) {
  std::ostringstream out;
  out << variables << "\n.visible .entry k(";
  for (int i = 0; i < parameters; ++i) {
    out << (i == 0 ? "" : ", ") << ".param .u64 p" << i;
  }
  out << ")\n{\n.reg .b16 %h<32>;\n.reg .b32 %t, %n, %r<32>;\n.reg .b64 %w, %a<16>, %d<32>;\n"
      << ".reg .pred %p<16>;\nmov.u32 %t, %ctaid.x;\nmov.u32 %n, %ntid.x;\n"
      << "mul.lo.s32 %t, %t, %n;\nmov.u32 %n, %tid.x;\nadd.s32 %t, %t, %n;\n"
      << "cvt.u64.u32 %w, %t;\n";
  for (int i = 0; i < parameters; ++i) {
    out << "ld.param.u64 %a" << i << ", [p" << i << "];\n";
  }
  out << body << "\nret;\n}\n";
  return out.str();
}

std::vector<std::vector<std::uint64_t>> evaluate(const std::string& spelling, const Shape& shape,
    const std::vector<std::vector<std::uint64_t>>& rows, const std::string& format) {
  covered().insert(spelling);
  // Parameter 0 is the number of rows, 1 the results, 2 the operands; rows of 64-bit values.
  std::size_t results = shape.results.size(), operands = shape.operands.size();
  std::ostringstream body;
  std::vector<std::string> names;
  auto name = [&](int size) {
    const char* start = size == 0 ? "%p" : size == 2 ? "%h" : size == 4 ? "%r" : "%d";
    names.push_back(start + std::to_string(names.size() + 8));
    return names.back();
  };
  for (int size : shape.results) {
    name(size);
  }
  body << "setp.ge.u64 %p0, %w, %a0;\n@%p0 ret;\nmad.lo.u64 %d0, %w, " << 8 * operands
       << ", %a2;\nmad.lo.u64 %d1, %w, " << 8 * results << ", %a1;\n";
  for (std::size_t i = 0; i < operands; ++i) {
    int size = shape.operands[i];
    std::string to = name(size), at = ", [%d0+" + std::to_string(8 * i) + "];\n";
    if (size == 0) {
      body << "ld.global.u32 %r0" << at << "setp.ne.u32 " << to << ", %r0, 0;\n";
    } else {
      body << "ld.global.b" << 8 * size << " " << to << at;
    }
  }
  std::string line = spelling + " ";
  if (format.empty()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      line += (i == 0 ? "" : ", ") + names[i];
    }
  } else {
    for (std::size_t i = 0; i < format.size(); ++i) {
      line += format[i] == '$' ? names[format[++i] - '0'] : std::string(1, format[i]);
    }
  }
  body << line << ";\n";
  for (std::size_t i = 0; i < results; ++i) {
    int size = shape.results[i];
    if (size == 0) {
      body << "selp.u64 %d2, 1, 0, " << names[i] << ";\n";
    } else if (size == 8) {
      body << "mov.u64 %d2, " << names[i] << ";\n";
    } else {
      body << "cvt.u64.u" << 8 * size << " %d2, " << names[i] << ";\n";
    }
    body << "st.global.u64 [%d1+" << 8 * i << "], %d2;\n";
  }
  Kernels module(kernel(3, body.str()));
  std::vector<std::uint64_t> flat;
  for (const auto& row : rows) {
    flat.insert(flat.end(), row.begin(), row.end());
  }
  flat.push_back(0); // instructions without operands
  Buffer in(flat), out(rows.size() * results * 8);
  unsigned blocks = static_cast<unsigned>((rows.size() + 127) / 128);
  int status = module.result != 0 ? module.result
      : module.run("k", blocks, 128, {rows.size(), out.address, in.address});
  std::vector<std::vector<std::uint64_t>> got(rows.size(), std::vector<std::uint64_t>(results));
  if (status != 0) {
    fail(spelling + ": status " + std::to_string(status) + ", " + text(simulator_first_fault));
    simulator_reset();
    return got;
  }
  auto values = out.read<std::uint64_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    got[i / results][i % results] = values[i];
  }
  return got;
}

std::string describe(const std::string& spelling, const std::vector<std::uint64_t>& operands,
    std::uint64_t got, const std::string& expected) {
  std::ostringstream out;
  out << spelling << std::hex;
  for (std::uint64_t operand : operands) {
    out << " 0x" << operand;
  }
  out << ": got 0x" << got << " (" << std::dec << got << "), expected " << expected;
  return out.str();
}

template <class T> std::vector<T> integer_edges() {
  T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  return {0, 1, 2, 3, static_cast<T>(-1), static_cast<T>(-2), static_cast<T>(-7), 31, 63, 100,
      static_cast<T>(0x1234), static_cast<T>(0xa5c3a5c3a5c3a5c3), low, static_cast<T>(low + 1),
      high, static_cast<T>(high - 1), static_cast<T>(T{1} << (4 * sizeof(T)))};
}

#define EDGES(type) \
  template <> const std::vector<type>& edges<type>() { \
    static const std::vector<type> values = integer_edges<type>(); \
    return values; \
  }

EDGES(std::uint16_t)
EDGES(std::int16_t)
EDGES(std::uint32_t)
EDGES(std::int32_t)
EDGES(std::uint64_t)
EDGES(std::int64_t)

template <> const std::vector<float>& edges<float>() {
  static const std::vector<float> values{0.0f, -0.0f, 1, -1, 1.5f, 0.1f, -2.5f, 3.0f, 16777217.0f,
      0x1.fffffep-1f, 0x1p-126f, 0x1.8p-127f, -0x1p-149f, 0x1.fffffcp-127f, 0x1.fffffep127f,
      -0x1p127f, 0x1p126f, 1e10f, -3e9f, INFINITY, -INFINITY, NAN};
  return values;
}

template <> const std::vector<double>& edges<double>() {
  static const std::vector<double> values{0.0, -0.0, 1, -1, 1.5, 0.1, -2.5, 9007199254740993.0,
      0x1.fffffffffffffp-1, 0x1p-1022, 0x1.8p-1023, -0x1p-1074, 0x1.fffffffffffffp1023, -0x1p1023,
      0x1.000001p0, 0x1.0000018p0, 1e-40, 1e300, -3e9, 1e19, INFINITY, -INFINITY, NAN};
  return values;
}

} // namespace test

int main(int count_of_arguments, char**) {
  using namespace test;
  if (count_of_arguments > 1) {
    return leave_things_behind();
  }
  setenv("SIMULATOR_DEVICES", "2", 1);
  setenv("SIMULATOR_LIMIT", "1000000", 1);
  int unready = 0;
  check_equal(cuDeviceGetCount(&unready), 3, "a call before cuInit");
  check_fault({"cuInit was not called"}, "a call before cuInit");
  cuInit(0);
  void* context;
  cuDevicePrimaryCtxRetain(&context, 0);
  cuCtxSetCurrent(context);
  test_integers();
  test_bits();
  test_compare();
  test_floats();
  test_approximations();
  test_convert();
  test_moves();
  test_memory();
  test_atomics();
  test_warps();
  test_control();
  test_faults();
  test_calls();
  test_order();
  test_graph();
  test_log();
  test_queries();
  test_library();
  test_blas();
  test_dnn_values();
  test_dnn_refusals();
  test_batchnorm();
  test_exit();
  std::istringstream known(text(simulator_instructions));
  std::string spelling;
  int count = 0;
  for (; std::getline(known, spelling); ++count) {
    check(covered().count(spelling) == 1, "no test of " + spelling);
  }
  cuDevicePrimaryCtxRelease_v2(0);
  std::string left = text(simulator_leaks);
  check(left.empty(), "the tests leave behind: " + left);
  std::printf("%d instructions known, %d failures\n", count, failures());
  return failures() == 0 ? 0 : 1;
}
