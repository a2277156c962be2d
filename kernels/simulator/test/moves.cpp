// Moves, packing, addresses and special registers.
#include "test.h"

namespace test {
namespace {

void check_copies() {
  for (const char* type : {".b16", ".u16", ".s16"}) {
    check_values<std::uint16_t, std::uint16_t>(
        std::string("mov") + type, [](std::uint16_t a) { return a; });
  }
  for (const char* type : {".b32", ".u32", ".s32", ".f32"}) {
    check_values<std::uint32_t, std::uint32_t>(
        std::string("mov") + type, [](std::uint32_t a) { return a; });
  }
  for (const char* type : {".b64", ".u64", ".s64", ".f64"}) {
    check_values<std::uint64_t, std::uint64_t>(
        std::string("mov") + type, [](std::uint64_t a) { return a; });
  }
  auto got = evaluate("mov.pred", {{0}, {0}}, {{0}, {1}});
  check(got[0][0] == 0 && got[1][0] == 1, "mov.pred");
  got = evaluate("mov.pred", {{0}, {}}, {{}}, "$0, -1");
  check_equal(got[0][0], 1, "mov.pred of a constant");
  got = evaluate("mov.f32", {{4}, {}}, {{}}, "$0, 0f3FC00000");
  check_equal(got[0][0], 0x3fc00000, "mov.f32 of a constant");
  got = evaluate("mov.f64", {{8}, {}}, {{}}, "$0, 0dBFF8000000000000");
  check_equal(got[0][0], static_cast<long long>(0xbff8000000000000), "mov.f64 of a constant");
}

void check_packing() {
  auto got = evaluate("mov.b64", {{8}, {4, 4}}, {{0x89abcdef, 0x01234567}}, "$0, {$1, $2}");
  check_equal(got[0][0], 0x0123456789abcdef, "mov.b64 packs");
  got = evaluate("mov.b64", {{4, 4}, {8}}, {{0x0123456789abcdef}}, "{$0, $1}, $2");
  check(got[0][0] == 0x89abcdef && got[0][1] == 0x01234567, "mov.b64 unpacks");
  got = evaluate("mov.b64", {{8}, {2, 2, 2, 2}}, {{0xcdef, 0x89ab, 0x4567, 0x0123}},
      "$0, {$1, $2, $3, $4}");
  check_equal(got[0][0], 0x0123456789abcdef, "mov.b64 packs four");
  got = evaluate("mov.b32", {{4}, {2, 2}}, {{0xcdef, 0x89ab}}, "$0, {$1, $2}");
  check_equal(got[0][0], 0x89abcdef, "mov.b32 packs");
  got = evaluate("mov.b32", {{2, 2}, {4}}, {{0x89abcdef}}, "{$0, $1}, $2");
  check(got[0][0] == 0xcdef && got[0][1] == 0x89ab, "mov.b32 unpacks");
}

// A generic address is another number than the one in its space, and reaches the same value.
void check_addresses() {
  for (const char* space : {"shared", "local"}) {
    std::string s = space;
    Kernels module(kernel(1,
        "." + s + " .align 4 .b8 v[4];\nmov.u64 %d0, v;\ncvta." + s + ".u64 %d1, %d0;\ncvta.to."
        + s + ".u64 %d2, %d1;\nmov.u32 %r0, 77;\nst." + s + ".u32 [%d0], %r0;\n"
        "ld.u32 %r1, [%d1];\nld." + s + ".u32 %r2, [%d2];\nadd.u32 %r3, %r1, %r2;\n"
        "st.global.u32 [%a0], %r3;\nsetp.eq.u64 %p1, %d0, %d1;\n@%p1 trap;"));
    Buffer out(4);
    check_equal(module.run("k", 1, 1, {out.address}), 0, "generic addresses of " + s);
    check_equal(out.read<std::uint32_t>()[0], 154, "generic addresses of " + s);
    covered().insert("cvta." + s + ".u64");
    covered().insert("cvta.to." + s + ".u64");
  }
}

void check_specials() {
  std::vector<std::string> names{"%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z",
      "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z", "%laneid",
      "%warpid", "%lanemask_eq", "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge",
      "%dynamic_smem_size", "%total_smem_size"};
  std::string body = "mov.u32 %r0, %tid.x;\nmov.u32 %r1, %tid.y;\nmov.u32 %r2, %tid.z;\n"
                     "setp.ne.u32 %p0, %r0, 2;\nsetp.ne.or.u32 %p0, %r1, 1, %p0;\n"
                     "setp.ne.or.u32 %p0, %r2, 3, %p0;\n"
                     "mov.u32 %r0, %ctaid.x;\nmov.u32 %r1, %ctaid.y;\nmov.u32 %r2, %ctaid.z;\n"
                     "setp.ne.or.u32 %p0, %r0, 1, %p0;\nsetp.ne.or.u32 %p0, %r1, 2, %p0;\n"
                     "setp.ne.or.u32 %p0, %r2, 0, %p0;\n@%p0 ret;\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    body += "mov.u32 %r1, " + names[i] + ";\nst.global.u32 [%a0+" + std::to_string(4 * i)
        + "], %r1;\n";
  }
  Kernels module(kernel(1, body, ".shared .align 4 .b8 fixed[12];"));
  Buffer out(4 * names.size());
  void* parameters[] = {&out.address};
  check_equal(cuLaunchKernel(module.function("k"), 2, 3, 1, 5, 2, 4, 64, nullptr, parameters,
      nullptr), 0, "special registers");
  check_equal(cuCtxSynchronize(), 0, "special registers");
  // Thread (2, 1, 3) of 5 x 2 x 4 is number 2 + 5 + 30 = 37: lane 5 of warp 1.
  std::vector<std::uint32_t> wanted{2, 1, 3, 5, 2, 4, 1, 2, 0, 2, 3, 1, 5, 1, 1u << 5, 31, 63,
      ~63u, ~31u, 64, 76};
  auto got = out.read<std::uint32_t>();
  for (std::size_t i = 0; i < names.size(); ++i) {
    check_equal(got[i], wanted[i], names[i]);
  }
}

void check_globals() {
  for (const char* space : {"global", "const"}) {
    std::string s = space;
    check_values<std::uint64_t, std::uint64_t>("cvta." + s + ".u64", [](std::uint64_t a) { return a; });
    check_values<std::uint64_t, std::uint64_t>(
        "cvta.to." + s + ".u64", [](std::uint64_t a) { return a; });
  }
}

} // namespace

void test_moves() {
  check_copies();
  check_packing();
  check_addresses();
  check_specials();
  check_globals();
}

} // namespace test
