package org.hypergrad.engine.backend.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.Pointer;
import org.hypergrad.engine.error.OutOfMemoryException;
import org.hypergrad.engine.memory.HostMemory;

/**
 * Primitives to run one after another, with all that they need: memory objects, argument lists,
 * buffers for reordered operands, one scratchpad. Made once; a run sets addresses and allocates
 * nothing. For one thread at a time.
 */
final class Program implements AutoCloseable {
  private static final HostMemory HEAP = new HostMemory();

  private final Object operation;
  private final dnnl_stream stream = new dnnl_stream();
  private final List<Step> steps = new ArrayList<>();

  /** Memory objects whose addresses a run sets, in the order of its arguments. */
  private final List<dnnl_memory> external = new ArrayList<>();

  private final List<Address> addresses = new ArrayList<>();
  private final List<dnnl_memory> memories = new ArrayList<>();
  private final List<dnnl_primitive_desc> descriptions = new ArrayList<>();
  private final List<MemorySegment> buffers = new ArrayList<>();
  private long bytes;

  private record Step(dnnl_primitive primitive, int count, dnnl_exec_arg_t arguments) {}

  /** A pointer that can be moved, so that a run makes none. */
  private static final class Address extends Pointer {
    Address at(long to) {
      this.address = to;
      return this;
    }
  }

  private Program(Object operation) {
    this.operation = operation;
  }

  /** Bytes of the buffers that this program keeps. */
  long bytes() {
    return bytes;
  }

  void run(long... at) {
    for (int i = 0; i < at.length; i++) {
      OneDnn.check(
          "dnnl_memory_set_data_handle",
          dnnl_memory_set_data_handle(external.get(i), addresses.get(i).at(at[i])),
          operation);
    }
    for (Step step : steps) {
      OneDnn.check(
          "dnnl_primitive_execute",
          dnnl_primitive_execute(step.primitive, stream, step.count, step.arguments),
          operation);
    }
    OneDnn.check("dnnl_stream_wait", dnnl_stream_wait(stream), operation);
  }

  @Override
  public void close() {
    for (Step step : steps) {
      dnnl_primitive_destroy(step.primitive);
      step.arguments.close();
    }
    memories.forEach(memory -> dnnl_memory_destroy(memory));
    descriptions.forEach(description -> dnnl_primitive_desc_destroy(description));
    dnnl_stream_destroy(stream);
    buffers.forEach(HEAP::free);
    steps.clear();
    memories.clear();
    descriptions.clear();
    buffers.clear();
  }

  static long[] rowMajor(long[] extents) {
    long[] strides = new long[extents.length];
    long stride = 1;
    for (int i = extents.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= extents[i];
    }
    return strides;
  }

  /** Puts a program together; operands are numbered slots. */
  static final class Builder {
    private final OneDnn library;
    private final Program program;
    private final List<dnnl_memory_desc> layouts = new ArrayList<>();

    /** Layouts that belong to no primitive; what is made from them holds copies. */
    private final List<dnnl_memory_desc> loose = new ArrayList<>();

    private final List<dnnl_primitive_attr> looseAttributes = new ArrayList<>();

    Builder(OneDnn library, Object operation) {
      this.library = library;
      this.program = new Program(operation);
      OneDnn.check(
          "dnnl_stream_create",
          dnnl_stream_create(program.stream, library.engine(), dnnl_stream_default_flags),
          operation);
    }

    OneDnn library() {
      return library;
    }

    /** Hands a description over; it is destroyed with the program. */
    dnnl_primitive_desc own(dnnl_primitive_desc description) {
      program.descriptions.add(description);
      return description;
    }

    /** Attributes of a primitive that adds an operand to its result; destroyed with the layouts. */
    dnnl_primitive_attr adding(dnnl_memory_desc addend) {
      dnnl_primitive_attr attributes = OneDnn.adding(addend);
      looseAttributes.add(attributes);
      return attributes;
    }

    /** Attributes of a primitive that adds its result to what is there; destroyed likewise. */
    dnnl_primitive_attr onto() {
      dnnl_primitive_attr attributes = OneDnn.onto();
      looseAttributes.add(attributes);
      return attributes;
    }

    /** Hands a layout over; it is destroyed when the program is complete. */
    dnnl_memory_desc own(dnnl_memory_desc layout) {
      loose.add(layout);
      return layout;
    }

    dnnl_memory_desc query(dnnl_primitive_desc description, int what, int index) {
      return dnnl_primitive_desc_query_md(description, what, index);
    }

    /** The next operand of a run. */
    int external(dnnl_memory_desc layout) {
      int slot = memory(layout, new Pointer());
      program.external.add(program.memories.get(slot));
      program.addresses.add(new Address());
      return slot;
    }

    private int memory(dnnl_memory_desc layout, Pointer address) {
      dnnl_memory memory = new dnnl_memory();
      OneDnn.check(
          "dnnl_memory_create",
          dnnl_memory_create(memory, layout, library.engine(), address),
          program.operation);
      program.memories.add(memory);
      layouts.add(layout);
      return program.memories.size() - 1;
    }

    private int buffer(dnnl_memory_desc layout) {
      long size = dnnl_memory_desc_get_size(layout);
      MemorySegment block = HEAP.allocate(Math.max(64, size));
      if (block.equals(MemorySegment.NULL)) {
        throw new OutOfMemoryException("oneDNN buffer", "host", size, 0, 0, HEAP.capacity());
      }
      program.buffers.add(block);
      program.bytes += size;
      return memory(layout, new Address().at(block.address()));
    }

    private boolean isLaidOut(int slot, dnnl_memory_desc layout) {
      return dnnl_memory_desc_equal(layouts.get(slot), layout) != 0;
    }

    /** A slot with the operand in another layout: itself, or a buffer that is filled first. */
    int convert(int slot, dnnl_memory_desc layout) {
      if (isLaidOut(slot, layout)) {
        return slot;
      }
      int buffer = buffer(layout);
      reorder(slot, buffer);
      return buffer;
    }

    private void reorder(int from, int to) {
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      OneDnn.check(
          "dnnl_reorder_primitive_desc_create",
          dnnl_reorder_primitive_desc_create(
              description,
              layouts.get(from),
              library.engine(),
              layouts.get(to),
              library.engine(),
              library.attributes()),
          program.operation);
      step(own(description), DNNL_ARG_FROM, from, DNNL_ARG_TO, to);
    }

    /** Runs a primitive whose result has the given layout, and leaves it in {@code target}. */
    void into(
        int target,
        dnnl_memory_desc layout,
        dnnl_primitive_desc description,
        int resultArgument,
        int... arguments) {
      int result = isLaidOut(target, layout) ? target : buffer(layout);
      int[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
      all[arguments.length] = resultArgument;
      all[arguments.length + 1] = result;
      step(description, all);
      if (result != target) {
        reorder(result, target);
      }
    }

    /** Adds a step; {@code arguments} are pairs of oneDNN's number and a slot, -1 for none. */
    void step(dnnl_primitive_desc description, int... arguments) {
      dnnl_primitive primitive = new dnnl_primitive();
      OneDnn.check(
          "dnnl_primitive_create",
          dnnl_primitive_create(primitive, description),
          program.operation);
      int count = arguments.length / 2 + 1;
      dnnl_exec_arg_t list = new dnnl_exec_arg_t(count);
      int n = 0;
      for (int i = 0; i < arguments.length; i += 2) {
        if (arguments[i + 1] >= 0) {
          list.position(n++).arg(arguments[i]).memory(program.memories.get(arguments[i + 1]));
        }
      }
      int scratchpad = buffer(query(description, dnnl_query_scratchpad_md, 0));
      list.position(n++).arg(DNNL_ARG_SCRATCHPAD).memory(program.memories.get(scratchpad));
      list.position(0);
      program.steps.add(new Step(primitive, n, list));
    }

    Program build() {
      loose.forEach(layout -> dnnl_memory_desc_destroy(layout));
      loose.clear();
      looseAttributes.forEach(attributes -> dnnl_primitive_attr_destroy(attributes));
      looseAttributes.clear();
      return program;
    }
  }
}
