// The log of launches, with counts worked out by hand.
#include "test.h"

#include <map>
#include <sstream>

namespace test {
namespace {

// The last line of the log by the names of its columns.
std::map<std::string, std::string> last() {
  std::istringstream lines(text(simulator_log));
  std::string header, line, row;
  std::getline(lines, header);
  while (std::getline(lines, line)) {
    row = line;
  }
  std::map<std::string, std::string> result;
  std::istringstream names(header), values(row);
  std::string name, value;
  while (std::getline(names, name, ',') && std::getline(values, value, ',')) {
    result[name] = value;
  }
  return result;
}

std::map<std::string, std::string> run(const std::string& body, unsigned blocks, unsigned threads) {
  Kernels module(kernel(1, body));
  Buffer buffer(1 << 20);
  cuMemsetD8_v2(buffer.address, 0, buffer.size);
  check_equal(module.run("k", blocks, threads, {buffer.address}), 0, "a logged launch");
  return last();
}

void check_column(std::map<std::string, std::string> row, const std::string& name,
    const std::string& expected, const std::string& what) {
  check(row[name] == expected, what + ": " + name + " is " + row[name] + ", expected " + expected);
}

void check_traffic() {
  auto row = run("mul.lo.u64 %d0, %w, 4;\nadd.u64 %d0, %d0, %a0;\nld.global.u32 %r1, [%d0];\n"
                 "st.global.u32 [%d0], %r1;",
      2, 64);
  // Four warps; 7 instructions of the frame, the four above and ret.
  check_column(row, "kernel", "k", "aligned words");
  check_column(row, "grid_x", "2", "aligned words");
  check_column(row, "block_x", "64", "aligned words");
  check_column(row, "warp_instructions", "48", "aligned words");
  check_column(row, "thread_instructions", "1536", "aligned words");
  check_column(row, "bytes_loaded", "512", "aligned words");
  check_column(row, "bytes_stored", "512", "aligned words");
  check_column(row, "sectors_loaded", "16", "aligned words");
  check_column(row, "sectors_stored", "16", "aligned words");
  row = run("mul.lo.u64 %d0, %w, 4;\nadd.u64 %d0, %d0, %a0;\nld.global.u32 %r1, [%d0+4];", 1, 32);
  check_column(row, "sectors_loaded", "5", "words off by one");
  row = run("mul.lo.u64 %d0, %w, 128;\nadd.u64 %d0, %d0, %a0;\nld.global.u32 %r1, [%d0];", 1, 32);
  check_column(row, "sectors_loaded", "32", "a column of a matrix");
  check_column(row, "bytes_loaded", "128", "a column of a matrix");
  row = run("ld.global.u32 %r1, [%a0];", 1, 32);
  check_column(row, "sectors_loaded", "1", "the same word for all");
  row = run("mul.lo.u64 %d0, %w, 16;\nadd.u64 %d0, %d0, %a0;\n"
            "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%d0];",
      1, 32);
  check_column(row, "sectors_loaded", "16", "vectors");
  check_column(row, "bytes_loaded", "512", "vectors");
  row = run("mul.lo.u64 %d0, %w, 4;\nadd.u64 %d0, %d0, %a0;\nred.global.add.u32 [%d0], 1;", 1, 40);
  check_column(row, "atomics", "40", "atomics");
}

// Bytes that count once, however many threads ask for them.
void check_distinct() {
  auto row = run("ld.global.u32 %r1, [%a0];", 3, 64);
  check_column(row, "bytes_loaded", "768", "the same word for all");
  check_column(row, "distinct_loaded", "4", "the same word for all");
  check_column(row, "distinct_stored", "0", "the same word for all");
  row = run("and.b64 %d0, %w, 7;\nmul.lo.u64 %d0, %d0, 4;\nadd.u64 %d0, %d0, %a0;\n"
            "ld.global.u32 %r1, [%d0];\nst.global.u32 [%d0+32], %r1;\nst.global.u8 [%d0+64], %r1;",
      2, 32);
  check_column(row, "distinct_loaded", "32", "eight words");
  check_column(row, "distinct_stored", "40", "eight words and eight bytes");
  row = run("red.global.add.u32 [%a0], 1;", 1, 40);
  check_column(row, "distinct_loaded", "4", "atomics read");
  check_column(row, "distinct_stored", "4", "and write");
}

void check_transfers() {
  Buffer from(100), to(100);
  std::vector<std::uint8_t> host(100);
  auto check_last = [](const char* call, const char* read, const char* written) {
    auto row = last();
    check_column(row, "kernel", call, call);
    check_column(row, "distinct_loaded", read, call);
    check_column(row, "bytes_stored", written, call);
  };
  cuMemcpyHtoD_v2(from.address, host.data(), 100);
  check_last("cuMemcpyHtoD", "0", "100");
  check_column(last(), "sectors_stored", "4", "the last sector is not full");
  cuMemcpyDtoD_v2(to.address, from.address, 60);
  cuCtxSynchronize();
  check_last("cuMemcpyDtoD", "60", "60");
  cuMemcpyDtoH_v2(host.data(), to.address, 60);
  check_last("cuMemcpyDtoH", "60", "0");
  cuMemsetD32_v2(to.address, 0, 10);
  cuCtxSynchronize();
  check_last("cuMemsetD32", "0", "40");
}

void check_banks() {
  std::string store = ".shared .align 4 .b8 v[16384];\nmov.u32 %r1, v;\nmad.lo.u32 %r1, %t, STRIDE, %r1;\n"
                      "st.shared.u32 [%r1], %t;";
  struct {
    const char *stride, *conflicts;
  } cases[] = {{"4", "0"}, {"8", "1"}, {"128", "31"}, {"132", "0"}, {"256", "31"}, {"12", "0"}};
  for (const auto& one : cases) {
    std::string body = store;
    body.replace(body.find("STRIDE"), 6, one.stride);
    auto row = run(body, 1, 32);
    check_column(row, "shared_accesses", "1", std::string("a stride of ") + one.stride);
    check_column(row, "bank_conflicts", one.conflicts, std::string("a stride of ") + one.stride);
  }
}

void check_divergence() {
  auto row = run("setp.lt.u32 %p1, %t, 40;\n@%p1 bra over;\nadd.u32 %r1, %t, 1;\nover:", 1, 96);
  check_column(row, "branches", "3", "one of three warps parts");
  check_column(row, "divergent_branches", "1", "one of three warps parts");
  row = run("bar.sync 0;\nbar.sync 0;", 3, 64);
  check_column(row, "barriers", "12", "two barriers in six warps");
}

} // namespace

void test_log() {
  check_traffic();
  check_distinct();
  check_transfers();
  check_banks();
  check_divergence();
}

} // namespace test
