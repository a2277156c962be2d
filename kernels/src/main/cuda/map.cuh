// Loops over all elements of a result that apply a function to one element of each operand.
#pragma once

#include <utility>

#include "common.cuh"

template <class Out, class F, class... In>
FN Four<Out> each(F f, Four<In>... in) {
  Four<Out> out;
#pragma unroll
  for (int k = 0; k < 4; k++) out.at[k] = f(in.at[k]...);
  return out;
}

template <class Out, class F, int K, size_t... I, class... In>
FN void map_one(
    Out* out, long long index, F f, const long long (&at)[K], std::index_sequence<I...>, const In*... in) {
  out[index] = f(in[at[I]]...);
}

// out[i] = f(in[i]...) for i below n, where `shape` says where the operands' elements lie; out is contiguous. Contiguous
// operands whose addresses allow it go four elements at a time.
template <class Out, class F, class... In>
FN void map(
    Out* out, const Strided<sizeof...(In)>& shape, long long n, F f, const In*... in) {
  long long done = 0;
  if (shape.rank == 0 && aligned(out) && (aligned(in) && ...)) {
    done = n / 4 * 4;
    for (long long i = first_index(); i < n / 4; i += index_step()) {
      four(out, i) = each<Out>(f, four(in, i)...);
    }
  }
  for (long long i = done + first_index(); i < n; i += index_step()) {
    long long at[sizeof...(In)];
    locate(shape, i, at);
    map_one(out, i, f, at, std::index_sequence_for<In...>(), in...);
  }
}
