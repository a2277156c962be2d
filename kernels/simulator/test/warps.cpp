// What lanes tell each other, with results worked out by hand, in whole and partial warps.
#include "test.h"

namespace test {
namespace {

// Runs one block; thread t stores %r8 and %r9 as out[2 t] and out[2 t + 1].
std::vector<std::uint32_t> run(const std::string& body, unsigned threads, const std::string& what) {
  Kernels module(kernel(1, body + "\nmul.lo.u64 %d0, %w, 8;\nadd.u64 %d0, %d0, %a0;\n"
                                  "st.global.v2.u32 [%d0], {%r8, %r9};\n"));
  Buffer out(8 * threads);
  check_equal(module.run("k", 1, threads, {out.address}), 0, what);
  return out.read<std::uint32_t>();
}

// Shuffles 100 + lane; the second result says whether the source was inside.
void check_shuffle(const std::string& kind, int by, int bounds, unsigned threads, unsigned mask,
    int (*source)(int)) {
  std::string spelling = "shfl.sync." + kind + ".b32";
  covered().insert(spelling);
  std::string name = spelling + " by " + std::to_string(by);
  auto got = run("add.u32 %r1, %t, 100;\n" + spelling + " %r8|%p1, %r1, " + std::to_string(by)
          + ", " + std::to_string(bounds) + ", " + std::to_string(mask)
          + ";\nselp.u32 %r9, 1, 0, %p1;",
      threads, name);
  for (unsigned lane = 0; lane < threads; ++lane) {
    int from = source(static_cast<int>(lane));
    int wanted = 100 + (from < 0 ? static_cast<int>(lane) : from);
    check_equal(got[2 * lane], wanted, name + ", lane " + std::to_string(lane));
    check_equal(got[2 * lane + 1], from >= 0, name + ", inside of lane " + std::to_string(lane));
  }
}

void check_shuffles() {
  // -1: outside, the lane keeps its own. Bounds as CUDA C makes them for a width of 32 and of 8.
  check_shuffle("down", 3, 31, 32, ~0u, [](int lane) { return lane + 3 < 32 ? lane + 3 : -1; });
  check_shuffle("down", 2, 0x181f, 32, ~0u,
      [](int lane) { return lane % 8 + 2 < 8 ? lane + 2 : -1; });
  check_shuffle("up", 5, 0, 32, ~0u, [](int lane) { return lane >= 5 ? lane - 5 : -1; });
  check_shuffle("up", 1, 0x1800, 32, ~0u, [](int lane) { return lane % 8 >= 1 ? lane - 1 : -1; });
  check_shuffle("bfly", 16, 31, 32, ~0u, [](int lane) { return lane < 16 ? lane + 16 : lane - 16; });
  check_shuffle("bfly", 3, 0x181f, 32, ~0u, [](int lane) { return lane / 4 * 4 + 3 - lane % 4; });
  check_shuffle("idx", 7, 31, 32, ~0u, [](int) { return 7; });
  check_shuffle("idx", 5, 0x181f, 32, ~0u, [](int lane) { return lane / 8 * 8 + 5; });
  // A warp of 16 threads: the clamp keeps all inside.
  check_shuffle("down", 4, 0x100f, 16, 0xffff, [](int lane) { return lane + 4 < 16 ? lane + 4 : -1; });
  check_shuffle("bfly", 8, 31, 16, 0xffff, [](int lane) { return lane < 8 ? lane + 8 : lane - 8; });
}

void check_halves() {
  // Each half shuffles on its own side of a branch.
  auto got = run("and.b32 %r1, %t, 16;\nsetp.ne.u32 %p1, %r1, 0;\nmov.u32 %r9, 0;\n@%p1 bra high;\n"
                 "shfl.sync.idx.b32 %r8, %t, 3, 31, 0xffff;\nbra done;\n"
                 "high:\nshfl.sync.idx.b32 %r8, %t, 20, 31, 0xffff0000;\ndone:",
      32, "shuffles of halves");
  for (int lane = 0; lane < 32; ++lane) {
    check_equal(got[2 * lane], lane < 16 ? 3 : 20, "shuffles of halves");
  }
}

// Lanes of one instruction in two groups, each with its own mask: even and odd lanes.
void check_groups() {
  std::string start = "and.b32 %r1, %t, 1;\nsetp.eq.u32 %p1, %r1, 0;\n"
      "selp.b32 %r2, 0x55555555, 0xaaaaaaaa, %p1;\nsetp.lt.u32 %p2, %t, 6;\nmov.u32 %r9, 0;\n"
      "and.b32 %r3, %t, 2;\ncvt.u64.u32 %d1, %r3;\n";
  struct {
    const char* instruction;
    unsigned even, odd;
  } cases[] = {{"vote.sync.ballot.b32 %r8, %p2, %r2;", 0x15, 0x2a},
      {"vote.sync.all.pred %p3, %p1, %r2;\nselp.b32 %r8, 1, 0, %p3;", 1, 0},
      {"vote.sync.any.pred %p3, %p1, %r2;\nselp.b32 %r8, 1, 0, %p3;", 1, 0},
      {"vote.sync.uni.pred %p3, %p1, %r2;\nselp.b32 %r8, 1, 0, %p3;", 1, 1},
      {"match.all.sync.b32 %r8|%p3, %r1, %r2;\nselp.b32 %r9, 0, 5, %p3;", 0x55555555, 0xaaaaaaaa},
      {"or.b32 %r4, %r1, 20;\nshfl.sync.idx.b32 %r8, %t, %r4, 31, %r2;", 20, 21}};
  for (const auto& one : cases) {
    auto got = run(start + one.instruction, 32, one.instruction);
    for (int lane = 0; lane < 32; ++lane) {
      check_equal(got[2 * lane], lane % 2 == 0 ? one.even : one.odd, one.instruction);
      check_equal(got[2 * lane + 1], 0, one.instruction);
    }
  }
  for (const char* value : {"b32 %r8, %r3", "b64 %r8, %d1"}) {
    std::string body = std::string("match.any.sync.") + value + ", %r2;";
    auto got = run(start + body, 32, body);
    for (int lane = 0; lane < 32; ++lane) {
      check_equal(got[2 * lane], 0x11111111u << lane % 4, body);
    }
  }
}

void check_votes() {
  for (const char* name : {"all", "any", "uni"}) {
    covered().insert(std::string("vote.sync.") + name + ".pred");
  }
  covered().insert("vote.sync.ballot.b32");
  struct {
    unsigned threads, below, all, any, uniform, ballot;
  } cases[] = {{32, 0, 0, 0, 1, 0}, {32, 32, 1, 1, 1, ~0u}, {32, 5, 0, 1, 0, 31},
      {20, 20, 1, 1, 1, 0xfffff}, {20, 3, 0, 1, 0, 7}};
  for (const auto& one : cases) {
    std::string mask = std::to_string(one.threads == 32 ? ~0u : (1u << one.threads) - 1);
    auto got = run("setp.lt.u32 %p1, %t, " + std::to_string(one.below) + ";\n"
            "vote.sync.all.pred %p2, %p1, " + mask + ";\nvote.sync.any.pred %p3, %p1, " + mask
            + ";\nvote.sync.uni.pred %p4, %p1, " + mask + ";\nvote.sync.ballot.b32 %r8, %p1, "
            + mask + ";\nselp.u32 %r1, 1, 0, %p2;\nselp.u32 %r2, 2, 0, %p3;\n"
            "selp.u32 %r3, 4, 0, %p4;\nadd.u32 %r9, %r1, %r2;\nadd.u32 %r9, %r9, %r3;",
        one.threads, "votes");
    for (unsigned lane = 0; lane < one.threads; ++lane) {
      check_equal(got[2 * lane], one.ballot, "vote.sync.ballot.b32");
      check_equal(got[2 * lane + 1], one.all + 2 * one.any + 4 * one.uniform, "vote.sync");
    }
  }
}

void check_matches() {
  for (const char* size : {"32", "64"}) {
    std::string any = std::string("match.any.sync.b") + size;
    std::string all = std::string("match.all.sync.b") + size;
    covered().insert(any);
    covered().insert(all);
    bool wide = std::string(size) == "64";
    // Lanes with the same remainder by 3; with 64 bits only the upper half tells them apart.
    std::string value = wide ? "rem.u32 %r1, %t, 3;\nmov.b64 %d1, {%t, %r1};\nshr.u64 %d1, %d1, 32;\n"
                               "shl.b64 %d1, %d1, 32;\n"
                             : "rem.u32 %r1, %t, 3;\n";
    std::string reg = wide ? "%d1" : "%r1";
    auto got = run(value + any + " %r8, " + reg + ", -1;\n" + all + " %r9|%p1, " + reg + ", -1;",
        32, any);
    for (int lane = 0; lane < 32; ++lane) {
      unsigned wanted = 0;
      for (int other = lane % 3; other < 32; other += 3) {
        wanted |= 1u << other;
      }
      check_equal(got[2 * lane], wanted, any);
      check_equal(got[2 * lane + 1], 0, all);
    }
    std::string same = wide ? "mov.u64 %d1, 9;\n" : "mov.u32 %r1, 9;\n";
    got = run(same + all + " %r8|%p1, " + reg + ", 0xfff;\nselp.u32 %r9, 1, 0, %p1;", 12, all);
    check(got[0] == 0xfff && got[1] == 1, all + " of equal values");
  }
}

void check_active() {
  covered().insert("activemask.b32");
  auto got = run("setp.lt.u32 %p1, %t, 3;\nmov.u32 %r8, 0;\nactivemask.b32 %r9;\n@%p1 activemask.b32 %r8;",
      8, "activemask.b32");
  check_equal(got[0], 7, "activemask.b32 under a guard");
  check_equal(got[1], 255, "activemask.b32 of a partial warp");
  check_equal(got[2 * 5], 0, "activemask.b32 of a lane that the guard stops");
}

void check_warp_barrier() {
  covered().insert("bar.warp.sync");
  // A neighbour's value through shared memory, which is a race without the barrier.
  auto got = run(".shared .align 4 .b8 v[128];\nmul.lo.u32 %r1, %t, 4;\nmov.u32 %r2, v;\n"
                 "add.u32 %r3, %r2, %r1;\nst.shared.u32 [%r3], %t;\nbar.warp.sync -1;\n"
                 "xor.b32 %r4, %r1, 4;\nadd.u32 %r4, %r2, %r4;\nld.shared.u32 %r8, [%r4];\n"
                 "mov.u32 %r9, 0;",
      32, "bar.warp.sync");
  for (int lane = 0; lane < 32; ++lane) {
    check_equal(got[2 * lane], lane ^ 1, "bar.warp.sync");
  }
}

} // namespace

void test_warps() {
  check_shuffles();
  check_halves();
  check_groups();
  check_votes();
  check_matches();
  check_active();
  check_warp_barrier();
}

} // namespace test
