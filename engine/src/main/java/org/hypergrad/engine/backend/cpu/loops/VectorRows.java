package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** What the loops of all k do with rows. */
final class VectorRows {
  private static final int BYTES = VectorMemory.SPECIES.vectorByteSize();

  private VectorRows() {}

  /**
   * Where rows are that may be read beyond their end: as they lie, or in a copy, where a decay is
   * added or memory ends with them.
   *
   * @param from byte at which they begin
   * @param bytes of them
   * @param behind bytes that are read beyond
   * @param copy room for all of it
   * @param zerosBehind whether there must be zeros
   */
  static long address(
      MapLoops.Rows rows,
      long from,
      long bytes,
      long behind,
      MemorySegment copy,
      boolean zerosBehind) {
    long at = rows.at() + from;
    if (!zerosBehind && rows.decay() == 0 && at + bytes + behind <= rows.segment().byteSize()) {
      return VectorMemory.address(rows.segment(), at, bytes + behind);
    }
    MemorySegment.copy(rows.segment(), at, copy, 0, bytes);
    if (zerosBehind) {
      copy.asSlice(bytes, behind).fill((byte) 0);
    }
    if (rows.decay() != 0) {
      long theta = VectorMemory.address(rows.theta(), rows.thetaAt() + from, bytes);
      addMultiple(copy.address(), theta, (float) rows.decay(), bytes);
    }
    return copy.address();
  }

  private static void addMultiple(long x, long y, float factor, long bytes) {
    long xs = VectorMemory.known(x);
    long ys = VectorMemory.known(y);
    long whole = VectorMemory.known(bytes - bytes % BYTES);
    for (long i = 0; i < whole; i += BYTES) {
      FloatVector sum = VectorMemory.load(xs + i).add(VectorMemory.load(ys + i).mul(factor));
      VectorMemory.store(sum, xs + i);
    }
    for (long i = whole; i < bytes; i += Float.BYTES) {
      VectorMemory.set(x + i, VectorMemory.get(x + i) + VectorMemory.get(y + i) * factor);
    }
  }

  /** Sum of the products of two lists of numbers. */
  static double product(long x, long y, long bytes) {
    FloatVector sum = FloatVector.zero(VectorMemory.SPECIES);
    FloatVector other = sum;
    long xs = VectorMemory.known(x);
    long ys = VectorMemory.known(y);
    long whole = VectorMemory.known(bytes - bytes % (2 * BYTES));
    for (long i = 0; i < whole; i += 2 * BYTES) {
      sum = VectorMemory.load(xs + i).fma(VectorMemory.load(ys + i), sum);
      other = VectorMemory.load(xs + i + BYTES).fma(VectorMemory.load(ys + i + BYTES), other);
    }
    float rest = VectorMath.sum(sum.add(other));
    for (long i = whole; i < bytes; i += Float.BYTES) {
      rest += VectorMemory.get(x + i) * VectorMemory.get(y + i);
    }
    return rest;
  }

  /** y = factor x. */
  static void scale(long x, float factor, long y, long bytes) {
    long from = VectorMemory.known(x);
    long to = VectorMemory.known(y);
    long whole = VectorMemory.known(bytes - bytes % BYTES);
    for (long i = 0; i < whole; i += BYTES) {
      VectorMemory.store(VectorMemory.load(from + i).mul(factor), to + i);
    }
    for (long i = whole; i < bytes; i += Float.BYTES) {
      VectorMemory.set(y + i, VectorMemory.get(x + i) * factor);
    }
  }
}
