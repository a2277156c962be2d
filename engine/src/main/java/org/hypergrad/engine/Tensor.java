package org.hypergrad.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DTypeException;
import org.hypergrad.engine.error.LifetimeException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.error.TapeException;
import org.hypergrad.engine.memory.Block;
import org.hypergrad.engine.op.Arange;
import org.hypergrad.engine.op.Cast;
import org.hypergrad.engine.op.Contiguous;
import org.hypergrad.engine.op.Expand;
import org.hypergrad.engine.op.Permute;
import org.hypergrad.engine.op.Reshape;
import org.hypergrad.engine.op.Slice;

/**
 * An n-dimensional array on a device: element type, shape, and a strided view of a block of memory
 * that other tensors may share.
 *
 * <p>Life: a tensor belongs to the {@link Scope} that was open when it was made and ends with it,
 * or earlier by {@link #close}. {@link #retain} takes it out of its scope; it then lives until
 * {@link #close}. The memory goes back to the device's pool with the last tensor that views it. Use
 * after the end throws {@link LifetimeException}, which says where the tensor was made.
 *
 * <p>Threads: a tensor may be read, viewed and given to ops by several threads at once, as long as
 * none of them changes it in place or closes it meanwhile. A scope, its tensors' {@link #close} and
 * a {@link Tape} belong to one thread.
 *
 * <p>The arithmetic is in {@link TensorMath}; what networks are made of is in {@link
 * org.hypergrad.engine.op}, one record per operation.
 */
public final class Tensor extends Scope.Links implements TensorMath, AutoCloseable {
  private final Device device;
  private final Storage storage;
  private final Spec spec;
  private final long[] strides;
  private final long offset;
  private final Origin origin;
  private Scope scope;
  private Forgotten forgotten;
  private volatile boolean closed;
  private boolean requiresGradient;

  /** What made this tensor on a tape, if a gradient may flow back through it. */
  private Node node;

  private int nodeOutput;

  private Tensor(
      Device device, Storage storage, Spec spec, long[] strides, long offset, Origin origin) {
    this.device = device;
    this.storage = storage;
    this.spec = spec;
    this.strides = strides;
    this.offset = offset;
    this.origin = origin;
  }

  /** A tensor of the current scope with undefined content, in a layout of the caller's. */
  static Tensor allocate(Device device, String op, Spec spec, long[] strides) {
    Scope owner = Scope.current();
    if (!device.backend().supports(spec.dtype())) {
      throw new DTypeException(
          op,
          "element type is not for this device",
          spec + " on " + device,
          "a type that the device computes in",
          "use Device.reference() for float64");
    }
    long bytes;
    try {
      bytes = Math.multiplyExact(spec.shape().count(), spec.dtype().bytes());
    } catch (ArithmeticException overflow) {
      throw new ShapeException(op, "byte count overflows", spec.toString(), "bytes < 2^63", "");
    }
    Storage storage = new Storage(device.backend().memory(), op, bytes);
    Tensor tensor = new Tensor(device, storage, spec, strides, 0, Origin.of(op));
    owner.adopt(tensor);
    return tensor;
  }

  // Making tensors, on the current device and in the current scope.

  /** float32 values in row-major order. */
  public static Tensor of(float[] values, long... extents) {
    return upload(DType.FLOAT32, MemorySegment.ofArray(values), values.length, extents);
  }

  /** float64 values in row-major order; for the reference device. */
  public static Tensor of(double[] values, long... extents) {
    return upload(DType.FLOAT64, MemorySegment.ofArray(values), values.length, extents);
  }

  /** int32 values in row-major order. */
  public static Tensor of(int[] values, long... extents) {
    return upload(DType.INT32, MemorySegment.ofArray(values), values.length, extents);
  }

  /** uint8 values in row-major order; the bytes are taken as unsigned. */
  public static Tensor of(byte[] values, long... extents) {
    return upload(DType.UINT8, MemorySegment.ofArray(values), values.length, extents);
  }

  /**
   * Values in row-major order, from memory of the heap or outside of it.
   *
   * @param values exactly as many bytes as the shape takes, in the machine's byte order
   */
  public static Tensor of(DType dtype, MemorySegment values, long... extents) {
    long whole = values.byteSize() % dtype.bytes() == 0 ? values.byteSize() / dtype.bytes() : -1;
    return upload(dtype, values, whole, extents);
  }

  private static Tensor upload(DType dtype, MemorySegment values, long count, long... extents) {
    Spec spec = Spec.of(dtype, extents);
    if (spec.shape().count() != count) {
      throw new ShapeException(
          "tensor",
          "number of values does not fit the shape",
          count + " values for " + spec.shape(),
          spec.shape().count() + " values",
          "");
    }
    Device device = Device.current();
    Tensor tensor = allocate(device, "tensor", spec, spec.shape().contiguousStrides());
    device.backend().upload(values, tensor);
    return tensor;
  }

  /** A float32 scalar. */
  public static Tensor scalar(float value) {
    return full(value, DType.FLOAT32);
  }

  /** float32 zeros. */
  public static Tensor zeros(long... extents) {
    return full(0, DType.FLOAT32, extents);
  }

  /** float32 ones. */
  public static Tensor ones(long... extents) {
    return full(1, DType.FLOAT32, extents);
  }

  /** One value throughout. */
  public static Tensor full(double value, DType dtype, long... extents) {
    Spec spec = Spec.of(dtype, extents);
    Device device = Device.current();
    Tensor tensor = allocate(device, "full", spec, spec.shape().contiguousStrides());
    device.backend().fill(tensor, value);
    return tensor;
  }

  /** {@code start, start + step, ...}: {@code count} values. */
  public static Tensor arange(double start, double step, long count, DType dtype) {
    return Dispatch.run(new Arange(Spec.of(dtype, count), start, step))[0];
  }

  // What it is.

  public Device device() {
    return device;
  }

  public Spec spec() {
    return spec;
  }

  public Shape shape() {
    return spec.shape();
  }

  public DType dtype() {
    return spec.dtype();
  }

  public int rank() {
    return spec.shape().rank();
  }

  /** Extent of an axis; -1 is the last. */
  public long extent(int axis) {
    return spec.shape().extent(axis);
  }

  /** Number of elements. */
  public long count() {
    return spec.shape().count();
  }

  /** A copy of the strides, in elements. */
  public long[] strides() {
    return strides.clone();
  }

  /** Stride of an axis in [0, rank), in elements. */
  public long stride(int axis) {
    return strides[axis];
  }

  /** Index of the first element within {@link #block}, in elements. */
  public long offset() {
    return offset;
  }

  /**
   * The whole block that this tensor views: for backends and custom ops.
   *
   * @throws org.hypergrad.engine.error.DeviceException if the host cannot reach this memory
   */
  public MemorySegment segment() {
    return block().segment();
  }

  /** The whole block that this tensor views, wherever it lies: for backends and custom ops. */
  public Block block() {
    checkOpen();
    return storage.block();
  }

  /** Whether the elements lie one after another in row-major order. */
  public boolean isContiguous() {
    long expected = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      long extent = spec.shape().extent(i);
      if (extent != 1 && strides[i] != expected) {
        return spec.shape().count() == 0;
      }
      expected *= extent;
    }
    return true;
  }

  // Views: the same memory, seen otherwise.

  /**
   * The same elements, in row-major order, in another shape; one extent may be -1 and follows from
   * the others. A view where strides allow it, else a copy.
   */
  public Tensor reshape(long... extents) {
    Shape target = Reshape.resolve(shape(), extents);
    Reshape op = new Reshape(target);
    return Dispatch.run(op, op.isView(this) ? this : contiguous())[0];
  }

  /** Axis i of the result is axis {@code order[i]} of this. */
  public Tensor permute(int... order) {
    return Dispatch.run(Permute.of(shape(), order), this)[0];
  }

  /** The last two axes exchanged. */
  public Tensor transpose() {
    return transpose(-2, -1);
  }

  /** Two axes exchanged. */
  public Tensor transpose(int a, int b) {
    return Dispatch.run(Permute.exchange(shape(), a, b), this)[0];
  }

  /** Indices [start, stop) of an axis; negative bounds count from the end. */
  public Tensor slice(int axis, long start, long stop) {
    return slice(axis, start, stop, 1);
  }

  /** Indices start, start + step, ... below stop of an axis; the step is at least 1. */
  public Tensor slice(int axis, long start, long stop, long step) {
    return Dispatch.run(Slice.of(shape(), axis, start, stop, step), this)[0];
  }

  /** One index of an axis, which is gone in the result. */
  public Tensor select(int axis, long index) {
    int resolved = shape().axis("select", axis);
    long extent = extent(resolved);
    if (index < -extent || index >= extent) {
      throw new ArgumentException(
          "select",
          "index out of range",
          "index " + index + " of axis " + axis + " of " + shape(),
          "an index in [-" + extent + ", " + extent + ")",
          "");
    }
    long at = index < 0 ? index + extent : index;
    return slice(resolved, at, at + 1).squeeze(resolved);
  }

  /** Without an axis of extent 1. */
  public Tensor squeeze(int axis) {
    if (extent(axis) != 1) {
      throw new ShapeException(
          "squeeze", "extent is not 1", "axis " + axis + " of " + shape(), "extent 1", "");
    }
    return reshape(shape().without(axis).toArray());
  }

  /** With an axis of extent 1 inserted as axis {@code axis} of the result; -1 appends it. */
  public Tensor unsqueeze(int axis) {
    return reshape(shape().insert(axis < 0 ? axis + rank() + 1 : axis, 1).toArray());
  }

  /** Axes from {@code start} on as one. */
  public Tensor flatten(int start) {
    int first = shape().axis("flatten", start);
    long[] extents = Arrays.copyOf(shape().toArray(), first + 1);
    extents[first] = 1;
    for (int i = first; i < rank(); i++) {
      extents[first] *= extent(i);
    }
    return reshape(extents);
  }

  /** Repeated without a copy (stride 0) to a larger shape, by the rule of broadcasting. */
  public Tensor broadcastTo(Shape target) {
    return target.equals(shape()) ? this : Dispatch.run(Expand.of(shape(), target), this)[0];
  }

  /** This if the elements lie in row-major order, else a copy in which they do. */
  public Tensor contiguous() {
    return isContiguous() ? this : copy();
  }

  /** A copy in row-major order. */
  public Tensor copy() {
    return Dispatch.run(new Contiguous(), this)[0];
  }

  /** The same values in another element type; to an integer type, fractions are cut off. */
  public Tensor to(DType dtype) {
    return dtype == dtype() ? this : Dispatch.run(new Cast(dtype), this)[0];
  }

  /** The same values on another device: a copy that no gradient passes. */
  public Tensor to(Device target) {
    if (target.equals(device)) {
      return this;
    }
    Tensor moved = allocate(target, "to", spec, spec.shape().contiguousStrides());
    target.backend().upload(hostSegment(), moved);
    return moved;
  }

  /** The same values, as a constant: no gradient passes here. */
  public Tensor detach() {
    checkOpen();
    return alias(Scope.current());
  }

  /** A view with other geometry, for the view ops; it belongs to the current scope. */
  public Tensor view(String op, Shape shape, long[] strides, long offset) {
    checkOpen();
    return share(Scope.current(), spec.withShape(shape), strides, offset, Origin.of(op));
  }

  /** Another handle to the same elements, owned by {@code owner}, or by the caller if null. */
  Tensor alias(Scope owner) {
    return share(owner, spec, strides, offset, origin);
  }

  private Tensor share(Scope owner, Spec spec, long[] strides, long offset, Origin origin) {
    storage.retain();
    Tensor view = new Tensor(device, storage, spec, strides, offset, origin);
    if (owner != null) {
      owner.adopt(view);
    }
    return view;
  }

  // Reading.

  /**
   * The value of a tensor of one element.
   *
   * @throws ShapeException if it has more or none
   */
  public double item() {
    if (count() != 1) {
      throw new ShapeException(
          "item", "not one element", spec.toString(), "a tensor of one element", "reduce it");
    }
    return get(new long[rank()]);
  }

  /** One element. */
  public double get(long... index) {
    return Elements.get(dtype(), device.backend().read(this, position(index)), 0);
  }

  private long position(long... index) {
    boolean inside = index.length == rank();
    long position = offset;
    for (int i = 0; inside && i < index.length; i++) {
      inside = index[i] >= 0 && index[i] < extent(i);
      position += index[i] * strides[i];
    }
    if (!inside) {
      throw new ArgumentException(
          "get", "index out of range", Arrays.toString(index) + " of " + spec, "", "");
    }
    return position;
  }

  /** All elements in row-major order, as floats. */
  public float[] toFloats() {
    if (dtype() != DType.FLOAT32) {
      double[] doubles = toDoubles();
      float[] floats = new float[doubles.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) doubles[i];
      }
      return floats;
    }
    return hostSegment().toArray(ValueLayout.JAVA_FLOAT);
  }

  /** All elements in row-major order, as doubles. */
  public double[] toDoubles() {
    return Elements.toDoubles(dtype(), hostSegment(), count());
  }

  /** All elements in row-major order, as ints; fractions are cut off. */
  public int[] toInts() {
    if (dtype() == DType.INT32) {
      return hostSegment().toArray(ValueLayout.JAVA_INT);
    }
    double[] doubles = toDoubles();
    int[] ints = new int[doubles.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) doubles[i];
    }
    return ints;
  }

  /** A heap copy of the elements in row-major order; temporaries end here. */
  private MemorySegment hostSegment() {
    checkOpen();
    return Tape.paused(() -> Scope.call(() -> device.backend().download(contiguous())));
  }

  // Changing in place.

  /**
   * Copies the values of {@code source}, broadcast to this shape, into these elements. Views of the
   * same memory see the change; a tape that kept the old values will refuse to use them.
   *
   * @throws TapeException if a gradient would have to flow through the overwritten elements
   */
  public Tensor assign(Tensor source) {
    Dispatch.checkSameDevice("assign", this, source);
    checkChangeable("assign");
    if (source.dtype() != dtype()) {
      throw new DTypeException(
          "assign", "element types differ", source.spec + " into " + spec, "equal types", "cast");
    }
    Tape.paused(
        () ->
            Scope.call(
                () -> {
                  // A source that overlaps the target may not change while it is read.
                  Tensor safe = source.storage == storage ? source.copy() : source;
                  device.backend().copy(safe.broadcastTo(shape()), this);
                  return null;
                }));
    storage.changed();
    return this;
  }

  /** Sets every element. */
  public Tensor fill(double value) {
    checkChangeable("fill");
    device.backend().fill(this, value);
    storage.changed();
    return this;
  }

  private void checkChangeable(String op) {
    checkOpen();
    Tape tape = Tape.recording();
    if (tape != null && (requiresGradient || node != null)) {
      throw new TapeException(
          op,
          "change in place of a tensor that a gradient flows through",
          this.toString(),
          "a tensor that is not differentiated, or no open tape",
          "change it after backward(), or inside Tape.paused(() -> ...)");
    }
    for (int i = 0; i < strides.length; i++) {
      if (strides[i] == 0 && extent(i) > 1) {
        throw new ShapeException(
            op, "target repeats elements", spec.toString(), "no broadcast axis", "copy() it first");
      }
    }
  }

  /** Counts a change in place made through {@link #segment}: for backends and custom ops. */
  public void changedInPlace() {
    storage.changed();
  }

  // Gradients.

  /**
   * Marks this tensor as one to differentiate by, such as a weight: ops on it are recorded while a
   * {@link Tape} is open.
   *
   * @return this
   */
  public Tensor requireGradient() {
    if (!dtype().isFloating()) {
      throw new DTypeException(
          "requireGradient", "no gradients for integers", spec.toString(), "a floating type", "");
    }
    if (node != null) {
      throw new TapeException(
          "requireGradient",
          "this is a result, not a leaf",
          toString(),
          "a tensor that no recorded op made",
          "detach() it");
    }
    requiresGradient = true;
    return this;
  }

  public boolean requiresGradient() {
    return requiresGradient;
  }

  Node node() {
    return node;
  }

  int nodeOutput() {
    return nodeOutput;
  }

  void setNode(Node node, int output) {
    this.node = node;
    this.nodeOutput = output;
  }

  // Life.

  /**
   * Takes this tensor out of its scope: it lives until {@link #close}. If it is forgotten, a
   * cleaner frees it some time later and logs where it was made.
   *
   * @return this
   */
  public Tensor retain() {
    checkOpen();
    if (forgotten == null) {
      Scope.unlink(this);
      forgotten = new Forgotten(storage, spec, origin);
      forgotten.cleanable = Scope.CLEANER.register(this, forgotten);
    }
    return this;
  }

  /** Runs when a retained tensor was closed, or was lost without. */
  private static final class Forgotten implements Runnable {
    private final Storage storage;
    private final Spec spec;
    private final Origin origin;
    private Cleaner.Cleanable cleanable;
    private volatile boolean wasClosed;

    Forgotten(Storage storage, Spec spec, Origin origin) {
      this.storage = storage;
      this.spec = spec;
      this.origin = origin;
    }

    @Override
    public void run() {
      storage.release();
      if (!wasClosed) {
        System.getLogger(Tensor.class.getName())
            .log(
                System.Logger.Level.WARNING,
                "a retained tensor {0}, made {1}, was never closed",
                spec,
                origin);
      }
    }
  }

  /** Ends this tensor; its memory goes back with the last view of it. Closing twice is fine. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    Scope.unlink(this);
    if (forgotten == null) {
      storage.release();
    } else {
      forgotten.wasClosed = true;
      forgotten.cleanable.clean();
    }
  }

  public boolean isClosed() {
    return closed;
  }

  Scope scope() {
    return scope;
  }

  void setScope(Scope scope) {
    this.scope = scope;
  }

  Storage storage() {
    return storage;
  }

  Origin origin() {
    return origin;
  }

  /**
   * Checks that this tensor still lives.
   *
   * @throws LifetimeException that says where it was made
   */
  void checkOpen() {
    if (closed) {
      throw new LifetimeException(
          origin.op(),
          "used after close",
          spec + ", made " + origin,
          "a tensor whose scope is open",
          "return it from the scope, keep() or retain() it");
    }
  }

  /** Type, shape and values, long axes shortened. */
  @Override
  public String toString() {
    return closed ? spec + " (closed)" : TensorText.of(this);
  }
}
