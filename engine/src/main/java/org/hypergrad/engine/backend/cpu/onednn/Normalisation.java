package org.hypergrad.engine.backend.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * A pass of batch normalisation, or of layer normalisation of [rows, columns] by row. Both know
 * mean and biased variance; the gradient passes take the variance with epsilon in it.
 *
 * @param statistics where mean and variance come from
 * @param extents of x: [N, C, H, W] or [rows, columns]
 * @param channelsLast whether images lie channels last
 * @param epsilon added to the variance
 * @param gradient whether this is the backward pass
 */
public record Normalisation(
    Statistics statistics,
    ConvGeometry.Images extents,
    boolean channelsLast,
    float epsilon,
    boolean gradient) {

  /** Where mean and variance come from. */
  public enum Statistics {
    /** Of this batch, by channel. */
    BATCH,
    /** Given, by channel. */
    GIVEN,
    /** Of this batch, by row: images of extents [rows, columns, 1, 1]. */
    ROWS
  }

  /** Multiplications of a product that take as long as one element, which comes from memory. */
  private static final long WORK = 64;

  private static final int AFFINE = dnnl_use_scale | dnnl_use_shift;

  /**
   * Runs this pass on its addresses: x, scale, shift, y, mean, variance forward, where the last two
   * are read if given and written if not; dy, x, scale, mean, variance, dx, dscale, dshift back.
   */
  public void run(ProgramCache cache, int threads, long... addresses) {
    cache.run(
        this, WORK * extents.count(), threads, gradient ? this::back : this::forward, addresses);
  }

  private int flags() {
    return statistics == Statistics.GIVEN ? AFFINE | dnnl_use_global_stats : AFFINE;
  }

  private dnnl_memory_desc data() {
    return statistics == Statistics.ROWS
        ? OneDnn.strided(
            new long[] {extents.batch(), extents.channels()}, new long[] {extents.channels(), 1})
        : OneDnn.strided(extents.extents(), extents.strides(channelsLast));
  }

  private static dnnl_memory_desc vector(long count) {
    return OneDnn.strided(new long[] {count}, new long[] {1});
  }

  private dnnl_memory_desc statistic() {
    return vector(statistics == Statistics.ROWS ? extents.batch() : extents.channels());
  }

  private dnnl_memory_desc parameter() {
    return vector(extents.channels());
  }

  private dnnl_primitive_desc forwardDescription(Program.Builder program) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    OneDnn library = program.library();
    int status =
        statistics == Statistics.ROWS
            ? dnnl_layer_normalization_forward_primitive_desc_create(
                description,
                library.engine(),
                dnnl_forward_training,
                data(),
                data(),
                statistic(),
                epsilon,
                flags(),
                library.attributes())
            : dnnl_batch_normalization_forward_primitive_desc_create(
                description,
                library.engine(),
                dnnl_forward_training,
                data(),
                data(),
                epsilon,
                flags(),
                library.attributes());
    OneDnn.check("dnnl normalization forward_primitive_desc_create", status, toString());
    return program.own(description);
  }

  private void forward(Program.Builder program) {
    dnnl_primitive_desc description = forwardDescription(program);
    program.step(
        description,
        DNNL_ARG_SRC,
        program.external(data()),
        DNNL_ARG_SCALE,
        program.external(parameter()),
        DNNL_ARG_SHIFT,
        program.external(parameter()),
        DNNL_ARG_DST,
        program.external(data()),
        DNNL_ARG_MEAN,
        program.external(statistic()),
        DNNL_ARG_VARIANCE,
        program.external(statistic()));
  }

  private dnnl_primitive_desc backDescription(Program.Builder program) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    OneDnn library = program.library();
    int status =
        statistics == Statistics.ROWS
            ? dnnl_layer_normalization_backward_primitive_desc_create(
                description,
                library.engine(),
                dnnl_backward,
                data(),
                data(),
                data(),
                statistic(),
                epsilon,
                flags(),
                forwardDescription(program),
                library.attributes())
            : dnnl_batch_normalization_backward_primitive_desc_create(
                description,
                library.engine(),
                dnnl_backward,
                data(),
                data(),
                data(),
                epsilon,
                flags(),
                forwardDescription(program),
                library.attributes());
    OneDnn.check("dnnl normalization backward_primitive_desc_create", status, toString());
    return program.own(description);
  }

  private void back(Program.Builder program) {
    dnnl_primitive_desc description = backDescription(program);
    program.step(
        description,
        DNNL_ARG_DIFF_DST,
        program.external(data()),
        DNNL_ARG_SRC,
        program.external(data()),
        DNNL_ARG_SCALE,
        program.external(parameter()),
        DNNL_ARG_MEAN,
        program.external(statistic()),
        DNNL_ARG_VARIANCE,
        program.external(statistic()),
        DNNL_ARG_DIFF_SRC,
        program.external(data()),
        DNNL_ARG_DIFF_SCALE,
        program.external(parameter()),
        DNNL_ARG_DIFF_SHIFT,
        program.external(parameter()));
  }
}
