package org.hypergrad.nn.data;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Files that can be fetched from any of several mirrors, and are known by their content. What a
 * broken connection left behind is kept, in a file of its own for each mirror, and the next call
 * goes on behind it.
 *
 * @param mirrors addresses that a file's name is appended to, tried in order
 * @param items the files
 * @param timeout for one file from one mirror, from connecting to its last byte
 */
public record Download(List<String> mirrors, List<Item> items, Duration timeout) {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int OUT_OF_RANGE = 416;

  /** Within a process a second lock of a file does not wait, but is refused. */
  private static final ReentrantLock FETCHING = new ReentrantLock();

  public Download {
    mirrors = List.copyOf(mirrors);
    items = List.copyOf(items);
  }

  /**
   * A file.
   *
   * @param name at the mirrors and on disk
   * @param sha256 in hexadecimal digits
   * @param unpacked whether the SHA-256 is that of the unpacked content, as mirrors may pack the
   *     same content to different bytes; or else of the file as it is
   */
  public record Item(String name, String sha256, boolean unpacked) {
    /** A file known by its unpacked content. */
    public Item(String name, String sha256) {
      this(name, sha256, true);
    }

    private String describeSum() {
      return (unpacked ? "unpacked " : "") + "SHA-256";
    }
  }

  /**
   * Fetches the files that are not in {@code folder} yet with the right content. A file appears
   * there whole and checked, or not at all.
   *
   * @param log takes a line for each file: kept, or fetched from where
   * @throws DataException if a file cannot be had from any mirror: it says why, and which files to
   *     put where by hand
   */
  public void into(Path folder, Consumer<String> log) {
    try {
      Files.createDirectories(folder);
    } catch (IOException cause) {
      throw new DataException(
          folder.toString(), "cannot be created", cause.toString(), "a folder", "", cause);
    }
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT.compareTo(timeout) < 0 ? CONNECT_TIMEOUT : timeout)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    try {
      for (Item item : items) {
        fetch(client, item, folder, log);
      }
    } finally {
      // Not close(), which would wait for what has timed out.
      client.shutdownNow();
    }
  }

  private void fetch(HttpClient client, Item item, Path folder, Consumer<String> log) {
    if (isRight(item, folder.resolve(item.name))) {
      log.accept(item.name + ": is there");
      return;
    }
    FETCHING.lock();
    Path lock = folder.resolve(item.name + ".lock");
    try (FileChannel channel = FileChannel.open(lock, CREATE, WRITE)) {
      try (var _ = channel.lock()) {
        fetchAlone(client, item, folder, log);
      } finally {
        delete(lock);
      }
    } catch (ClosedByInterruptException | FileLockInterruptionException interrupt) {
      Thread.currentThread().interrupt();
      throw new DataException(folder.toString(), "interrupted", "", "", "", interrupt);
    } catch (IOException cause) {
      throw new DataException(
          folder.toString(), "cannot be written to", cause.toString(), "", "", cause);
    } finally {
      FETCHING.unlock();
    }
  }

  /** Only one at a time is here for a file; another may have fetched it before. */
  private void fetchAlone(HttpClient client, Item item, Path folder, Consumer<String> log) {
    Path target = folder.resolve(item.name);
    if (isRight(item, target)) {
      log.accept(item.name + ": is there");
      return;
    }
    List<String> problems = new ArrayList<>();
    for (String mirror : mirrors) {
      URI address = URI.create(mirror + item.name);
      Path part = part(item, mirror, folder);
      try {
        complete(client, item, address, part, log);
        Files.move(
            part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        mirrors.forEach(m -> delete(part(item, m, folder)));
        log.accept(item.name + ": fetched from " + address);
        return;
      } catch (IOException problem) {
        problems.add(address + ": " + problem);
      } finally {
        deleteIfEmpty(part);
      }
    }
    throw new DataException(
        target.toString(),
        "cannot be fetched",
        String.join(", ", problems),
        "content whose " + item.describeSum() + " is " + item.sha256,
        "where there is a network, call again; where there is none, put into "
            + folder
            + " by hand: "
            + describeMissing(folder),
        null);
  }

  /** Where the start of a file is kept; mirrors may have different bytes. */
  private static Path part(Item item, String mirror, Path folder) {
    return folder.resolve(item.name + "." + Integer.toHexString(mirror.hashCode()) + ".part");
  }

  /** Makes a part whole and right; one that was begun and goes on wrongly is begun anew. */
  private void complete(HttpClient client, Item item, URI address, Path part, Consumer<String> log)
      throws IOException {
    long there = Files.exists(part) ? Files.size(part) : 0;
    if (there > 0 && isRight(item, part)) {
      return;
    }
    if (there > 0) {
      log.accept(item.name + ": " + there + " bytes are there, goes on from " + address);
    }
    get(client, address, part, there);
    try {
      check(item, part);
    } catch (IOException wrong) {
      delete(part);
      if (there == 0) {
        throw wrong;
      }
      complete(client, item, address, part, log);
    }
  }

  private String describeMissing(Path folder) {
    return items.stream()
        .filter(item -> !isRight(item, folder.resolve(item.name)))
        .map(item -> item.name + " (" + item.describeSum() + " " + item.sha256 + ")")
        .reduce((a, b) -> a + ", " + b)
        .orElseThrow();
  }

  /** Fetches what is behind the first {@code there} bytes, or all if the server will have it so. */
  private void get(HttpClient client, URI address, Path part, long there) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address);
    if (there > 0) {
      request.header("Range", "bytes=" + there + "-");
    }
    // The request's own timeout would end with the headers.
    CompletableFuture<HttpResponse<Path>> response =
        client.sendAsync(request.build(), answer -> body(answer, part, there));
    try {
      HttpResponse<Path> answer = response.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.statusCode() == OUT_OF_RANGE) {
        delete(part);
      }
      if (answer.body() == null) {
        throw new IOException("HTTP status " + answer.statusCode());
      }
    } catch (TimeoutException late) {
      throw new IOException("not done after " + timeout.toMillis() + " ms", late);
    } catch (ExecutionException failed) {
      throw new IOException(failed.getCause().toString(), failed.getCause());
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new DataException(address.toString(), "interrupted", "", "", "", interrupt);
    } finally {
      response.cancel(true);
    }
  }

  /** Where an answer's content goes: nowhere, and null comes back, if it is not the file. */
  private static BodySubscriber<Path> body(ResponseInfo answer, Path part, long there) {
    String range = answer.headers().firstValue("Content-Range").orElse("");
    if (answer.statusCode() == OK) {
      return BodySubscribers.ofFile(part, CREATE, WRITE, TRUNCATE_EXISTING);
    }
    return answer.statusCode() == PARTIAL && range.startsWith("bytes " + there + "-")
        ? BodySubscribers.ofFile(part, WRITE, APPEND)
        : BodySubscribers.replacing(null);
  }

  private static boolean isRight(Item item, Path file) {
    try {
      check(item, file);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private static void check(Item item, Path file) throws IOException {
    String found = sha256(file, item.unpacked);
    if (!found.equalsIgnoreCase(item.sha256)) {
      throw new IOException(item.describeSum() + " is " + found);
    }
  }

  private static String sha256(Path file, boolean unpacked) throws IOException {
    MessageDigest digest = Sha256.digest();
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = new DigestInputStream(unpacked ? Packed.unpack(raw) : raw, digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void deleteIfEmpty(Path part) {
    try {
      if (Files.exists(part) && Files.size(part) == 0) {
        delete(part);
      }
    } catch (IOException _) {
      // As below.
    }
  }

  private static void delete(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException _) {
      // It is in nobody's way, and what went wrong before says more.
    }
  }
}
