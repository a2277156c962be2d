// Indexing that every family shares.
//
// All kernels run in one-dimensional blocks of BLOCK threads, with any number of blocks: their loops take what the grid
// does not cover. Counts and offsets are in elements.
#pragma once

#define FN __device__ __forceinline__

constexpr int BLOCK = 256;
constexpr int MAX_RANK = 8;

// The shape of a result, and how far apart the neighbours on each axis lie in each of K operands (0: repeated).
// Rank 0 says that every operand is contiguous, in the order of the result.
template <int K>
struct Strided {
  int rank;
  long long extent[MAX_RANK];
  long long stride[K][MAX_RANK];
};

// Where element `index` of the result, in row-major order, lies in each operand.
template <int K>
FN void locate(const Strided<K>& shape, long long index, long long (&at)[K]) {
  const bool contiguous = shape.rank == 0;
  unsigned long long rest = index;
#pragma unroll
  for (int k = 0; k < K; k++) at[k] = contiguous ? index : 0;
#pragma unroll
  for (int axis = MAX_RANK - 1; axis > 0; axis--) {
    if (axis < shape.rank) {
      const unsigned long long extent = shape.extent[axis];
      const unsigned long long quotient = rest / extent;
      const long long coordinate = rest - quotient * extent;
#pragma unroll
      for (int k = 0; k < K; k++) at[k] += coordinate * shape.stride[k][axis];
      rest = quotient;
    }
  }
  if (!contiguous) {
#pragma unroll
    for (int k = 0; k < K; k++) at[k] += (long long)rest * shape.stride[k][0];
  }
}

FN long long locate(const Strided<1>& shape, long long index) {
  long long at[1];
  locate(shape, index, at);
  return at[0];
}

// The first element of this thread in a loop over all elements, and the distance to its next.
FN long long first_index() { return blockIdx.x * (long long)BLOCK + threadIdx.x; }
FN long long index_step() { return gridDim.x * (long long)BLOCK; }

// Four neighbours that one instruction loads or stores.
template <class T>
struct alignas(4 * sizeof(T)) Four {
  T at[4];
};

template <class T>
FN bool aligned(const T* pointer) {
  return reinterpret_cast<unsigned long long>(pointer) % sizeof(Four<T>) == 0;
}

template <class T>
FN const Four<T>& four(const T* pointer, long long index) {
  return reinterpret_cast<const Four<T>*>(pointer)[index];
}

template <class T>
FN Four<T>& four(T* pointer, long long index) {
  return reinterpret_cast<Four<T>*>(pointer)[index];
}

// Remembers the lowest place of a wrong label or index; `fault` holds the largest number at first. The minimum does not
// depend on the order in which threads arrive.
FN void report(long long* fault, long long place) { atomicMin(fault, place); }
