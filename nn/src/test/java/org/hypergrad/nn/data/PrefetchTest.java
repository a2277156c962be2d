package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that read ahead: what they do, how they fail, and that none is left. */
@Timeout(60)
class PrefetchTest {
  private static List<Thread> loaderThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("hypergrad-loader"))
        .filter(Thread::isAlive)
        .toList();
  }

  @AfterEach
  void noThreadIsLeft() {
    assertEquals(List.of(), loaderThreads());
  }

  private static void untilAllWait(int threads) throws InterruptedException {
    while (loaderThreads().stream().filter(t -> t.getState() == Thread.State.WAITING).count()
        != threads) {
      Thread.sleep(1);
    }
  }

  @Test
  void examplesAreReadByThatManyThreadsOrByTheCaller() {
    for (int threads : new int[] {0, 1, 3}) {
      Set<Thread> readers = ConcurrentHashMap.newKeySet();
      // Each reader but the caller waits until all have come, so that all must be there.
      CountDownLatch all = new CountDownLatch(threads);
      Numbers numbers =
          new Numbers(
              30,
              _ -> {
                if (readers.add(Thread.currentThread()) && threads > 0) {
                  all.countDown();
                  all.await();
                }
              });
      Numbers.inputs(Loader.of(numbers, 6).threads(threads).epoch(0));
      assertEquals(Math.max(1, threads), readers.size());
      assertEquals(threads == 0, readers.contains(Thread.currentThread()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 7})
  void threadsReadAheadButNotWithoutBound(int threads) throws InterruptedException {
    for (int batchSize : new int[] {1, 4}) {
      AtomicInteger reads = new AtomicInteger();
      Numbers numbers = new Numbers(1000, _ -> reads.incrementAndGet());
      int batches = 2 + Math.ceilDiv(threads, batchSize);
      try (Batches epoch = Loader.of(numbers, batchSize).threads(threads).epoch(0)) {
        for (int taken = 0; taken < 3; taken++) {
          int expected = (batches + taken) * batchSize;
          while (reads.get() < expected) {
            Thread.sleep(1);
          }
          untilAllWait(threads);
          assertEquals(expected, reads.get());
          Scope.run(epoch::next);
        }
      }
    }
  }

  @Test
  void theCallersThreadReadsNothingAhead() {
    AtomicInteger reads = new AtomicInteger();
    Numbers numbers = new Numbers(100, _ -> reads.incrementAndGet());
    try (Batches epoch = Loader.of(numbers, 10).epoch(0)) {
      assertEquals(0, reads.get());
      Scope.run(epoch::next);
      assertEquals(10, reads.get());
    }
  }

  /** Example 7 of 20 cannot be read. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4})
  void whatAReaderThrowsComesOutOfNext(int threads) {
    for (Throwable thrown :
        List.of(new IllegalStateException("bad image"), new StackOverflowError())) {
      Numbers numbers =
          new Numbers(
              20,
              index -> {
                if (index == 7 || index == 8) {
                  switch (thrown) {
                    case RuntimeException e -> throw e;
                    case Error e -> throw e;
                    default -> throw new AssertionError(thrown);
                  }
                }
              });
      Scope.run(
          () -> {
            try (Batches epoch = Loader.of(numbers, 5).threads(threads).epoch(0)) {
              assertEquals(List.of(0, 1, 2, 3, 4), Numbers.labels(epoch.next()));
              var e = assertThrows(DataException.class, epoch::next);
              assertEquals("number 7", e.source());
              assertEquals(thrown.toString(), e.got());
              assertSame(thrown, e.getCause());
              assertEquals(2, epoch.position());
              assertEquals(List.of(10, 11, 12, 13, 14), Numbers.labels(epoch.next()));
              assertEquals(List.of(15, 16, 17, 18, 19), Numbers.labels(epoch.next()));
            }
          });
    }
  }

  @Test
  void aBatchReadAfterAFailedOneInTheSameMemoryIsGood() {
    Numbers numbers =
        new Numbers(
            100,
            index -> {
              if (index < 50) {
                throw new IllegalStateException();
              }
            });
    Scope.run(
        () -> {
          try (Batches epoch = Loader.of(numbers, 10).threads(2).epoch(0)) {
            for (int i = 0; i < 5; i++) {
              var e = assertThrows(DataException.class, epoch::next);
              assertEquals("number " + 10 * i, e.source());
            }
            for (int i = 5; i < 10; i++) {
              assertEquals(
                  IntStream.range(10 * i, 10 * i + 10).boxed().toList(),
                  Numbers.labels(epoch.next()));
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void valuesThatAreNotFiniteAreRefused(float bad) {
    for (int threads : new int[] {0, 2}) {
      for (boolean inTarget : new boolean[] {false, true}) {
        Dataset dataset = new OneBad(bad, inTarget);
        Scope.run(
            () -> {
              try (Batches epoch = Loader.of(dataset, 4).threads(threads).epoch(0)) {
                epoch.next();
                var e = assertThrows(DataException.class, epoch::next);
                assertEquals("example 5", e.source());
                assertEquals((inTarget ? "target" : "input") + " is not finite", e.problem());
                assertEquals((double) bad + " as value 2 of shape [3]", e.got());
                epoch.next();
              }
            });
      }
    }
  }

  @Test
  void closingEarlyEndsTheThreads() throws InterruptedException {
    for (int taken = 0; taken < 4; taken++) {
      Batches epoch = Loader.of(new Numbers(1000), 3).threads(4).epoch(0);
      for (int i = 0; i < taken; i++) {
        Scope.run(epoch::next);
      }
      if (taken == 0) {
        untilAllWait(4);
      }
      assertEquals(4, loaderThreads().size());
      epoch.close();
      assertEquals(List.of(), loaderThreads());
      epoch.close();
    }
  }

  @Test
  void closingWaitsForTheReadThatIsUnderWay() throws InterruptedException {
    Thread consumer = Thread.currentThread();
    AtomicBoolean started = new AtomicBoolean();
    AtomicBoolean interrupted = new AtomicBoolean();
    AtomicInteger finished = new AtomicInteger();
    Numbers numbers =
        new Numbers(
            100,
            _ -> {
              started.set(true);
              try {
                // Until it waits within close().
                while (consumer.getState() != Thread.State.WAITING) {
                  Thread.sleep(1);
                }
              } catch (InterruptedException _) {
                interrupted.set(true);
              }
              finished.incrementAndGet();
            });
    Batches epoch = Loader.of(numbers, 100).threads(1).epoch(0);
    while (!started.get()) {
      Thread.sleep(1);
    }
    consumer.interrupt();
    epoch.close();
    assertTrue(Thread.interrupted(), "the caller's interrupt was lost");
    assertEquals(1, finished.get(), "one read, finished, and no further one");
    // An interrupt would close the channel that a data set may share among its readers.
    assertFalse(interrupted.get());
  }

  @Test
  void anInterruptEndsTheWaitAndLosesNothing() {
    CountDownLatch go = new CountDownLatch(1);
    Numbers numbers = new Numbers(4, _ -> go.await());
    Scope.run(
        () -> {
          try (Batches epoch = Loader.of(numbers, 2).threads(1).epoch(0)) {
            try {
              Thread.currentThread().interrupt();
              var e = assertThrows(DataException.class, epoch::next);
              assertTrue(Thread.interrupted());
              assertEquals("batch 0", e.source());
            } finally {
              go.countDown();
            }
            assertEquals(List.of(0, 1), Numbers.labels(epoch.next()));
          }
        });
  }

  @Test
  void manyThreadsAndManySmallBatchesAgree() {
    Loader loader = Loader.of(new Numbers(5000), 3).shuffle(11);
    List<Float> expected = Numbers.inputs(loader.epoch(0));
    for (int threads : new int[] {2, 3, 8}) {
      assertEquals(expected, Numbers.inputs(loader.threads(threads).epoch(0)));
    }
  }

  /** Nine examples of three values, of which one value of example 5 is bad. */
  private record OneBad(float bad, boolean inTarget) implements Dataset {
    @Override
    public int size() {
      return 9;
    }

    @Override
    public Spec input() {
      return Spec.of(DType.FLOAT32, 3);
    }

    @Override
    public Spec target() {
      return Spec.of(DType.FLOAT32, 3);
    }

    @Override
    public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
      // The largest and the smallest finite numbers are good ones.
      float[] good = {Float.MAX_VALUE, -Float.MAX_VALUE, -Float.MIN_VALUE};
      MemorySegment.copy(good, 0, input, ValueLayout.JAVA_FLOAT, 0, 3);
      MemorySegment.copy(good, 0, target, ValueLayout.JAVA_FLOAT, 0, 3);
      if (index == 5) {
        (inTarget ? target : input).setAtIndex(ValueLayout.JAVA_FLOAT, 2, bad);
      }
    }
  }
}
