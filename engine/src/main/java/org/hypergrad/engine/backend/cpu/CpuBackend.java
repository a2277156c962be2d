package org.hypergrad.engine.backend.cpu;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.HostBackend;
import org.hypergrad.engine.backend.cpu.loops.FloatLoops;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.backend.cpu.onednn.OneDnn;
import org.hypergrad.engine.backend.cpu.onednn.ProgramCache;
import org.hypergrad.engine.backend.reference.ReferenceBackend;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.*;

/**
 * The processor, by oneDNN and vector loops. Ops that cost nothing beside the rest of a network run
 * by their definition, the reference's loops.
 */
public final class CpuBackend extends HostBackend {
  /** Beyond any machine that this runs on: a typing error. */
  private static final int MAX_THREADS = 1024;

  private final ReferenceBackend definition = new ReferenceBackend();
  private volatile ThreadTeam team = new ThreadTeam(Runtime.getRuntime().availableProcessors());
  private final CpuPointwise pointwise = new CpuPointwise(() -> team);
  private final CpuDescent descent = new CpuDescent(() -> team);
  private final CpuPreconditionedDescent preconditioned = new CpuPreconditionedDescent(() -> team);
  private final CpuRandom random = new CpuRandom(() -> team);
  private final ProgramCache programs = new ProgramCache();
  private final CpuProducts products = new CpuProducts(programs, () -> team, memory());
  private final CpuNormalisation normalisation = new CpuNormalisation(programs, () -> team);

  /** Why this backend cannot run here; empty if it can. Never throws. */
  public static String problem() {
    return OneDnn.problem();
  }

  /** What it is made of here: versions and widths. Only where there is no problem. */
  public static String description() {
    return "oneDNN " + OneDnn.version() + ", " + FloatLoops.best();
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public boolean supports(DType dtype) {
    return dtype != DType.FLOAT64;
  }

  /** Images lie channels last behind a convolution. */
  @Override
  public long[] layout(Op op, Tensor[] in, int index, Spec spec) {
    return switch (op) {
      case Conv2d o -> CpuProducts.channelsLast(spec.shape());
      case Conv2d.InputGradient o -> CpuProducts.channelsLast(spec.shape());
      case ConvTranspose2d o -> CpuProducts.channelsLast(spec.shape());
      case Unary o -> like(spec, in);
      case Unary.Gradient o -> like(spec, in);
      case Binary o -> like(spec, in);
      case Binary.Gradient o -> like(spec, in);
      case MaxPool2d o -> images(spec, in[0]);
      case MaxPool2d.Gradient o -> images(spec, in[0]);
      case AvgPool2d o -> images(spec, in[0]);
      case AvgPool2d.Gradient o -> images(spec, in[0]);
      case AdaptiveAvgPool2d o -> images(spec, in[0]);
      case AdaptiveAvgPool2d.Gradient o -> images(spec, in[0]);
      case BatchNorm o when index == 0 -> CpuNormalisation.layout(in[0]);
      case BatchNorm.Gradient o when index == 0 -> CpuNormalisation.layout(in[1]);
      default -> spec.shape().contiguousStrides();
    };
  }

  /** The layout of an operand of the same shape: channels last if one lies so. */
  private static long[] like(Spec spec, Tensor[] in) {
    for (Tensor x : in) {
      if (x.rank() == 4
          && x.shape().equals(spec.shape())
          && CpuProducts.isChannelsLast(x)
          && !x.isContiguous()) {
        return CpuProducts.channelsLast(spec.shape());
      }
    }
    return spec.shape().contiguousStrides();
  }

  /** The layout of the images from which these come. */
  private static long[] images(Spec spec, Tensor x) {
    return CpuProducts.isChannelsLast(x) && !x.isContiguous()
        ? CpuProducts.channelsLast(spec.shape())
        : spec.shape().contiguousStrides();
  }

  @Override
  public void run(Op op, Tensor[] in, Tensor[] out) {
    Scope.run(() -> compute(op, in, out));
  }

  private void compute(Op op, Tensor[] in, Tensor[] out) {
    switch (op) {
      case Custom o -> o.op().forward(in, out);
      case ViewOp o -> throw new IllegalStateException(o.name() + " moves no element");
      case Unary o -> pointwise.unary(o, in[0], out[0]);
      case Unary.Gradient o -> pointwise.unaryGradient(o, in, out[0]);
      case Binary o -> pointwise.binary(o, in[0], in[1], out[0]);
      case Binary.Gradient o -> pointwise.binaryGradient(o, in, out[0]);
      case Compare o -> definition.run(o, in, out);
      case Where o -> definition.run(o, in, out);
      case Cast o -> definition.run(o, in, out);
      case Contiguous o -> copy(in[0], out[0]);
      case Arange o -> CpuStructure.arange(team, o, out[0]);
      case RandomUniform o -> random.uniform(o, out[0]);
      case RandomNormal o -> random.normal(o, out[0]);
      case Dropout o -> random.dropout(o, in[0], out[0]);
      case Reduce o -> CpuReductions.reduce(team, o, in[0], out[0]);
      case Reduce.Gradient o -> CpuReductions.gradient(team, o, in, out[0]);
      case ArgReduce o -> CpuReductions.argReduce(team, o, in[0], out[0]);
      case Norms o -> CpuReductions.norms(team, in, out[0]);
      case TopK o -> CpuReductions.topK(team, o, in[0], out);
      case Softmax o -> CpuLosses.softmax(team, o, in[0], out[0]);
      case Softmax.Gradient o -> CpuLosses.softmaxGradient(team, o, in, out[0]);
      case CrossEntropy o -> CpuLosses.crossEntropy(team, o, in, out[0]);
      case CrossEntropy.Gradient o -> CpuLosses.crossEntropyGradient(team, o, in, out[0]);
      case MatMul o -> products.matmul(in, out[0]);
      case Conv2d o -> products.conv2d(o, in, out[0]);
      case Conv2d.InputGradient o -> products.inputGradient(o.forward(), in[0], in[1], out[0]);
      case Conv2d.WeightGradient o -> products.weightGradient(o.forward(), in[0], in[1], out[0]);
      case ConvTranspose2d o -> products.convTranspose2d(o, in, out[0]);
      case MaxPool2d o -> CpuPooling.max(team, o, in[0], out);
      case MaxPool2d.Gradient o -> CpuPooling.maxGradient(team, in, out[0]);
      case AvgPool2d o -> CpuPooling.average(team, o, in[0], out[0]);
      case AvgPool2d.Gradient o -> CpuPooling.averageGradient(team, o, in[0], out[0]);
      case AdaptiveAvgPool2d o -> CpuPooling.adaptive(team, in[0], out[0]);
      case AdaptiveAvgPool2d.Gradient o -> CpuPooling.adaptiveGradient(team, in[0], out[0]);
      case BatchNorm o when in[0].count() > 0 -> normalisation.batchNorm(o, in, out);
      case BatchNorm o -> definition.run(o, in, out);
      case BatchNorm.Gradient o when in[1].count() > 0 -> {
        normalisation.batchNormGradient(o, in, out);
        correctInfinities(o, in, out);
      }
      case BatchNorm.Gradient o -> definition.run(o, in, out);
      case LayerNorm o when in[0].count() > 0 -> normalisation.layerNorm(o, in, out);
      case LayerNorm o -> definition.run(o, in, out);
      case LayerNorm.Gradient o when in[1].count() > 0 -> {
        normalisation.layerNormGradient(in, out);
        correctInfinities(o, in, out);
      }
      case LayerNorm.Gradient o -> definition.run(o, in, out);
      case Concat o -> CpuStructure.concat(o, in, out[0]);
      case Pad o -> CpuStructure.pad(o, in[0], out[0]);
      case Slice.Gradient o -> CpuStructure.sliceGradient(o, in[0], out[0]);
      case Gather o -> CpuStructure.gather(team, o, in[0], in[1], out[0]);
      case Gather.ScatterAdd o -> CpuStructure.scatterAdd(team, o, in[0], in[1], out[0]);
      case OneHot o -> CpuStructure.oneHot(team, o, in[0], out[0]);
      case CropMirrorNormalise o -> CpuImages.cropMirrorNormalise(team, in, out[0]);
      case Descend o -> descent.descend(o, in);
      case PreconditionedDescend o -> preconditioned.descend(o, in, out[0]);
    }
  }

  /** oneDNN's order of operations gives infinity where the formula gives infinity - infinity. */
  private void correctInfinities(Op op, Tensor[] in, Tensor[] out) {
    for (Tensor result : out) {
      if (!Double.isFinite(result.sum().item())) {
        definition.run(op, in, out);
        return;
      }
    }
  }

  @Override
  public void copy(Tensor source, Tensor target) {
    if (CpuPointwise.copies(source, target)) {
      pointwise.copy(source, target);
    } else {
      CpuStructure.copy(team, source, target);
    }
  }

  @Override
  public void fill(Tensor target, double value) {
    if (target.isContiguous()) {
      CpuPointwise.fill(target, value);
    } else {
      definition.fill(target, value);
    }
  }

  @Override
  public synchronized void setThreads(int threads) {
    if (threads > MAX_THREADS) {
      throw new ArgumentException(
          "threads",
          "too many",
          "" + threads,
          "threads <= " + MAX_THREADS,
          "as many as processors");
    }
    ThreadTeam before = team;
    team = new ThreadTeam(threads);
    before.close();
  }

  @Override
  public int threads() {
    return team.threads();
  }
}
