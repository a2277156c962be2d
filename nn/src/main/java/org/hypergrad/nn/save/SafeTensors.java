package org.hypergrad.nn.save;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;

/**
 * A file of named tensors in the safetensors format, open for reading:
 *
 * <pre>
 *   8 bytes    n, the length of the header (little-endian)
 *   n bytes    JSON: {"__metadata__": {key: text, ...},
 *                     name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
 *   the rest   the elements, row-major and little-endian, without a hole
 * </pre>
 *
 * <p>Files written here hold a SHA-256 of the whole file in their metadata; it is checked when the
 * file is opened, so that one with any bit changed does not load. Files of other programs load
 * without. The machine is taken to be little-endian.
 *
 * <pre>{@code
 * try (SafeTensors file = SafeTensors.open(path)) {
 *   Tensor w = file.tensor("conv1.weight");
 * }
 * }</pre>
 */
public final class SafeTensors implements AutoCloseable {
  /** The metadata that marks files written here, and how they are laid out. */
  static final String FORMAT_KEY = "hypergrad.format";

  static final String FORMAT = "1";

  private static final long CHUNK = 1 << 20;

  private final Path file;
  private final Arena arena;
  private final Header header;
  private final MemorySegment data;

  private SafeTensors(Path file, Arena arena, Header header, MemorySegment data) {
    this.file = file;
    this.arena = arena;
    this.header = header;
    this.data = data;
  }

  /**
   * Where a tensor lies.
   *
   * @param dtype the format's name of the element type, such as {@code F32}
   * @param shape extents
   * @param begin first byte, counted from the end of the header
   * @param end the byte behind the last
   */
  public record Entry(String dtype, List<Long> shape, long begin, long end) {
    public Entry {
      shape = List.copyOf(shape);
    }

    long bytes() {
      return end - begin;
    }
  }

  /**
   * Writes tensors and texts; {@link SafeTensorsWriter} also takes counters.
   *
   * @throws CheckpointException that says why it cannot be written; the old file is then as it was
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    SafeTensorsWriter writer = new SafeTensorsWriter();
    tensors.forEach(writer::tensor);
    metadata.forEach(writer::metadata);
    writer.write(file);
  }

  /**
   * Opens a file and checks all of it: lengths, header, and the hash if there is one.
   *
   * @throws CheckpointException if it cannot be read or is damaged
   */
  public static SafeTensors open(Path file) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment all;
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      }
      return checked(file, arena, all);
    } catch (IOException cause) {
      arena.close();
      throw unreadable(file, cause);
    } catch (RuntimeException | Error failure) {
      arena.close();
      throw failure;
    }
  }

  private static CheckpointException unreadable(Path file, IOException cause) {
    String problem =
        switch (cause) {
          case NoSuchFileException _ -> "does not exist";
          case AccessDeniedException _ -> "may not be read";
          default -> Files.isDirectory(file) ? "is a directory" : "cannot be read: " + cause;
        };
    return new CheckpointException(file, problem, List.of(), "a safetensors file", "", cause);
  }

  private static SafeTensors checked(Path file, Arena arena, MemorySegment all) {
    long size = all.byteSize();
    if (size < Long.BYTES) {
      throw CheckpointException.damaged(file, "is cut short: " + size + " bytes", null);
    }
    long length = all.get(ElementType.LONG, 0);
    if (length < 0 || length > Math.min(Header.MAX_BYTES, size - Long.BYTES)) {
      throw CheckpointException.damaged(
          file, "has a header of " + length + " bytes, where the file has " + size, null);
    }
    byte[] bytes = all.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    MemorySegment data = all.asSlice(Long.BYTES + length);
    try {
      Header header = Header.parse(bytes, data.byteSize());
      checkHash(file, header, bytes, data);
      return new SafeTensors(file, arena, header, data);
    } catch (Header.BadHeader cause) {
      throw CheckpointException.damaged(file, cause.getMessage(), cause);
    }
  }

  private static void checkHash(Path file, Header header, byte[] bytes, MemorySegment data) {
    String hash = header.metadata().get(ContentHash.KEY);
    String format = header.metadata().get(FORMAT_KEY);
    if (hash == null && format == null) {
      return;
    }
    // A bit may have changed in the very key of the hash; the other key is then still there.
    int position = hash == null ? -1 : ContentHash.position(bytes, hash);
    if (position < 0 || hash.length() != ContentHash.ZEROS.length()) {
      throw CheckpointException.damaged(file, "has lost its hash", null);
    }
    ContentHash actual = new ContentHash(bytes, position);
    for (long i = 0; i < data.byteSize(); i += CHUNK) {
      actual.update(data.asSlice(i, Math.min(CHUNK, data.byteSize() - i)).asByteBuffer());
    }
    String digits = actual.digits();
    if (!digits.equals(hash)) {
      throw CheckpointException.damaged(
          file, "content has SHA-256 " + digits + ", not " + hash, null);
    }
    if (!FORMAT.equals(format)) {
      throw new CheckpointException(
          file, "is of format " + format, List.of(), "format " + FORMAT, "", null);
    }
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /** The tensors by name, in the order of their data. */
  public Map<String, Entry> entries() {
    return Collections.unmodifiableMap(header.entries());
  }

  /** Names of the tensors, in the order of their data. */
  public Set<String> names() {
    return entries().keySet();
  }

  /** The texts, without what the file says about itself. */
  public Map<String, String> metadata() {
    Map<String, String> texts = new LinkedHashMap<>(header.metadata());
    texts.remove(ContentHash.KEY);
    texts.remove(FORMAT_KEY);
    return Collections.unmodifiableMap(texts);
  }

  /** Whether the file holds a hash of its content, which is then right. */
  public boolean isHashed() {
    return header.metadata().containsKey(ContentHash.KEY);
  }

  /**
   * A tensor, on the current device and in the current scope: F32, F64, I32 and U8 as they are, F16
   * and BF16 as float32, BOOL as uint8 (0 or 1), I64 as int32.
   *
   * @throws CheckpointException if there is none of this name, if its type is another one, or if a
   *     number does not fit in int32
   * @throws org.hypergrad.engine.error.DTypeException if the device has no such type
   */
  public Tensor tensor(String name) {
    return tensor(name, type(name).readAs().orElseThrow(() -> notReadable(name)));
  }

  /**
   * A tensor in a type of choice, where both that and the file's are floating types, or both are
   * the same.
   *
   * @throws CheckpointException as {@link #tensor(String)}, or if the type cannot become the other
   */
  public Tensor tensor(String name, DType dtype) {
    ElementType type = type(name);
    MemorySegment bytes = bytes(name);
    long[] extents = shape(name).toArray();
    if (type.isSame(dtype)) {
      return Tensor.of(dtype, bytes, extents);
    }
    if (type == ElementType.I64 && dtype == DType.INT32) {
      return Tensor.of(ints(name), extents);
    }
    if (!type.isFloating() || !dtype.isFloating()) {
      throw notReadable(name);
    }
    long count = Shape.of(extents).count();
    try (Arena memory = Arena.ofConfined()) {
      MemorySegment values = memory.allocate(count * dtype.bytes(), dtype.bytes());
      for (long i = 0; i < count; i++) {
        Elements.set(dtype, values, i, type.get(bytes, i));
      }
      return Tensor.of(dtype, values, extents);
    }
  }

  /**
   * The numbers of an I64 tensor, in row-major order.
   *
   * @throws CheckpointException if there is none of this name, or if it is of another type
   */
  public long[] longs(String name) {
    if (type(name) != ElementType.I64) {
      throw notReadable(name);
    }
    return bytes(name).toArray(ElementType.LONG);
  }

  private int[] ints(String name) {
    long[] longs = longs(name);
    int[] ints = new int[longs.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) longs[i];
      if (ints[i] != longs[i]) {
        throw new CheckpointException(
            file,
            name + ": " + longs[i] + " does not fit in int32",
            List.of(),
            "",
            "longs()",
            null);
      }
    }
    return ints;
  }

  private Entry entry(String name) {
    Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new CheckpointException(
          file, "has no tensor \"" + name + "\"", List.of(), names().toString(), "", null);
    }
    return entry;
  }

  private MemorySegment bytes(String name) {
    Entry entry = entry(name);
    return data.asSlice(entry.begin(), entry.bytes());
  }

  /** The extents as a shape; tensors here have fewer axes than some files allow. */
  private Shape shape(String name) {
    List<Long> extents = entry(name).shape();
    if (extents.size() > Shape.MAX_RANK) {
      throw new CheckpointException(
          file, name + ": rank too large", List.of(), "rank <= " + Shape.MAX_RANK, "", null);
    }
    return Shape.generate(extents.size(), extents::get);
  }

  private ElementType type(String name) {
    return ElementType.named(entry(name).dtype()).orElseThrow(() -> notReadable(name));
  }

  private CheckpointException notReadable(String name) {
    return new CheckpointException(
        file,
        name + ": is of type " + entry(name).dtype() + ", which cannot be read so",
        List.of(),
        "F32, F64, F16, BF16, I32, I64, U8 or BOOL, as documented",
        "",
        null);
  }

  /** Ends the view of the file; tensors that were read stay. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
