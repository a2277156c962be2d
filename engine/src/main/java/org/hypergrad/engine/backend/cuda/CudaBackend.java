package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.Backend;
import org.hypergrad.engine.backend.Recorder;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.error.NativeException;
import org.hypergrad.engine.memory.Memory;
import org.hypergrad.engine.op.*;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaException;
import org.hypergrad.kernels.CudaGraph;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemoryException;
import org.hypergrad.kernels.Launch;

/**
 * A GPU: cuBLAS for products, cuDNN for convolutions and batch normalisation, kernels of our own
 * for the rest, all on one stream. Nothing waits for the device but what reads values.
 */
public final class CudaBackend implements Backend {
  private final String name;
  private final CudaContext context;
  private final CudaStream stream;
  private final CudaMemory memory;
  private final Faults faults;
  private final CudaPointwise pointwise;
  private final CudaStructure structure;
  private final CudaReductions reductions;
  private final CudaLosses losses;
  private final CudaProducts products;
  private final CudaConvolution convolution;
  private final CudaBatchNorm batchNorm;
  private final CudaLayerNorm layerNorm;
  private final CudaPooling pooling;
  private final CudaImages images;
  private final CudaDescent descent;
  private final CudaNorms norms;
  private final CudaPreconditionedDescent preconditioned;

  /** What captures the ops that run now, or null. */
  private volatile CudaRecorder.Recorded recording;

  /**
   * Opens a device.
   *
   * @param name what tensors say of where they lie
   * @param index the device's number at the driver
   * @throws DeviceException if it cannot run here, with the reason
   */
  public CudaBackend(String name, int index) {
    this.name = name;
    try {
      context = CudaContext.open(index);
      stream = context.newStream();
      memory = new CudaMemory(name, context.memory(), stream);
      faults = new Faults(context, stream);
    } catch (CudaException failure) {
      DeviceException refused =
          new DeviceException(name, "cannot run here", failure.getMessage(), "", "");
      refused.initCause(failure);
      throw refused;
    }
    Kernels kernels = new Kernels(context, stream, memory);
    pointwise = new CudaPointwise(kernels, this::drawn);
    structure = new CudaStructure(kernels, faults);
    reductions = new CudaReductions(kernels);
    losses = new CudaLosses(kernels, faults);
    products = new CudaProducts(stream);
    convolution = new CudaConvolution(stream, structure);
    batchNorm = new CudaBatchNorm(stream, structure);
    layerNorm = new CudaLayerNorm(kernels, reductions);
    pooling = new CudaPooling(kernels);
    images = new CudaImages(kernels);
    descent = new CudaDescent(kernels);
    norms = new CudaNorms(kernels);
    preconditioned = new CudaPreconditionedDescent(kernels);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public boolean supports(DType dtype) {
    return dtype != DType.FLOAT64;
  }

  @Override
  public void run(Op op, Tensor[] in, Tensor[] out) {
    guard(op.name(), () -> compute(op, in, out), in);
  }

  /** Runs calls of CUDA on operands, whose failures become the engine's. */
  private void guard(String op, Runnable calls, Tensor... operands) {
    try {
      Scope.run(
          () -> {
            CudaRecorder.Recorded capturing = recording;
            if (capturing != null) {
              capturing.uses(op, operands);
            }
            calls.run();
          });
    } catch (DeviceMemoryException refused) {
      throw memory.failure(op, refused);
    } catch (CudaException failure) {
      NativeException named =
          new NativeException(op, failure.getMessage(), specs(operands), "", "");
      named.initCause(failure);
      throw named;
    }
  }

  private void compute(Op op, Tensor[] in, Tensor[] out) {
    boolean nothing = Arrays.stream(out).allMatch(tensor -> tensor.count() == 0);
    if (nothing && out.length > 0 && !(op instanceof Custom)) {
      return;
    }
    switch (op) {
      case Custom o -> o.op().forward(in, out);
      case ViewOp o -> throw new IllegalStateException(o.name() + " moves no element");
      case Unary o -> pointwise.unary(o, in[0], out[0]);
      case Unary.Gradient o -> pointwise.unaryGradient(o, in, out[0]);
      case Binary o -> pointwise.binary(o, in[0], in[1], out[0]);
      case Binary.Gradient o -> pointwise.binaryGradient(o, in, out[0]);
      case Compare o -> pointwise.compare(o, in[0], in[1], out[0]);
      case Where o -> pointwise.where(in, out[0]);
      case Cast o when in[0].dtype() == o.dtype() -> copy(in[0], out[0]);
      case Cast o -> pointwise.cast(o, in[0], out[0]);
      case Contiguous o -> structure.copy(in[0], out[0]);
      case Arange o -> pointwise.arange(o, out[0]);
      case RandomUniform o -> pointwise.uniform(o, out[0]);
      case RandomNormal o -> pointwise.normal(o, out[0]);
      case Dropout o -> pointwise.dropout(o, in[0], out[0]);
      case Reduce o -> reductions.reduce(o, in[0], out[0]);
      case Reduce.Gradient o -> reductions.gradient(o, in, out[0]);
      case ArgReduce o -> reductions.argReduce(o, in[0], out[0]);
      case Norms _ -> norms.norms(in, out[0]);
      case TopK o -> reductions.topK(o, in[0], out);
      case Softmax o -> losses.softmax(o, in[0], out[0]);
      case Softmax.Gradient o -> losses.softmaxGradient(o, in, out[0]);
      case CrossEntropy o -> losses.crossEntropy(o, in, out[0]);
      case CrossEntropy.Gradient o -> losses.crossEntropyGradient(o, in, out[0]);
      case MatMul _ -> products.matmul(in, out[0]);
      case Conv2d o -> convolution.forward(o, in, out[0]);
      case Conv2d.InputGradient o -> convolution.inputGradient(o.forward(), in[0], in[1], out[0]);
      case Conv2d.WeightGradient o -> convolution.weightGradient(o.forward(), in[0], in[1], out[0]);
      case ConvTranspose2d o -> convolution.transposed(o, in, out[0]);
      case MaxPool2d o -> pooling.max(o, in[0], out);
      case MaxPool2d.Gradient o -> pooling.maxGradient(o, in, out[0]);
      case AvgPool2d o -> pooling.average(o, in[0], out[0]);
      case AvgPool2d.Gradient o -> pooling.averageGradient(o, in[0], out[0]);
      case AdaptiveAvgPool2d _ -> pooling.adaptive(in[0], out[0]);
      case AdaptiveAvgPool2d.Gradient _ -> pooling.adaptiveGradient(in[0], out[0]);
      case BatchNorm o -> batchNorm.forward(o, in, out);
      case BatchNorm.Gradient o -> batchNorm.gradient(o, in, out);
      case LayerNorm o -> layerNorm.forward(o, in, out);
      case LayerNorm.Gradient o -> layerNorm.gradient(in, out);
      case Concat o -> structure.concat(o, in, out[0]);
      case Pad o -> structure.pad(o, in[0], out[0]);
      case Slice.Gradient o -> structure.sliceGradient(o, in[0], out[0]);
      case Gather o -> structure.gather(o, in[0], in[1], out[0]);
      case Gather.ScatterAdd o -> structure.scatterAdd(o, in[0], in[1], out[0]);
      case OneHot o -> structure.oneHot(o, in[0], out[0]);
      case CropMirrorNormalise _ -> images.cropMirrorNormalise(in, out[0]);
      case Descend o -> descent.descend(o, in);
      case PreconditionedDescend o -> preconditioned.descend(o, in, out[0]);
    }
  }

  @Override
  public void finish() {
    refuseInCapture("finish", "the device is waited for", "a profile waits for each op");
    stream.synchronize();
  }

  @Override
  public void copy(Tensor source, Tensor target) {
    guard("copy", () -> structure.copy(source, target), target, source);
  }

  @Override
  public void fill(Tensor target, double value) {
    guard("fill", () -> structure.fill(target, value), target);
  }

  @Override
  public void upload(MemorySegment values, Tensor target) {
    refuseInCapture(
        "upload",
        "values of the host, which every replay would have again",
        "make the tensor before, and assign to it",
        target);
    guard(
        "upload",
        () ->
            context
                .staging()
                .upload(values, Kernels.block(target), Kernels.byteOffset(target), stream),
        target);
  }

  /** Waits for the device, which also is when a mistake that a kernel saw comes to light. */
  @Override
  public MemorySegment download(Tensor source) {
    MemorySegment values = Elements.heap(source.dtype(), source.count());
    read(source, Kernels.byteOffset(source), values);
    return values;
  }

  @Override
  public MemorySegment read(Tensor source, long index) {
    MemorySegment value = Elements.heap(source.dtype(), 1);
    read(source, index * source.dtype().bytes(), value);
    return value;
  }

  private void read(Tensor source, long byteOffset, MemorySegment values) {
    refuseInCapture(
        "read",
        "a value is read, and none is there yet",
        "read it when the graph has run; what is decided by it is no part of a graph",
        source);
    guard(
        "download",
        () -> {
          context.staging().download(Kernels.block(source), byteOffset, values, stream);
          faults.check();
        },
        source);
  }

  // Graphs.

  @Override
  public boolean records() {
    return true;
  }

  @Override
  public Recorder recorder() {
    return new CudaRecorder(this, context, stream, faults);
  }

  /** Captures what a body queues. */
  CudaGraph record(CudaRecorder.Recorded recorded, Runnable body) {
    CudaGraph[] graph = new CudaGraph[1];
    guard(
        "graph",
        () ->
            graph[0] =
                stream.capture(
                    () -> {
                      recording = recorded;
                      try {
                        body.run();
                      } finally {
                        recording = null;
                      }
                    }));
    return graph[0];
  }

  void replay(CudaRecorder.Recorded recorded) {
    guard("graph", recorded::launch);
  }

  /** Adds where a kernel looks for the stream that it draws from, if not its own. */
  private Launch drawn(Launch launch, long seed, long stream) {
    CudaRecorder.Recorded capturing = recording;
    return capturing == null ? launch.nullPointer() : capturing.drawn(launch, seed, stream);
  }

  private void refuseInCapture(String op, String problem, String hint, Tensor... operands) {
    if (recording != null) {
      throw new DeviceException(
          op,
          "cannot be captured: " + problem,
          specs(operands),
          "ops on tensors of the device alone",
          hint);
    }
  }

  private static String specs(Tensor... operands) {
    return Arrays.toString(Arrays.stream(operands).map(Tensor::spec).toArray());
  }

  @Override
  public void setThreads(int threads) {
    if (threads < 1) {
      throw new ArgumentException("threads", "too few", "" + threads, "threads >= 1", "");
    }
  }

  /** Threads of the host: the one that queues. */
  @Override
  public int threads() {
    return 1;
  }

  /** The device's model and compute capability. */
  public String description() {
    return context.device().name()
        + ", compute capability "
        + context.device().major()
        + "."
        + context.device().minor();
  }

  /** Waits for all work and gives everything back; tensors here end with it. */
  public void close() {
    faults.close();
    stream.close();
    context.close();
  }
}
