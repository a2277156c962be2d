package org.hypergrad.engine.backend.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.function.Consumer;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_version_t;
import org.hypergrad.engine.error.NativeException;

/** The library itself: its engine, its threads, and whether it runs here. */
public final class OneDnn {
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_primitive_attr attributes = new dnnl_primitive_attr();
  private final MethodHandle setThreads;

  private OneDnn() {
    check("dnnl_engine_create", dnnl_engine_create(engine, dnnl_cpu, 0), "");
    create(attributes);
    setThreads = openMp();
  }

  private static void create(dnnl_primitive_attr attributes) {
    check("dnnl_primitive_attr_create", dnnl_primitive_attr_create(attributes), "");
    check(
        "dnnl_primitive_attr_set_scratchpad_mode",
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user),
        "");
  }

  /** oneDNN's threads are those of the OpenMP library that is packed with it and loaded by now. */
  @SuppressWarnings("restricted")
  private static MethodHandle openMp() {
    SymbolLookup library = SymbolLookup.libraryLookup("libgomp.so.1", Arena.global());
    return Linker.nativeLinker()
        .downcallHandle(
            library.findOrThrow("omp_set_num_threads"),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
  }

  /**
   * Lets OpenMP's idle threads go to sleep soon. By default they stay awake for milliseconds, on
   * the cores that the loops between two primitives need. The library reads this when it is loaded;
   * whoever set it, or the waiting policy, in the environment is left alone.
   */
  @SuppressWarnings("restricted")
  private static void waitBriefly() throws Throwable {
    if (System.getenv("GOMP_SPINCOUNT") != null || System.getenv("OMP_WAIT_POLICY") != null) {
      return;
    }
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      int status =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().findOrThrow("setenv"),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.ADDRESS,
                          ValueLayout.ADDRESS,
                          ValueLayout.JAVA_INT))
                  .invokeExact(arena.allocateFrom("GOMP_SPINCOUNT"), arena.allocateFrom("1000"), 0);
      check("setenv", status, "GOMP_SPINCOUNT");
    }
  }

  /** What came of loading: the library, or why it cannot run. */
  private record Loading(OneDnn library, String problem) {}

  private static final class Loaded {
    static final Loading LOADING = load();

    private static Loading load() {
      try {
        waitBriefly();
        OneDnn library = new OneDnn();
        return new Loading(library, library.selfTest());
      } catch (Throwable failure) {
        // A missing jar, a missing or foreign native library, an old processor: all end here.
        return new Loading(null, "oneDNN does not load: " + failure);
      }
    }
  }

  /** Why oneDNN cannot run here; empty if it can. Loads it at the first call; never throws. */
  public static String problem() {
    try {
      return Loaded.LOADING.problem;
    } catch (Throwable failure) {
      return "oneDNN does not load: " + failure;
    }
  }

  static OneDnn get() {
    return Loaded.LOADING.library;
  }

  /** The library's version, such as 3.11.0. */
  public static String version() {
    dnnl_version_t version = dnnl_version();
    return version.major() + "." + version.minor() + "." + version.patch();
  }

  dnnl_engine engine() {
    return engine;
  }

  dnnl_primitive_attr attributes() {
    return attributes;
  }

  /** Attributes of a primitive that adds an operand of this layout to its result. */
  static dnnl_primitive_attr adding(dnnl_memory_desc addend) {
    return attributes(
        after ->
            check(
                "dnnl_post_ops_append_binary",
                dnnl_post_ops_append_binary(after, dnnl_binary_add, addend),
                ""));
  }

  /** Attributes of a primitive that adds its result to what is there. */
  static dnnl_primitive_attr onto() {
    return attributes(
        after ->
            check(
                "dnnl_post_ops_append_sum",
                dnnl_post_ops_append_sum(after, 1f, 0, dnnl_data_type_undef),
                ""));
  }

  private static dnnl_primitive_attr attributes(Consumer<dnnl_post_ops> last) {
    dnnl_post_ops after = new dnnl_post_ops();
    check("dnnl_post_ops_create", dnnl_post_ops_create(after), "");
    last.accept(after);
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    create(attributes);
    check(
        "dnnl_primitive_attr_set_post_ops",
        dnnl_primitive_attr_set_post_ops(attributes, after),
        "");
    dnnl_post_ops_destroy(after);
    return attributes;
  }

  /** Sets the number of threads of what this Java thread runs next. */
  void useThreads(int threads) {
    try {
      setThreads.invokeExact(threads);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** {@code what} is put into words only if the call failed. */
  static void check(String call, int status, Object what) {
    if (status != dnnl_success) {
      throw new NativeException(
          "oneDNN",
          call + " failed with status " + status + " (" + name(status) + ")",
          what.toString(),
          "dnnl_success",
          "");
    }
  }

  private static String name(int status) {
    return switch (status) {
      case 1 -> "out_of_memory";
      case 2 -> "invalid_arguments";
      case 3 -> "unimplemented";
      case 4 -> "last_impl_reached";
      case 5 -> "runtime_error";
      case 6 -> "not_required";
      default -> "unknown";
    };
  }

  /** float32 with these strides. */
  static dnnl_memory_desc strided(long[] extents, long[] strides) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(
        "dnnl_memory_desc_create_with_strides",
        dnnl_memory_desc_create_with_strides(desc, extents.length, extents, dnnl_f32, strides),
        java.util.Arrays.toString(extents) + " by " + java.util.Arrays.toString(strides));
    return desc;
  }

  /** float32 in a layout of oneDNN's choice. */
  static dnnl_memory_desc any(long... extents) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(
        "dnnl_memory_desc_create_with_tag",
        dnnl_memory_desc_create_with_tag(
            desc, extents.length, extents, dnnl_f32, dnnl_format_tag_any),
        java.util.Arrays.toString(extents));
    return desc;
  }

  /**
   * One small convolution and one small product against plain loops: versions of the library had
   * wrong reorders. Returns what is wrong, or nothing.
   */
  private String selfTest() {
    try (Arena arena = Arena.ofConfined();
        ProgramCache cache = new ProgramCache(this)) {
      return SelfTest.run(cache, arena);
    }
  }

  static MemorySegment floats(Arena arena, float... values) {
    MemorySegment segment = arena.allocate(4L * Math.max(1, values.length), 64);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    return segment;
  }
}
