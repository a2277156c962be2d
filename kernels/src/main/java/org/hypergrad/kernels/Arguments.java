package org.hypergrad.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.hypergrad.kernels.KernelSignature.Kind;
import org.hypergrad.kernels.KernelSignature.Parameter;

/**
 * The values of a kernel's parameters, packed off-heap in the order of its PTX, and the table of
 * their addresses that the driver reads. Filled again for every launch; each value is checked
 * against the parameter that it goes to. For one thread at a time.
 */
final class Arguments {
  private static final int MAX_COUNT = KernelSignature.MAX_BYTES;

  private final MemorySegment values;
  private final MemorySegment addresses;
  private KernelSignature signature;
  private LaunchShape shape;
  private int next;

  Arguments() {
    Arena arena = Arena.ofAuto();
    values = arena.allocate(KernelSignature.MAX_BYTES, 16);
    addresses = arena.allocate(ValueLayout.JAVA_LONG, MAX_COUNT);
  }

  /** Begins with the first parameter of a kernel; {@code shape} is for messages. */
  void begin(KernelSignature kernel, LaunchShape launch) {
    signature = kernel;
    shape = launch;
    next = 0;
  }

  void pointer(long address) {
    Parameter parameter = take(8, "a pointer", Kind.POINTER, Kind.INTEGER);
    values.set(ValueLayout.JAVA_LONG, parameter.offset(), address);
  }

  void int8(int value) {
    Parameter parameter = take(1, "an 8-bit integer", Kind.INTEGER, Kind.INTEGER);
    values.set(ValueLayout.JAVA_BYTE, parameter.offset(), (byte) value);
  }

  void int32(int value) {
    Parameter parameter = take(4, "a 32-bit integer", Kind.INTEGER, Kind.INTEGER);
    values.set(ValueLayout.JAVA_INT, parameter.offset(), value);
  }

  void int64(long value) {
    Parameter parameter = take(8, "a 64-bit integer", Kind.INTEGER, Kind.INTEGER);
    values.set(ValueLayout.JAVA_LONG, parameter.offset(), value);
  }

  void float32(float value) {
    Parameter parameter = take(4, "a 32-bit float", Kind.FLOAT, Kind.FLOAT);
    values.set(ValueLayout.JAVA_FLOAT, parameter.offset(), value);
  }

  void float64(double value) {
    Parameter parameter = take(8, "a 64-bit float", Kind.FLOAT, Kind.FLOAT);
    values.set(ValueLayout.JAVA_DOUBLE, parameter.offset(), value);
  }

  /** A struct, laid out as C does. */
  void struct(MemorySegment bytes) {
    MemorySegment.copy(bytes, 0, struct(bytes.byteSize()), 0, bytes.byteSize());
  }

  /** Room for a struct of this many bytes, all zero, for the caller to fill before the launch. */
  MemorySegment struct(long bytes) {
    Parameter parameter = take(bytes, null, Kind.STRUCT, Kind.STRUCT);
    return values.asSlice(parameter.offset(), bytes).fill((byte) 0);
  }

  private Parameter take(long bytes, String given, Kind kind, Kind alternative) {
    int index = next;
    if (index >= signature.parameters().size()) {
      throw refuse("too many arguments; expected " + signature.parameters().size());
    }
    Parameter parameter = signature.parameters().get(index);
    if (parameter.bytes() != bytes || parameter.kind() != kind && parameter.kind() != alternative) {
      throw refuse(
          "argument "
              + index
              + " has the wrong type; got "
              + (given == null ? "a struct of " + bytes + " bytes" : given)
              + "; expected "
              + parameter.describe()
              + " ("
              + parameter.name()
              + ")");
    }
    addresses.setAtIndex(ValueLayout.JAVA_LONG, index, values.address() + parameter.offset());
    next = index + 1;
    return parameter;
  }

  /**
   * The table of addresses, if every parameter has its value.
   *
   * @throws KernelException if some have none
   */
  MemorySegment complete() {
    if (next != signature.parameters().size()) {
      throw refuse(
          "too few arguments; got " + next + "; expected " + signature.parameters().size());
    }
    return addresses;
  }

  KernelException refuse(String problem) {
    return new KernelException(CudaException.REFUSED, signature.entry(), shape, problem);
  }

  /** The packed values, as far as they were set. */
  MemorySegment values() {
    return values;
  }
}
