// Branches, loops, exits and barriers.
#include "test.h"

namespace test {
namespace {

// Runs one block; each thread stores %r8.
std::vector<std::uint32_t> run(const std::string& body, unsigned threads, const std::string& what) {
  Kernels module(kernel(1, body + "\nmul.lo.u64 %d0, %w, 4;\nadd.u64 %d0, %d0, %a0;\n"
                                  "st.global.u32 [%d0], %r8;\n"));
  Buffer out(4 * threads);
  cuMemsetD32_v2(out.address, 1234567, threads);
  check_equal(module.run("k", 1, threads, {out.address}), 0, what);
  return out.read<std::uint32_t>();
}

void check_branches() {
  cover({"bra", "bra.uni", "ret", "exit"});
  auto got = run("mov.u32 %r8, 0;\nsetp.lt.u32 %p1, %t, 10;\n@%p1 bra low;\n@!%p1 bra high;\n"
                 "low:\nadd.u32 %r8, %r8, 5;\nbra.uni both;\nhigh:\nadd.u32 %r8, %r8, 7;\n"
                 "both:\nadd.u32 %r8, %r8, 100;",
      40, "bra");
  for (unsigned t = 0; t < 40; ++t) {
    check_equal(got[t], t < 10 ? 105 : 107, "bra");
  }
  // Each lane loops as often as its number says, and twice as often inside.
  got = run("mov.u32 %r8, 0;\nmov.u32 %r1, 0;\nouter:\nsetp.ge.u32 %p1, %r1, %t;\n@%p1 bra done;\n"
            "mov.u32 %r2, 0;\ninner:\nadd.u32 %r8, %r8, 1;\nadd.u32 %r2, %r2, 1;\n"
            "setp.lt.u32 %p2, %r2, %r1;\n@%p2 bra inner;\nadd.u32 %r1, %r1, 1;\nbra outer;\ndone:",
      32, "loops");
  for (unsigned t = 0; t < 32; ++t) {
    unsigned wanted = 0;
    for (unsigned i = 0; i < t; ++i) {
      wanted += i == 0 ? 1 : i;
    }
    check_equal(got[t], wanted, "loops, thread " + std::to_string(t));
  }
  // The way out is a guarded exit; lanes that part inside meet again before the barrier.
  got = run("mov.u32 %r8, 0;\nmov.u32 %r1, 0;\nsetp.lt.u32 %p1, %t, 7;\nmul.lo.u64 %d0, %w, 4;\n"
            "add.u64 %d0, %d0, %a0;\nagain:\n@%p1 bra over;\nadd.u32 %r8, %r8, 1;\nover:\n"
            "bar.sync 0;\nst.global.u32 [%d0], %r8;\nadd.u32 %r1, %r1, 1;\n"
            "setp.eq.u32 %p2, %r1, 3;\n@%p2 ret;\nbra again;",
      40, "a loop left by a guarded exit");
  check(got[6] == 0 && got[7] == 3, "a loop left by a guarded exit");
  for (const char* leave : {"ret", "exit"}) {
    got = run("mov.u32 %r8, 1;\nsetp.gt.u32 %p1, %t, 4;\n@%p1 " + std::string(leave) + ";", 8, leave);
    check(got[4] == 1 && got[5] == 1234567, leave);
  }
  // Lanes that leave in a branch of their own do not hold up those at the barrier.
  got = run("mov.u32 %r8, 1;\nsetp.lt.u32 %p1, %t, 8;\n@%p1 bra work;\nret;\nwork:\nbar.sync 0;", 40,
      "a barrier after an exit");
  check(got[7] == 1 && got[8] == 1234567, "a barrier after an exit");
  got = run("mov.u32 %r8, 1;\nsetp.lt.u32 %p1, %t, 24;\nsetp.lt.u32 %p2, %t, 16;\n"
            "setp.lt.u32 %p3, %t, 8;\n@%p1 bra one;\nret;\none:\n@%p2 bra two;\nret;\n"
            "two:\n@%p3 bra three;\nret;\nthree:\nbar.sync 0;\n"
            "shfl.sync.bfly.b32 %r8, %t, 1, 31, -1;",
      32, "a barrier after three exits");
  check(got[7] == 6 && got[8] == 1234567 && got[24] == 1234567, "a barrier after three exits");
}

void check_switch() {
  covered().insert("brx.idx");
  auto got = run("table: .branchtargets zero, one, two;\nrem.u32 %r1, %t, 3;\nmov.u32 %r8, 9;\n"
                 "setp.eq.u32 %p1, %t, 31;\n@!%p1 brx.idx %r1, table;\nbra done;\n"
                 "zero:\nmov.u32 %r8, 10;\nbra done;\none:\nmov.u32 %r8, 11;\nbra done;\n"
                 "two:\nmov.u32 %r8, 12;\ndone:\nadd.u32 %r8, %r8, 100;",
      32, "brx.idx");
  for (unsigned t = 0; t < 32; ++t) {
    check_equal(got[t], t == 31 ? 109 : 110 + t % 3, "brx.idx");
  }
}

// Thread t stores t, then reads what the thread half a block further stored.
std::string trade(const std::string& barrier, unsigned threads) {
  return ".shared .align 4 .b8 v[1024];\nmul.lo.u32 %r1, %t, 4;\nmov.u32 %r2, v;\n"
         "add.u32 %r3, %r2, %r1;\nst.shared.u32 [%r3], %t;\n"
      + barrier + ";\nxor.b32 %r4, %r1, " + std::to_string(2 * threads)
      + ";\nadd.u32 %r4, %r2, %r4;\nld.shared.u32 %r8, [%r4];\n";
}

void check_barriers() {
  std::string barriers[] = {"bar.sync 0", "bar.sync 1, 64", "barrier.sync 0",
      "barrier.sync 3, 64", "barrier.sync.aligned 0", "mov.u32 %r9, 2;\nbar.sync %r9"};
  for (const std::string& barrier : barriers) {
    auto got = run(trade(barrier, 64), 64, barrier);
    for (unsigned t = 0; t < 64; ++t) {
      check_equal(got[t], t ^ 32, barrier);
    }
  }
  cover({"bar.sync", "barrier.sync", "barrier.sync.aligned"});
  // Two warps of three meet, the third stays away.
  auto got = run("setp.ge.u32 %p1, %t, 64;\nmov.u32 %r8, 3;\n@%p1 bra away;\n" + trade("bar.sync 1, 64", 64)
          + "away:",
      96, "a barrier of two warps");
  check(got[0] == 32 && got[63] == 31 && got[64] == 3, "a barrier of two warps");
}

void check_votes() {
  struct {
    unsigned below, all, any, count;
  } cases[] = {{0, 0, 0, 0}, {50, 1, 1, 50}, {40, 0, 1, 40}, {1, 0, 1, 1}};
  for (const auto& one : cases) {
    auto got = run("setp.lt.u32 %p1, %t, " + std::to_string(one.below)
            + ";\nbar.red.and.pred %p2, 0, %p1;\nbar.red.or.pred %p3, 0, %p1;\n"
              "bar.red.popc.u32 %r8, 0, %p1;\nselp.u32 %r1, 1000, 0, %p2;\n"
              "selp.u32 %r2, 2000, 0, %p3;\nadd.u32 %r8, %r8, %r1;\nadd.u32 %r8, %r8, %r2;",
        50, "bar.red");
    for (unsigned t = 0; t < 50; ++t) {
      check_equal(got[t], one.count + 1000 * one.all + 2000 * one.any, "bar.red");
    }
  }
  cover({"bar.red.and.pred", "bar.red.or.pred", "bar.red.popc.u32"});
}

void check_fences() {
  for (const char* fence : {"membar.cta", "membar.gl", "membar.sys", "fence.acq_rel.cta",
           "fence.acq_rel.gpu", "fence.acq_rel.sys", "fence.sc.cta", "fence.sc.gpu",
           "fence.sc.sys"}) {
    covered().insert(fence);
    auto got = run("mov.u32 %r8, 6;\n" + std::string(fence) + ";", 3, fence);
    check_equal(got[2], 6, fence);
  }
}

void check_trap() {
  covered().insert("trap");
  Kernels module(kernel(0, "setp.eq.u32 %p1, %t, 37;\n@%p1 trap;"));
  check_equal(module.run("k", 1, 64, {}), 719, "trap");
  check_fault({"kernel k, block (0,0,0)", "warp 1", "(trap)"}, "trap");
  check_equal(module.run("k", 1, 32, {}), 0, "no trap");
}

} // namespace

void test_control() {
  check_branches();
  check_switch();
  check_barriers();
  check_votes();
  check_fences();
  check_trap();
}

} // namespace test
