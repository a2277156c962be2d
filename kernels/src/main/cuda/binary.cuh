// Functions of two numbers, value and both derivatives side by side: z = value(x, y), dx = gradient_x(dz, x, y),
// dy = gradient_y(dz, x, y). NaN and infinity go where PyTorch lets them go.
#pragma once

#include "unary.cuh"

struct Add {
  static FN float value(float x, float y) { return x + y; }
  static FN float gradient_x(float dz, float, float) { return dz; }
  static FN float gradient_y(float dz, float, float) { return dz; }
};

struct Sub {
  static FN float value(float x, float y) { return x - y; }
  static FN float gradient_x(float dz, float, float) { return dz; }
  static FN float gradient_y(float dz, float, float) { return -dz; }
};

struct Mul {
  static FN float value(float x, float y) { return x * y; }
  static FN float gradient_x(float dz, float, float y) { return dz * y; }
  static FN float gradient_y(float dz, float x, float) { return dz * x; }
};

struct Div {
  static FN float value(float x, float y) { return x / y; }
  static FN float gradient_x(float dz, float, float y) { return dz / y; }
  // (x / y) / y and not x / (y y), which would overflow or vanish for a large or small y.
  static FN float gradient_y(float dz, float x, float y) { return -dz * ((x / y) / y); }
};

struct Power {
  static FN float value(float x, float y) { return powf(x, y); }
  static FN float gradient_x(float dz, float x, float y) { return y == 0 ? 0 : dz * (y * powf(x, y - 1)); }
  static FN float gradient_y(float dz, float x, float y) {
    return x == 0 && y >= 0 ? 0 : dz * (powf(x, y) * logf(x));
  }
};

struct Maximum {
  // fmaxf would drop a NaN.
  static FN float value(float x, float y) { return x > y || x != x ? x : y; }
  static FN float gradient_x(float dz, float x, float y) { return x < y ? 0 : x == y ? dz / 2 : dz; }
  static FN float gradient_y(float dz, float x, float y) { return y < x ? 0 : x == y ? dz / 2 : dz; }
};

struct Minimum {
  static FN float value(float x, float y) { return x < y || x != x ? x : y; }
  static FN float gradient_x(float dz, float x, float y) { return x > y ? 0 : x == y ? dz / 2 : dz; }
  static FN float gradient_y(float dz, float x, float y) { return y > x ? 0 : x == y ? dz / 2 : dz; }
};

struct SquaredDifference {
  static FN float value(float x, float y) { return (x - y) * (x - y); }
  static FN float gradient_x(float dz, float x, float y) { return dz * 2 * (x - y); }
  static FN float gradient_y(float dz, float x, float y) { return dz * -2 * (x - y); }
};

// Of a logit x and a target y: max(x, 0) - x y + log(1 + exp(-|x|)).
struct BinaryCrossEntropy {
  static FN float value(float x, float y) { return fmaxf(x, 0) - x * y + log1pf(expf(-fabsf(x))); }
  static FN float gradient_x(float dz, float x, float y) { return dz * (Sigmoid::value(x, {}) - y); }
  static FN float gradient_y(float dz, float x, float) { return -dz * x; }
};
