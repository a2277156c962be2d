package org.hypergrad.nn.save;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.save.SafeTensors.Entry;

/**
 * Collects tensors, counters and metadata, and writes them as one {@linkplain SafeTensors file}.
 * The same content gives the same bytes. Tensors are looked at when the file is written, and stay
 * their owner's.
 *
 * <pre>{@code
 * new SafeTensorsWriter().tensor("w", w).counter("step", 12).write(file);
 * }</pre>
 */
public final class SafeTensorsWriter {
  /** So many elements are fetched from a device at a time. */
  private static final long CHUNK = 1 << 18;

  private final Map<String, Source> sources = new TreeMap<>();
  private final Map<String, String> metadata = new TreeMap<>();

  /** What a tensor of the file is made from. */
  private sealed interface Source {
    ElementType type();

    List<Long> shape();

    void writeTo(Sink sink) throws IOException;

    default long bytes() {
      return shape().stream().reduce(1L, Math::multiplyExact) * type().bits() / Byte.SIZE;
    }
  }

  /** The values of a tensor. */
  private record Values(Tensor tensor) implements Source {
    @Override
    public ElementType type() {
      return ElementType.of(tensor.dtype());
    }

    @Override
    public List<Long> shape() {
      return LongStream.of(tensor.shape().toArray()).boxed().toList();
    }

    @Override
    public void writeTo(Sink sink) throws IOException {
      long count = tensor.count();
      Tensor flat =
          Tape.paused(() -> Scope.call(() -> tensor.contiguous().reshape(count).retain()));
      try (flat) {
        for (long i = 0; i < count; i += CHUNK) {
          long begin = i;
          long end = Math.min(count, begin + CHUNK);
          sink.write(Scope.call(() -> flat.device().backend().download(flat.slice(0, begin, end))));
        }
      }
    }
  }

  /** Numbers of 64 bits. */
  private record Longs(List<Long> shape, long[] values) implements Source {
    @Override
    public ElementType type() {
      return ElementType.I64;
    }

    @Override
    public void writeTo(Sink sink) throws IOException {
      MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Long.BYTES]);
      for (int i = 0; i < values.length; i++) {
        bytes.set(ElementType.LONG, (long) i * Long.BYTES, values[i]);
      }
      sink.write(bytes);
    }
  }

  /** Takes data for the file and for its hash. */
  private record Sink(FileChannel channel, ContentHash hash) {
    void write(MemorySegment values) throws IOException {
      byte[] bytes = new byte[Math.toIntExact(values.byteSize())];
      MemorySegment.copy(values, 0, MemorySegment.ofArray(bytes), 0, bytes.length);
      hash.update(ByteBuffer.wrap(bytes));
      writeAll(channel, bytes);
    }
  }

  /**
   * Adds a tensor of any type, shape and strides, from any device.
   *
   * @throws ArgumentException if the name is taken
   */
  public SafeTensorsWriter tensor(String name, Tensor tensor) {
    return add(name, new Values(tensor));
  }

  /** Adds an int64 scalar. */
  public SafeTensorsWriter counter(String name, long value) {
    return add(name, new Longs(List.of(), new long[] {value}));
  }

  /** Adds int64 numbers, of shape [their count]. */
  public SafeTensorsWriter longs(String name, long... values) {
    return add(name, new Longs(List.of((long) values.length), values.clone()));
  }

  private SafeTensorsWriter add(String name, Source source) {
    if (Header.isReserved(name) || sources.putIfAbsent(name, source) != null) {
      throw new ArgumentException(
          "safetensors", "name is taken", "\"" + name + "\"", "unique names", "");
    }
    return this;
  }

  /**
   * Adds a text.
   *
   * @throws ArgumentException if the file's own use is made of the key
   */
  public SafeTensorsWriter metadata(String key, String value) {
    if (key.equals(ContentHash.KEY) || key.equals(SafeTensors.FORMAT_KEY)) {
      throw new ArgumentException(
          "safetensors", "the file says this itself", "\"" + key + "\"", "another key", "");
    }
    metadata.put(key, value);
    return this;
  }

  /**
   * Writes the file: all of it or, on any failure, nothing. It is on the disk when this returns.
   *
   * @throws CheckpointException that says why it cannot be written; the old file is then as it was
   * @throws org.hypergrad.engine.error.LifetimeException if a tensor was closed
   */
  public void write(Path file) {
    // The greatest elements first: then all are aligned, as the format's own writer does it.
    List<Map.Entry<String, Source>> order = new ArrayList<>(sources.entrySet());
    order.sort(Comparator.comparing(e -> -e.getValue().type().bits()));
    byte[] header = header(order);
    int position = ContentHash.position(header, ContentHash.ZEROS);
    AtomicFile.write(
        file,
        channel -> {
          ContentHash hash = new ContentHash(header, position);
          writeAll(channel, ContentHash.length(header));
          writeAll(channel, header);
          Sink sink = new Sink(channel, hash);
          for (Map.Entry<String, Source> source : order) {
            source.getValue().writeTo(sink);
          }
          channel.position(Long.BYTES + position);
          writeAll(channel, hash.digits().getBytes(StandardCharsets.US_ASCII));
        });
  }

  private byte[] header(List<Map.Entry<String, Source>> order) {
    Map<String, String> texts = new TreeMap<>(metadata);
    texts.put(SafeTensors.FORMAT_KEY, SafeTensors.FORMAT);
    texts.put(ContentHash.KEY, ContentHash.ZEROS);
    Map<String, Entry> entries = new LinkedHashMap<>();
    long begin = 0;
    for (Map.Entry<String, Source> next : order) {
      Source source = next.getValue();
      long end = begin + source.bytes();
      entries.put(next.getKey(), new Entry(source.type().name(), source.shape(), begin, end));
      begin = end;
    }
    return new Header(texts, entries).toBytes();
  }

  private static void writeAll(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      channel.write(left);
    }
  }
}
