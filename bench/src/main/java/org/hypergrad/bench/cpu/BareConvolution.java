package org.hypergrad.bench.cpu;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.FloatPointer;

/** One oneDNN convolution whose operands lie in the layouts that oneDNN chooses. */
final class BareConvolution implements Case {
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private final dnnl_primitive primitive = new dnnl_primitive();
  private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(3);
  private final List<dnnl_memory> memories = new ArrayList<>();
  private final List<FloatPointer> buffers = new ArrayList<>();

  BareConvolution(ConvLayer layer, ConvLayer.Pass pass) {
    check(dnnl_engine_create(engine, dnnl_cpu, 0));
    check(dnnl_stream_create(stream, engine, dnnl_stream_default_flags));
    dnnl_primitive_desc forward = forward(layer);
    dnnl_primitive_desc description =
        switch (pass) {
          case FORWARD -> forward;
          case INPUT_GRADIENT -> inputGradient(layer, forward);
          case WEIGHT_GRADIENT -> weightGradient(layer, forward);
        };
    switch (pass) {
      case FORWARD -> {
        argument(DNNL_ARG_SRC, description, dnnl_query_src_md);
        argument(DNNL_ARG_WEIGHTS, description, dnnl_query_weights_md);
        argument(DNNL_ARG_DST, description, dnnl_query_dst_md);
      }
      case INPUT_GRADIENT -> {
        argument(DNNL_ARG_DIFF_DST, description, dnnl_query_diff_dst_md);
        argument(DNNL_ARG_WEIGHTS, description, dnnl_query_weights_md);
        argument(DNNL_ARG_DIFF_SRC, description, dnnl_query_diff_src_md);
      }
      case WEIGHT_GRADIENT -> {
        argument(DNNL_ARG_SRC, description, dnnl_query_src_md);
        argument(DNNL_ARG_DIFF_DST, description, dnnl_query_diff_dst_md);
        argument(DNNL_ARG_DIFF_WEIGHTS, description, dnnl_query_diff_weights_md);
      }
    }
    check(dnnl_primitive_create(primitive, description));
    arguments.position(0);
  }

  @Override
  public void run() {
    check(dnnl_primitive_execute(primitive, stream, memories.size(), arguments));
    check(dnnl_stream_wait(stream));
  }

  private static void check(int status) {
    if (status != dnnl_success) {
      throw new IllegalStateException("oneDNN returned status " + status);
    }
  }

  private static dnnl_memory_desc any(long... extents) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(
        dnnl_memory_desc_create_with_tag(
            desc, extents.length, extents, dnnl_f32, dnnl_format_tag_any));
    return desc;
  }

  private static long[] pair(long value) {
    return new long[] {value, value};
  }

  private dnnl_primitive_desc forward(ConvLayer layer) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    check(
        dnnl_convolution_forward_primitive_desc_create(
            description,
            engine,
            dnnl_forward_training,
            dnnl_convolution_direct,
            any(layer.x()),
            any(layer.w()),
            null,
            any(layer.y()),
            pair(layer.stride()),
            pair(0),
            pair(layer.padding()),
            pair(layer.padding()),
            (dnnl_primitive_attr) null));
    return description;
  }

  private dnnl_primitive_desc inputGradient(ConvLayer layer, dnnl_primitive_desc forward) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    check(
        dnnl_convolution_backward_data_primitive_desc_create(
            description,
            engine,
            dnnl_convolution_direct,
            any(layer.x()),
            any(layer.w()),
            any(layer.y()),
            pair(layer.stride()),
            pair(0),
            pair(layer.padding()),
            pair(layer.padding()),
            forward,
            (dnnl_primitive_attr) null));
    return description;
  }

  private dnnl_primitive_desc weightGradient(ConvLayer layer, dnnl_primitive_desc forward) {
    dnnl_primitive_desc description = new dnnl_primitive_desc();
    check(
        dnnl_convolution_backward_weights_primitive_desc_create(
            description,
            engine,
            dnnl_convolution_direct,
            any(layer.x()),
            any(layer.w()),
            null,
            any(layer.y()),
            pair(layer.stride()),
            pair(0),
            pair(layer.padding()),
            pair(layer.padding()),
            forward,
            (dnnl_primitive_attr) null));
    return description;
  }

  private void argument(int argument, dnnl_primitive_desc description, int query) {
    dnnl_memory_desc layout = dnnl_primitive_desc_query_md(description, query, 0);
    float[] values = new float[Math.toIntExact(dnnl_memory_desc_get_size(layout) / 4)];
    for (int i = 0; i < values.length; i++) {
      // Pages that were never written would all be one page of zeros, in the cache throughout.
      values[i] = i % 251 / 251f - 0.5f;
    }
    FloatPointer buffer = new FloatPointer(values);
    dnnl_memory memory = new dnnl_memory();
    check(dnnl_memory_create(memory, layout, engine, buffer));
    arguments.position(memories.size()).arg(argument).memory(memory);
    buffers.add(buffer);
    memories.add(memory);
  }

  @Override
  public void close() {
    dnnl_primitive_destroy(primitive);
    memories.forEach(memory -> dnnl_memory_destroy(memory));
    buffers.forEach(FloatPointer::close);
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
  }
}
