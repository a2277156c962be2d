package org.hypergrad.nn.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Files that can be fetched from any of several mirrors, and are known by their content.
 *
 * @param mirrors addresses that a file's name is appended to, tried in order
 * @param items the files
 * @param timeout for one file from one mirror, from connecting to its last byte
 */
public record Download(List<String> mirrors, List<Item> items, Duration timeout) {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
  private static final int OK = 200;

  public Download {
    mirrors = List.copyOf(mirrors);
    items = List.copyOf(items);
  }

  /**
   * A file.
   *
   * @param name at the mirrors and on disk
   * @param sha256 of the unpacked content, in hexadecimal digits: mirrors pack the same content to
   *     different bytes
   */
  public record Item(String name, String sha256) {}

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
    Path target = folder.resolve(item.name);
    if (isRight(item, target)) {
      log.accept(item.name + ": is there");
      return;
    }
    List<String> problems = new ArrayList<>();
    for (String mirror : mirrors) {
      URI address = URI.create(mirror + item.name);
      Path part = folder.resolve(item.name + "." + UUID.randomUUID() + ".part");
      try {
        get(client, address, part);
        check(item, part);
        Files.move(
            part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        log.accept(item.name + ": fetched from " + address);
        return;
      } catch (IOException problem) {
        problems.add(address + ": " + problem);
      } finally {
        delete(part);
      }
    }
    throw new DataException(
        target.toString(),
        "cannot be fetched",
        String.join(", ", problems),
        "content whose unpacked SHA-256 is " + item.sha256,
        "put into " + folder + " by hand: " + describeMissing(folder),
        null);
  }

  private String describeMissing(Path folder) {
    return items.stream()
        .filter(item -> !isRight(item, folder.resolve(item.name)))
        .map(item -> item.name + " (unpacked SHA-256 " + item.sha256 + ")")
        .reduce((a, b) -> a + ", " + b)
        .orElseThrow();
  }

  private void get(HttpClient client, URI address, Path part) throws IOException {
    HttpRequest request = HttpRequest.newBuilder(address).build();
    // The request's own timeout would end with the headers.
    CompletableFuture<HttpResponse<Path>> response =
        client.sendAsync(request, HttpResponse.BodyHandlers.ofFile(part));
    try {
      int status = response.get(timeout.toMillis(), TimeUnit.MILLISECONDS).statusCode();
      if (status != OK) {
        throw new IOException("HTTP status " + status);
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

  private static boolean isRight(Item item, Path file) {
    try {
      check(item, file);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private static void check(Item item, Path file) throws IOException {
    String found = sha256(file);
    if (!found.equalsIgnoreCase(item.sha256)) {
      throw new IOException("unpacked SHA-256 is " + found);
    }
  }

  /** Of the unpacked content. */
  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = new DigestInputStream(Packed.unpack(raw), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void delete(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException _) {
      // It is in nobody's way, and what went wrong before says more.
    }
  }
}
