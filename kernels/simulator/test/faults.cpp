// Each class of fault: a kernel that is broken on purpose is caught with the right words.
#include "test.h"

namespace test {
namespace {

// Runs one block of a broken kernel whose parameter is a buffer of so many bytes.
void check_broken(const std::string& what, const std::string& body, int status,
    const std::vector<std::string>& words, unsigned threads = 32, std::size_t bytes = 128,
    bool written = true) {
  Kernels module(kernel(1, body));
  Buffer buffer(bytes);
  if (written) {
    cuMemsetD8_v2(buffer.address, 0, bytes);
  }
  check_equal(module.run("k", 1, threads, {buffer.address}), status, what);
  // The error stays with the context.
  check_equal(cuCtxSynchronize(), status, what + ", asked again");
  std::uint64_t address;
  check_equal(cuMemAlloc_v2(&address, 4), status, what + ", at the next allocation");
  std::vector<std::string> all{"kernel k, block (0,0,0)"};
  all.insert(all.end(), words.begin(), words.end());
  check_fault(all, what);
}

const std::string PLACE = "mul.lo.u64 %d0, %w, 4;\nadd.u64 %d0, %d0, %a0;\n";

void check_global_memory() {
  check_broken("a read past the end", PLACE + "ld.global.u32 %r1, [%d0];", 700,
      {"thread (32,0,0)", "ld.global.u32", "out of bounds: 4 bytes at 0x",
          "0 bytes past the end of allocation #", "(128 bytes at 0x"},
      33);
  check_broken("a write before the start", PLACE + "st.global.u32 [%d0+-4], %t;", 700,
      {"thread (0,0,0)", "st.global.u32", "out of bounds", "bytes before allocation #"});
  check_broken("a vector over the end", "st.global.v4.u32 [%a0+112], {%t, %t, %t, %t};", 700,
      {"out of bounds: 16 bytes", "reach 4 bytes past the end of allocation #"}, 1, 124);
  check_broken("the null pointer", "mov.u64 %d1, 0;\nld.global.u32 %r1, [%d1];", 700,
      {"out of bounds: 4 bytes at 0x0, which is no device address"});
  check_broken("a misaligned vector", "ld.global.v2.f32 {%r1, %r2}, [%a0+4];", 716,
      {"thread (0,0,0)", "misaligned: 8 bytes at 0x"});
  check_broken("a misaligned word", "ld.global.u16 %h1, [%a0+1];", 716, {"misaligned: 2 bytes"});
  check_broken("fresh memory", PLACE + "st.global.u8 [%d0], %t;\nld.global.u32 %r1, [%d0];", 719,
      {"uninitialised read: byte at 0x", "offset 1 of allocation #"}, 32, 128, false);
  check_broken("an atomic on fresh memory", "red.global.add.u32 [%a0], 1;", 719,
      {"uninitialised read", "red.global.add.u32"}, 1, 4, false);
}

void check_host_address() {
  Kernels module(kernel(1, "ld.global.u32 %r1, [%a0];"));
  int here = 7;
  check_equal(module.run("k", 1, 1, {reinterpret_cast<std::uint64_t>(&here)}), 700, "a host address");
  check_fault({"which is no device address"}, "a host address");
}

void check_freed() {
  Kernels module(kernel(1, "ld.global.u32 %r1, [%a0+8];"));
  std::uint64_t address;
  cuMemAlloc_v2(&address, 64);
  cuMemFree_v2(address);
  check_equal(module.run("k", 1, 1, {address}), 700, "use after free");
  check_fault({"use after free: 4 bytes at 0x", "in freed allocation #", "(64 bytes"},
      "use after free");
  check_equal(cuMemFree_v2(address), 1, "double free");
  check_fault({"cuMemFree: double free of allocation #"}, "double free");
}

void check_foreign() {
  Kernels module(kernel(1, "ld.global.u32 %r1, [%a0];"));
  void* other;
  cuDevicePrimaryCtxRetain(&other, 1);
  cuCtxPushCurrent_v2(other);
  std::uint64_t address;
  cuMemAlloc_v2(&address, 4);
  cuMemsetD8_v2(address, 0, 4);
  cuCtxSynchronize();
  cuCtxPopCurrent_v2(nullptr);
  check_equal(module.run("k", 1, 1, {address}), 700, "another device's memory");
  check_fault({"wrong device: device 0 accesses 0x", "device 1)"}, "another device's memory");
  check_equal(cuMemFree_v2(address), 1, "free in the wrong context");
  check_fault({"wrong context", "freed with device 0 current"}, "free in the wrong context");
  cuCtxPushCurrent_v2(other);
  cuMemFree_v2(address);
  cuCtxPopCurrent_v2(nullptr);
  cuDevicePrimaryCtxRelease_v2(1);
}

const std::string SHARED = ".shared .align 4 .b8 v[256];\nmov.u32 %r2, v;\nmul.lo.u32 %r1, %t, 4;\n"
                           "add.u32 %r3, %r2, %r1;\n";

void check_shared_memory() {
  check_broken("a race of a write and a read", SHARED + "st.shared.u32 [%r3], %t;\n"
      "setp.lt.u32 %p1, %t, 32;\n@!%p1 ld.shared.u32 %r5, [%r3+-128];", 719,
      {"shared race: byte 0 of shared memory, written by thread 0 (PTX line",
          "and read by thread 32 without a barrier between"},
      64);
  check_broken("a race inside a warp", SHARED + "st.shared.u32 [%r3], %t;\nxor.b32 %r4, %r1, 4;\n"
      "add.u32 %r4, %r2, %r4;\nld.shared.u32 %r5, [%r4];", 719,
      {"shared race", "written by thread 1", "and read by thread 0"});
  check_broken("a race of two writes", SHARED + "st.shared.u32 [%r2], %t;", 719,
      {"shared race", "written by thread 0", "and written by thread 1"});
  // The read is ordered after the write before the barrier, but not the write after it.
  check_broken("a race of a read and the next write", SHARED + "st.shared.u32 [%r3], %t;\n"
      "bar.sync 0;\nsetp.lt.u32 %p1, %t, 32;\n@%p1 ld.shared.u32 %r5, [%r3+128];\n"
      "@!%p1 st.shared.u32 [%r3], %t;", 719,
      {"shared race: byte 128", "read by thread 0", "and written by thread 32"}, 64);
  check_broken("a race with an atomic", SHARED + "setp.eq.u32 %p1, %t, 0;\n@%p1 st.shared.u32 [%r2], %t;\n"
      "@!%p1 red.shared.add.u32 [%r2], 1;", 719, {"shared race", "red.shared.add.u32"});
  // All have read the word; the second warp, which is in step, overwrites it before the first goes on.
  check_broken("a race with a reader of another warp", SHARED + "setp.eq.u32 %p1, %t, 0;\n"
      "@%p1 st.shared.u32 [%r2], %t;\nbar.sync 0;\nld.shared.u32 %r5, [%r2];\nbar.warp.sync -1;\n"
      "setp.eq.u32 %p2, %t, 40;\n@%p2 st.shared.u32 [%r2], %t;", 719,
      {"shared race: byte 0", "read by thread 31", "and written by thread 40"}, 64);
  check_broken("a race of the last atomic's thread", SHARED + "setp.eq.u32 %p1, %t, 0;\n"
      "@%p1 st.shared.u32 [%r2], %t;\nbar.sync 0;\nred.shared.add.u32 [%r2], 1;\n"
      "setp.eq.u32 %p2, %t, 63;\n@%p2 ld.shared.u32 %r5, [%r2];", 719,
      {"shared race: byte 0", "written by thread 62", "and read by thread 63"}, 64);
  check_broken("shared memory that nobody wrote", SHARED + "ld.shared.u32 %r5, [%r3];", 719,
      {"uninitialised read: byte 0 of shared memory"});
  check_broken("past the end of shared memory", SHARED + "st.shared.u32 [%r3+252], %t;", 700,
      {"thread (1,0,0)", "out of bounds: 4 bytes of shared memory at offset 256",
          "the block has 256"});
  check_broken("an odd shared address", SHARED + "st.shared.u32 [%r2+2], %t;", 716,
      {"misaligned: 4 bytes"});
  check_broken("local memory that nobody wrote", ".local .align 4 .b8 v[8];\nld.local.u32 %r1, [v];",
      719, {"uninitialised read: local memory at offset 0"});
  check_broken("past the end of local memory",
      ".local .align 4 .b8 v[8];\nmov.u64 %d1, v;\nst.local.u32 [%d1+16], %t;", 700,
      {"out of bounds: 4 bytes of local memory at offset 16"});
  check_broken("past the end of the parameters", "ld.param.u32 %r1, [p0+8];", 700,
      {"out of bounds: 4 bytes of the parameters at offset 8 of 8"});
}

void check_races_that_are_none() {
  // A sum over a block by halves; the same words are used by every block.
  Kernels module(kernel(1, ".shared .align 4 .b8 v[256];\nmov.u32 %r2, v;\nmov.u32 %r9, %tid.x;\n"
      "mul.lo.u32 %r1, %r9, 4;\nadd.u32 %r3, %r2, %r1;\nst.shared.u32 [%r3], %r9;\n"
      "mov.u32 %r4, 32;\nnext:\nbar.sync 0;\nsetp.ge.u32 %p1, %r9, %r4;\n@%p1 bra skip;\n"
      "mul.lo.u32 %r5, %r4, 4;\nadd.u32 %r5, %r5, %r3;\nld.shared.u32 %r6, [%r5];\n"
      "ld.shared.u32 %r7, [%r3];\nadd.u32 %r7, %r7, %r6;\nst.shared.u32 [%r3], %r7;\nskip:\n"
      "shr.u32 %r4, %r4, 1;\nsetp.ne.u32 %p2, %r4, 0;\n@%p2 bra next;\n"
      "setp.ne.u32 %p3, %r9, 0;\n@%p3 ret;\nld.shared.u32 %r7, [%r2];\nmov.u32 %r1, %ctaid.x;\n"
      "mul.wide.u32 %d0, %r1, 4;\nadd.u64 %d0, %d0, %a0;\nst.global.u32 [%d0], %r7;"));
  Buffer out(400);
  check_equal(module.run("k", 100, 64, {out.address}), 0, "a sum in shared memory");
  check(out.read<std::uint32_t>() == std::vector<std::uint32_t>(100, 2016), "a sum in shared memory");
}

void check_barriers() {
  check_broken("a barrier in a branch", "setp.lt.u32 %p1, %t, 7;\n@!%p1 bra over;\nbar.sync 0;\nover:",
      719, {"divergent barrier: lanes 0x7f of 0xffffffff of the warp are at bar.sync"});
  check_broken("a barrier under a guard", "setp.lt.u32 %p1, %t, 7;\n@%p1 bar.sync 0;", 719,
      {"divergent barrier: lanes 0x7f"});
  check_broken("a barrier that waits for more", "bar.sync 0, 96;", 719,
      {"barrier never completes", "warp 0 waits at barrier 0", "for 96 threads"}, 64);
  check_broken("a barrier that more reach", "bar.sync 1, 64;", 719,
      {"barrier 1 for 64 threads is reached by 96"}, 96);
  check_broken("a barrier with two counts", "setp.lt.u32 %p1, %t, 32;\nselp.b32 %r1, 64, 96, %p1;\n"
      "bar.sync 1, %r1;", 719,
      {"barrier 1 for 64 threads, but warp 1 waits there for 96"}, 64);
  check_broken("a barrier number that differs", "bar.sync %t;", 719,
      {"divergent barrier: the barrier differs between lanes"});
  check_broken("a shuffle in a branch",
      "setp.lt.u32 %p1, %t, 7;\n@!%p1 bra over;\nshfl.sync.down.b32 %r1, %t, 1, 31, -1;\nover:", 719,
      {"divergent: the mask 0xffffffff names lanes 0xffffff80"});
  check_broken("a lane that its mask forgets", "vote.sync.ballot.b32 %r1, %p1, 0xfffffffe;", 719,
      {"not in its own mask"});
  check_broken("a shuffle from nowhere", "shfl.sync.down.b32 %r1, %t, 4, 31, 0xff;", 719,
      {"undefined: reads lane 8, which takes no part"}, 8);
  const std::string halves = "setp.lt.u32 %p1, %t, 16;\nselp.b32 %r1, 0xffff, 0xffff0000, %p1;\n";
  check_broken("a shuffle from another group", halves + "shfl.sync.idx.b32 %r2, %t, 20, 31, %r1;", 719,
      {"undefined: reads lane 20, which takes no part"});
  check_broken("groups that overlap", "setp.lt.u32 %p1, %t, 16;\nselp.b32 %r1, -1, 0xffff0000, %p1;\n"
      "bar.warp.sync %r1;", 719,
      {"the mask 0xffffffff names lanes 0xffff0000, which have other masks"});
  check_broken("a switch past its end", "table: .branchtargets here;\nbrx.idx %t, table;\nhere:", 719,
      {"brx.idx with index 1 of 1 targets"});
  check_broken("an endless loop", "again:\nbra again;", 702, {"does not end: a warp ran 1000000"});
}

void check_refused(const std::string& what, const std::string& body, const std::string& words,
    const std::string& variables = "") {
  Kernels module(kernel(1, body, variables));
  check_equal(module.result, 218, what);
  check_fault({"cuModuleLoadData: PTX line", words}, what);
}

void check_texts() {
  check_refused("an unknown opcode", "frobnicate.u32 %r1, %r2;", "unknown opcode frobnicate");
  check_refused("an unknown modifier", "add.sideways.u32 %r1, %r2, %r3;",
      "unknown modifier or type in add.sideways.u32");
  check_refused("an unknown type", "add.f16 %h1, %h2, %h3;", "unknown modifier or type in add.f16");
  check_refused("a register of an unknown type", ".reg .f16x2 %q;", "unknown type .f16x2");
  check_refused("an unknown special register", "mov.u32 %r1, %clock;",
      "unknown special register %clock");
  check_refused("an unknown name", "mov.u64 %d1, nothing;", "unknown name nothing");
  check_refused("an unknown label", "bra nowhere;", "unknown label nowhere");
  check_refused("an unknown directive", "", "unknown directive .alias", ".alias a, b;");
  check_refused("a register of the wrong size", "add.u32 %r1, %r2, %d3;",
      "register %d3 has the wrong size");
  check_refused("too few operands", "add.u32 %r1, %r2;", "too few");
  check_refused("too many operands", "neg.s32 %r1, %r2, %r3;", "too many");
  check_refused("a constant as target", "add.u32 5, %r1, %r2;", "wrong kind");
  check_refused("a guard that is no predicate", "@%r1 ret;", "%r1 is no predicate");
  check_refused("a clock of 64 bits", "mov.u64 %d1, %clock64;", "unknown special register %clock64");
  check_refused("too much static shared memory", ".shared .b8 v[49153];",
      "k has too much shared memory: 49153 bytes; 49152 are allowed");
  check_refused("too much local memory", ".local .b8 v[4294967300];",
      "k has too much local memory: 4294967300 bytes; 524288 are allowed");
  check_refused("an array of no size", ".shared .b8 v[-4];", "v has the wrong size");
  check_refused("an array without end", "", "v has the wrong size",
      ".global .b64 v[4611686018427387904];");
  check_refused("an odd alignment", ".shared .align 3 .b8 v[4];", "alignment of 3");
  check_refused("no registers", ".reg .b32 %q<-1>;", "-1 registers %q");
  check_refused("registers without end", ".reg .b32 %q<3000000000>;", "3000000000 registers %q");
  check_refused("too many registers", ".reg .b64 %q<1000000>;", "k has too many registers");
  check_refused("a register twice", ".reg .b64 %r8;", "register %r8 twice");
  check_refused("too many parts", "mov.b64 {%h1, %h2, %h3, %h4}, {%h5, %h6, %h7, %h8};",
      "too many values in braces");
  check_refused("a kernel twice", "", "kernel k twice", ".visible .entry k()\n{\nret;\n}\n");
  check_refused("a label twice", "a:\na:\nret;", "label a twice");
  check_refused("a number that is none", "mov.u32 %r1, 12ab;", "not a number: 12ab");
  check_refused("an open block", "{", "found 'end of text'");
  void* module;
  check_equal(cuModuleLoadData(&module, ".version 9.0\n.target sm_75\n"), 222, "newer PTX");
  check_fault({".version 9.0 is newer"}, "newer PTX");
  check_equal(cuModuleLoadData(&module, ".version 7.0\n.target sm_80\n"), 209, "another target");
  check_fault({"sm_80"}, "another target");
  const char* broken[][2] = {{".version 7\n.target sm_75\n", "found '.target'"},
      {".version 7.x\n", "found '.x'"}, {".version 7.0\n.target sm_new\n", "found 'sm_new'"},
      {".version 7.0\n.target sm_99999999999\n", "found 'sm_99999999999'"}};
  for (const auto& one : broken) {
    check_equal(cuModuleLoadData(&module, one[0]), 218, one[0]);
    check_fault({one[1], "expected "}, one[0]);
  }
}

} // namespace

void test_faults() {
  check_global_memory();
  check_host_address();
  check_freed();
  check_foreign();
  check_shared_memory();
  check_races_that_are_none();
  check_barriers();
  check_texts();
}

} // namespace test
