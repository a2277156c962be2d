// Comparison, choice, conversion and numbering of elements. Results are contiguous with n elements; operands lie as
// `shape` says.
//
//   pointwise_<relation>_<type>     z[i] = x[i] relation y[i], as 0 or 1
//   pointwise_where_b32, _b8        z[i] = condition[i] ? x[i] : y[i], of any type of that width
//   pointwise_cast_<from>_<to>      y[i] = x[i] in another type
//   pointwise_arange_<type>         y[i] = start + i step
#include "map.cuh"

using u8 = unsigned char;

#define COMPARE(name, relation, type, T)                                                    \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                       \
      pointwise_##name##_##type(u8* z, const T* x, const T* y, Strided<2> shape, long long n) { \
    map(z, shape, n, [](T a, T b) { return (u8)(a relation b); }, x, y);                    \
  }

#define COMPARE_ALL(name, relation)     \
  COMPARE(name, relation, f32, float)   \
  COMPARE(name, relation, i32, int)     \
  COMPARE(name, relation, u8, u8)

// A comparison with NaN does not hold, but ne does.
COMPARE_ALL(eq, ==)
COMPARE_ALL(ne, !=)
COMPARE_ALL(lt, <)
COMPARE_ALL(le, <=)
COMPARE_ALL(gt, >)
COMPARE_ALL(ge, >=)

#define WHERE(type, T)                                                                         \
  extern "C" __global__ void __launch_bounds__(BLOCK) pointwise_where_##type(                  \
      T* z, const u8* condition, const T* x, const T* y, Strided<3> shape, long long n) {      \
    map(z, shape, n, [](u8 c, T a, T b) { return c ? a : b; }, condition, x, y);               \
  }

WHERE(b32, unsigned)
WHERE(b8, u8)

// As Java's casts: to int32 the fraction is cut off, what is too large saturates, NaN becomes 0; uint8 then keeps the low
// eight bits.
FN int integer(float x) { return __float2int_rz(x); }
FN int integer(int x) { return x; }
FN int integer(u8 x) { return x; }

template <class To>
struct Cast {
  template <class From>
  static FN To of(From x) {
    return (To)integer(x);
  }
};

template <>
struct Cast<float> {
  template <class From>
  static FN float of(From x) {
    return (float)x;
  }
};

#define CAST(from, From, to, To)                                                    \
  extern "C" __global__ void __launch_bounds__(BLOCK)                               \
      pointwise_cast_##from##_##to(To* y, const From* x, Strided<1> shape, long long n) { \
    map(y, shape, n, [](From v) { return Cast<To>::of(v); }, x);                    \
  }

CAST(f32, float, i32, int)
CAST(f32, float, u8, u8)
CAST(i32, int, f32, float)
CAST(i32, int, u8, u8)
CAST(u8, u8, f32, float)
CAST(u8, u8, i32, int)

FN float narrowed(double x, float) { return (float)x; }
FN int narrowed(double x, int) { return __double2int_rz(x); }
FN u8 narrowed(double x, u8) { return (u8)__double2int_rz(x); }

// In double, product and sum rounded one after the other, as on the CPU: the same bits.
#define ARANGE(type, T)                                                                              \
  extern "C" __global__ void __launch_bounds__(BLOCK)                                                \
      pointwise_arange_##type(T* y, long long n, double start, double step) {                        \
    for (long long i = first_index(); i < n; i += index_step()) {                                    \
      y[i] = narrowed(__dadd_rn(start, __dmul_rn((double)i, step)), T());                            \
    }                                                                                                \
  }

ARANGE(f32, float)
ARANGE(i32, int)
ARANGE(u8, u8)
