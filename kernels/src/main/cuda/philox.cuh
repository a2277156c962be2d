// Counter-based random numbers: Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
// 2, 3" (2011).
//
// Word `index` of a stream is word `index` mod 4 of the block whose counter is (index / 4, offset) and whose key is the
// seed, low halves first.
#pragma once

#include "common.cuh"

struct Words {
  unsigned at[4];
};

FN Words philox(long long seed, long long offset, long long block) {
  unsigned c0 = (unsigned)block, c1 = (unsigned)(block >> 32);
  unsigned c2 = (unsigned)offset, c3 = (unsigned)(offset >> 32);
  unsigned k0 = (unsigned)seed, k1 = (unsigned)(seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const unsigned long long p0 = 0xD2511F53ull * c0;
    const unsigned long long p1 = 0xCD9E8D57ull * c2;
    c0 = (unsigned)(p1 >> 32) ^ c1 ^ k0;
    c1 = (unsigned)p1;
    c2 = (unsigned)(p0 >> 32) ^ c3 ^ k1;
    c3 = (unsigned)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// In [0, 1), exact in float32.
FN float uniform(unsigned word) { return (float)(word >> 8) * 0x1p-24f; }

// Two standard normal numbers from two words (Box and Muller, 1958). The words' parts, in (0, 1] and [0, 1), are exact.
FN void normal(unsigned word, unsigned next, float& first, float& second) {
  const float radius = sqrtf(-2 * logf((float)((word >> 8) + 1) * 0x1p-24f));
  float sine, cosine;
  sincospif(2 * uniform(next), &sine, &cosine);
  first = radius * cosine;
  second = radius * sine;
}
