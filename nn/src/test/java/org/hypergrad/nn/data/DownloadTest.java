package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.hypergrad.nn.data.Download.Item;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from servers on this machine. */
@Timeout(120)
class DownloadTest {
  /** Two messages of the standard, FIPS 180-2 B.1 and B.2, with their SHA-256. */
  private static final String ABC = "abc";

  private static final String LONG = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  private static final Item ABC_ITEM =
      new Item("abc.gz", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  private static final Item LONG_ITEM =
      new Item("long.gz", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  @TempDir Path parent;
  private Path folder;
  private HttpServer server;
  private ExecutorService handlers;
  private final CountDownLatch end = new CountDownLatch(1);
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<String> log = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    folder = parent.resolve("a b#ü").resolve("mnist");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    handlers = Executors.newCachedThreadPool();
    server.setExecutor(handlers);
    serve("good", exchange -> answer(exchange, 200, IdxFiles.gzip(content(exchange))));
    serve("plain", exchange -> answer(exchange, 200, content(exchange)));
    serve("wrong", exchange -> answer(exchange, 200, IdxFiles.gzip(new byte[] {'x'})));
    serve("damaged", exchange -> answer(exchange, 200, new byte[] {0x1f, (byte) 0x8b, 1, 2}));
    serve("missing", exchange -> answer(exchange, 404, new byte[] {'n', 'o'}));
    serve("busy", exchange -> answer(exchange, 503, IdxFiles.gzip(content(exchange))));
    serve(
        "moved",
        exchange -> {
          String name = exchange.getRequestURI().getPath().replace("/moved/", "/good/");
          exchange.getResponseHeaders().add("Location", name);
          answer(exchange, 302, new byte[0]);
        });
    serve("cut", exchange -> half(exchange, false));
    serve("stalled", exchange -> half(exchange, true));
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    handlers.shutdownNow();
  }

  private void serve(String mirror, HttpHandler handler) {
    server.createContext(
        "/" + mirror + "/",
        exchange -> {
          requests.add(exchange.getRequestURI().getPath());
          try (exchange) {
            handler.handle(exchange);
          }
        });
  }

  private static byte[] content(HttpExchange exchange) {
    String text = exchange.getRequestURI().getPath().endsWith(ABC_ITEM.name()) ? ABC : LONG;
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private void half(HttpExchange exchange, boolean stall) throws IOException {
    byte[] body = IdxFiles.gzip(content(exchange));
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body, 0, body.length / 2);
    exchange.getResponseBody().flush();
    if (stall) {
      try {
        end.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private String mirror(String name) {
    return "http://localhost:" + server.getAddress().getPort() + "/" + name + "/";
  }

  private Download download(List<Item> items, String... mirrors) {
    return new Download(Arrays.stream(mirrors).map(this::mirror).toList(), items, TIMEOUT);
  }

  private void fetch(String... mirrors) {
    download(List.of(ABC_ITEM), mirrors).into(folder, log::add);
  }

  private DataException failure(Download download) {
    return assertThrows(DataException.class, () -> download.into(folder, log::add));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private byte[] abc() throws IOException {
    return Files.readAllBytes(folder.resolve(ABC_ITEM.name()));
  }

  private static byte[] packedAbc() {
    return IdxFiles.gzip(ABC.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void filesAreFetchedIntoAFolderThatIsMade() throws IOException {
    download(List.of(ABC_ITEM, LONG_ITEM), "good").into(folder, log::add);
    assertEquals(List.of("abc.gz", "long.gz"), files());
    assertArrayEquals(packedAbc(), abc());
    assertEquals(
        List.of(
            "abc.gz: fetched from " + mirror("good") + "abc.gz",
            "long.gz: fetched from " + mirror("good") + "long.gz"),
        log);
  }

  @Test
  void contentCountsAndNotHowItIsPacked() throws IOException {
    fetch("plain");
    assertArrayEquals(ABC.getBytes(StandardCharsets.US_ASCII), abc());
  }

  @Test
  void aRedirectIsFollowed() throws IOException {
    fetch("moved");
    assertArrayEquals(packedAbc(), abc());
  }

  @Test
  void theNextMirrorIsAskedWhenOneFails() throws IOException {
    for (String bad : List.of("missing", "busy", "wrong", "damaged", "cut")) {
      Files.deleteIfExists(folder.resolve(ABC_ITEM.name()));
      requests.clear();
      fetch(bad, "good");
      assertEquals(List.of("/" + bad + "/abc.gz", "/good/abc.gz"), requests);
      assertArrayEquals(packedAbc(), abc());
      assertEquals(List.of("abc.gz"), files());
    }
  }

  @Test
  void whatIsThereIsKept() throws IOException {
    fetch("good");
    requests.clear();
    log.clear();
    fetch("good");
    assertEquals(List.of(), requests);
    assertEquals(List.of("abc.gz: is there"), log);
  }

  @Test
  void aWrongFileIsReplacedOnlyByARightOne() throws IOException {
    Files.createDirectories(folder);
    byte[] old = Arrays.copyOf(packedAbc(), 12);
    Files.write(folder.resolve(ABC_ITEM.name()), old);
    failure(download(List.of(ABC_ITEM), "wrong", "cut"));
    assertArrayEquals(old, abc());
    List<String> kept = files();
    assertEquals(2, kept.size());
    assertEquals("abc.gz", kept.getFirst());
    fetch("good", "cut");
    assertArrayEquals(packedAbc(), abc());
  }

  @Test
  void theErrorSaysWhatToPutWhere() throws IOException {
    fetch("good");
    Item other = new Item("other.gz", "00" + LONG_ITEM.sha256().substring(2));
    var e = failure(download(List.of(ABC_ITEM, LONG_ITEM, other), "missing", "wrong", "cut"));
    assertEquals(folder.resolve("long.gz").toString(), e.source());
    assertTrue(e.got().contains(mirror("missing") + "long.gz: "), e.got());
    assertTrue(e.got().contains("HTTP status 404"), e.got());
    assertTrue(e.got().contains(mirror("wrong") + "long.gz: "), e.got());
    // SHA-256 of the letter x.
    assertTrue(
        e.got().contains("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
        e.got());
    assertTrue(e.got().contains(mirror("cut") + "long.gz: "), e.got());
    assertTrue(e.expected().contains(LONG_ITEM.sha256()), e.expected());
    assertTrue(e.hint().contains("where there is none, put into " + folder), e.hint());
    assertTrue(e.hint().contains("long.gz (unpacked SHA-256 " + LONG_ITEM.sha256()), e.hint());
    assertTrue(e.hint().contains("other.gz (unpacked SHA-256 " + other.sha256()), e.hint());
    assertFalse(e.hint().contains("abc.gz"), e.hint());
    assertEquals(List.of("abc.gz"), files().stream().filter(f -> !f.endsWith(".part")).toList());
  }

  @Test
  void aServerThatStallsIsGivenUp() throws IOException {
    Download download =
        new Download(List.of(mirror("stalled")), List.of(ABC_ITEM), Duration.ofMillis(500));
    var e = failure(download);
    assertTrue(e.got().contains("not done after 500 ms"), e.got());
    assertFalse(files().contains("abc.gz"));
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    String nobody = "http://localhost:" + port + "/";
    var e = failure(new Download(List.of(nobody), List.of(ABC_ITEM), TIMEOUT));
    assertTrue(e.got().contains(nobody + "abc.gz: "), e.got());
    assertTrue(e.got().contains("ConnectException"), e.got());
    assertEquals(List.of(), files());
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    Path file = Files.createFile(parent.resolve("file"));
    Path below = file.resolve("mnist");
    var e =
        assertThrows(
            DataException.class, () -> download(List.of(ABC_ITEM), "good").into(below, log::add));
    assertEquals(below.toString(), e.source());
    assertEquals("cannot be created", e.problem());
  }

  @Test
  void anInterruptEndsTheDownload() throws IOException {
    Thread.currentThread().interrupt();
    var e = failure(download(List.of(ABC_ITEM), "stalled", "good"));
    assertTrue(Thread.interrupted());
    assertEquals("interrupted", e.problem());
    assertEquals(List.of(), files());
  }

  /**
   * Serves a content, or what of it a request asks for, but the first answers end after some bytes.
   */
  private static final class Breaking implements HttpHandler {
    private final byte[] content;
    private final int[] ends;
    private final boolean ranges;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    /**
     * @param ends where the first answers end in the content
     * @param ranges whether it looks at what is asked for
     */
    Breaking(byte[] content, boolean ranges, int... ends) {
      this.content = content;
      this.ranges = ranges;
      this.ends = ends;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
      String range = exchange.getRequestHeaders().getFirst("Range");
      asked.add(String.valueOf(range));
      int from = 0;
      if (range != null && ranges) {
        from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
        exchange
            .getResponseHeaders()
            .add("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/*");
      }
      if (from >= content.length) {
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      int end = asked.size() <= ends.length ? ends[asked.size() - 1] : content.length;
      exchange.sendResponseHeaders(range != null && ranges ? 206 : 200, content.length - from);
      exchange.getResponseBody().write(content, from, end - from);
      exchange.getResponseBody().flush();
    }
  }

  private Breaking breaking(byte[] content, boolean ranges, int... ends) {
    Breaking handler = new Breaking(content, ranges, ends);
    serve("breaking", handler);
    return handler;
  }

  @Test
  void whatABrokenConnectionLeftIsGoneOnFrom() throws IOException {
    byte[] packed = packedAbc();
    Breaking server = breaking(packed, true, 5, 9);
    Download download = download(List.of(ABC_ITEM), "breaking");
    failure(download);
    failure(download);
    download.into(folder, log::add);
    assertEquals(List.of("null", "bytes=5-", "bytes=9-"), server.asked);
    assertArrayEquals(packed, abc());
    assertEquals(List.of("abc.gz"), files());
    assertTrue(log.get(1).startsWith("abc.gz: 9 bytes are there, goes on from "), log.toString());
  }

  @Test
  void aServerThatKnowsNoRangesSendsAllAgain() throws IOException {
    Breaking server = breaking(packedAbc(), false, 5);
    failure(download(List.of(ABC_ITEM), "breaking"));
    fetch("breaking");
    assertEquals(List.of("null", "bytes=5-"), server.asked);
    assertArrayEquals(packedAbc(), abc());
  }

  @Test
  void aPartOfOtherBytesIsBegunAnew() throws IOException {
    Breaking server = breaking(packedAbc(), true, 5);
    failure(download(List.of(ABC_ITEM), "breaking"));
    Path part = folder.resolve(files().getFirst());
    Files.write(part, new byte[] {1, 2, 3, 4, 5});
    fetch("breaking");
    assertEquals(List.of("null", "bytes=5-", "null"), server.asked);
    assertArrayEquals(packedAbc(), abc());
    assertEquals(List.of("abc.gz"), files());
  }

  @Test
  void aPartThatIsLongerThanTheFileGoes() throws IOException {
    breaking(packedAbc(), true, 5);
    failure(download(List.of(ABC_ITEM), "breaking"));
    Files.write(folder.resolve(files().getFirst()), new byte[1000]);
    var e = failure(download(List.of(ABC_ITEM), "breaking"));
    assertTrue(e.got().contains("HTTP status 416"), e.got());
    assertEquals(List.of(), files());
    fetch("breaking");
    assertArrayEquals(packedAbc(), abc());
  }

  @Test
  void aPartThatIsWholeNeedsNoServer() throws IOException {
    Breaking server = breaking(packedAbc(), true, 5);
    failure(download(List.of(ABC_ITEM), "breaking"));
    Files.write(folder.resolve(files().getFirst()), packedAbc());
    fetch("breaking");
    assertEquals(List.of("null"), server.asked);
    assertArrayEquals(packedAbc(), abc());
  }

  @Test
  void anotherMirrorBeginsAtItsOwnStart() throws IOException {
    Breaking server = breaking(packedAbc(), true, 5);
    failure(download(List.of(ABC_ITEM), "breaking", "missing"));
    fetch("plain", "breaking");
    assertEquals(List.of("null"), server.asked);
    assertArrayEquals(ABC.getBytes(StandardCharsets.US_ASCII), abc());
    assertEquals(List.of("abc.gz"), files());
  }

  @Test
  void twoAtOnceFetchItOnce() throws Exception {
    Breaking server = breaking(packedAbc(), true);
    Download download = download(List.of(ABC_ITEM), "breaking");
    try (ExecutorService both = Executors.newFixedThreadPool(2)) {
      var first = both.submit(() -> download.into(folder, _ -> {}));
      var second = both.submit(() -> download.into(folder, _ -> {}));
      first.get();
      second.get();
    }
    assertEquals(1, server.asked.size());
    assertEquals(List.of("abc.gz"), files());
  }

  /** SHA-256 of the packed bytes, by the JDK's own. */
  @Test
  void aFileCanBeKnownByItsBytesAsTheyAre() throws Exception {
    byte[] sum = MessageDigest.getInstance("SHA-256").digest(packedAbc());
    Item item = new Item("abc.gz", HexFormat.of().formatHex(sum), false);
    download(List.of(item), "plain", "good").into(folder, log::add);
    assertArrayEquals(packedAbc(), abc());
    assertEquals(List.of("abc.gz: fetched from " + mirror("good") + "abc.gz"), log);
    var e = failure(download(List.of(new Item("abc.gz", ABC_ITEM.sha256(), false)), "good"));
    assertTrue(e.got().contains(": java.io.IOException: SHA-256 is "), e.got());
    assertTrue(e.hint().contains("abc.gz (SHA-256 "), e.hint());
  }
}
