package org.hypergrad.engine.backend.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * A pass of a convolution. Images lie channels first (NCHW) or channels last (NHWC); inside, all
 * passes work channels last, in which oneDNN is as fast as in layouts of its own; weights lie in
 * row-major order and are brought into oneDNN's layout and back.
 *
 * @param pass which pass
 * @param geometry extents
 * @param xLast whether x, or its gradient, lies channels last
 * @param yLast whether y, or its gradient, lies channels last
 * @param bias whether a bias is added; forward only
 */
public record Convolution(
    Pass pass, ConvGeometry geometry, boolean xLast, boolean yLast, boolean bias) {
  /** The passes and their addresses. */
  public enum Pass {
    /** x, w, [bias], y. */
    FORWARD,
    /** dy, w, dx. */
    INPUT_GRADIENT,
    /** x, dy, dw. */
    WEIGHT_GRADIENT
  }

  /** Runs this pass on the addresses of its operands, the result last. */
  public void run(ProgramCache cache, int threads, long... addresses) {
    cache.run(this, geometry.multiplications(), threads, this::build, addresses);
  }

  private void build(Program.Builder program) {
    switch (pass) {
      case FORWARD -> forward(program);
      case INPUT_GRADIENT -> inputGradient(program);
      case WEIGHT_GRADIENT -> weightGradient(program);
    }
  }

  private static dnnl_memory_desc images(
      Program.Builder program, ConvGeometry.Images images, boolean last) {
    return program.own(OneDnn.strided(images.extents(), images.strides(last)));
  }

  private dnnl_memory_desc anyWeights(Program.Builder program) {
    return program.own(OneDnn.any(geometry.weights()));
  }

  private dnnl_memory_desc rowMajorWeights(Program.Builder program) {
    long[] extents = geometry.weights();
    return program.own(OneDnn.strided(extents, Program.rowMajor(extents)));
  }

  private dnnl_memory_desc channels(Program.Builder program) {
    return program.own(OneDnn.strided(new long[] {geometry.out().channels()}, new long[] {1}));
  }

  private dnnl_primitive_desc forwardDescription(Program.Builder program) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    OneDnn.check(
        "dnnl_convolution_forward_primitive_desc_create",
        dnnl_convolution_forward_primitive_desc_create(
            description,
            program.library().engine(),
            dnnl_forward_training,
            dnnl_convolution_direct,
            images(program, geometry.in(), true),
            anyWeights(program),
            bias ? channels(program) : null,
            images(program, geometry.out(), true),
            geometry.stride().pair(),
            dilation(),
            geometry.before().pair(),
            geometry.after().pair(),
            program.library().attributes()),
        this);
    return program.own(description);
  }

  /** oneDNN counts the taps between, so that 0 is no dilation. */
  private long[] dilation() {
    return new long[] {geometry.dilation().height() - 1, geometry.dilation().width() - 1};
  }

  private void forward(Program.Builder program) {
    dnnl_primitive_desc description = forwardDescription(program);
    int x = program.external(images(program, geometry.in(), xLast));
    int w = program.external(rowMajorWeights(program));
    int b = bias ? program.external(program.query(description, dnnl_query_weights_md, 1)) : -1;
    int y = program.external(images(program, geometry.out(), yLast));
    int[] arguments = {
      DNNL_ARG_SRC, program.convert(x, program.query(description, dnnl_query_src_md, 0)),
      DNNL_ARG_WEIGHTS, program.convert(w, program.query(description, dnnl_query_weights_md, 0)),
      DNNL_ARG_BIAS, b
    };
    program.into(
        y, program.query(description, dnnl_query_dst_md, 0), description, DNNL_ARG_DST, arguments);
  }

  private void inputGradient(Program.Builder program) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    OneDnn.check(
        "dnnl_convolution_backward_data_primitive_desc_create",
        dnnl_convolution_backward_data_primitive_desc_create(
            description,
            program.library().engine(),
            dnnl_convolution_direct,
            images(program, geometry.in(), true),
            anyWeights(program),
            images(program, geometry.out(), true),
            geometry.stride().pair(),
            dilation(),
            geometry.before().pair(),
            geometry.after().pair(),
            forwardDescription(program),
            program.library().attributes()),
        this);
    program.own(description);
    int dy = program.external(images(program, geometry.out(), yLast));
    int w = program.external(rowMajorWeights(program));
    int dx = program.external(images(program, geometry.in(), xLast));
    int[] arguments = {
      DNNL_ARG_DIFF_DST, program.convert(dy, program.query(description, dnnl_query_diff_dst_md, 0)),
      DNNL_ARG_WEIGHTS, program.convert(w, program.query(description, dnnl_query_weights_md, 0))
    };
    program.into(
        dx,
        program.query(description, dnnl_query_diff_src_md, 0),
        description,
        DNNL_ARG_DIFF_SRC,
        arguments);
  }

  private void weightGradient(Program.Builder program) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    OneDnn.check(
        "dnnl_convolution_backward_weights_primitive_desc_create",
        dnnl_convolution_backward_weights_primitive_desc_create(
            description,
            program.library().engine(),
            dnnl_convolution_direct,
            images(program, geometry.in(), true),
            anyWeights(program),
            null,
            images(program, geometry.out(), true),
            geometry.stride().pair(),
            dilation(),
            geometry.before().pair(),
            geometry.after().pair(),
            forwardDescription(program),
            program.library().attributes()),
        this);
    program.own(description);
    int x = program.external(images(program, geometry.in(), xLast));
    int dy = program.external(images(program, geometry.out(), yLast));
    int dw = program.external(rowMajorWeights(program));
    int[] arguments = {
      DNNL_ARG_SRC, program.convert(x, program.query(description, dnnl_query_src_md, 0)),
      DNNL_ARG_DIFF_DST, program.convert(dy, program.query(description, dnnl_query_diff_dst_md, 0))
    };
    program.into(
        dw,
        program.query(description, dnnl_query_diff_weights_md, 0),
        description,
        DNNL_ARG_DIFF_WEIGHTS,
        arguments);
  }
}
