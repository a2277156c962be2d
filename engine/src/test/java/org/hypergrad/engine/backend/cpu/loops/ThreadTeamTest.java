package org.hypergrad.engine.backend.cpu.loops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.hypergrad.engine.error.ArgumentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadTeamTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyIndexRunsOnce(int threads) {
    try (ThreadTeam team = new ThreadTeam(threads)) {
      assertEquals(threads, team.threads());
      for (int count : new int[] {0, 1, 2, 7, 16, 31, 33, 80, 1000, 4099}) {
        AtomicIntegerArray seen = new AtomicIntegerArray(count);
        team.run(
            count,
            0,
            (from, to) -> {
              for (long i = from; i < to; i++) {
                seen.incrementAndGet((int) i);
              }
            });
        for (int i = 0; i < count; i++) {
          assertEquals(1, seen.get(i), i + " of " + count);
        }
      }
    }
  }

  @Test
  void smallLoopsStayOnTheCaller() {
    try (ThreadTeam team = new ThreadTeam(4)) {
      team.run(
          100,
          100,
          (from, to) -> {
            assertEquals(0, from);
            assertEquals(100, to);
          });
    }
  }

  @Test
  void largeLoopsUseAllThreads() {
    try (ThreadTeam team = new ThreadTeam(3)) {
      Set<Thread> threads = together(team);
      assertEquals(3, threads.size());
      assertTrue(threads.contains(Thread.currentThread()));
    }
  }

  /** The threads of a loop whose parts wait for each other. */
  private static Set<Thread> together(ThreadTeam team) {
    Set<Thread> threads = Collections.synchronizedSet(new HashSet<>());
    CountDownLatch arrived = new CountDownLatch(team.threads());
    team.run(
        3000,
        1,
        (from, to) -> {
          threads.add(Thread.currentThread());
          arrived.countDown();
          assertTrue(await(arrived), "not all threads came");
        });
    return threads;
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  @Test
  void loopsOfSomeGrainsWakeNobody() throws Exception {
    try (ThreadTeam team = new ThreadTeam(3)) {
      Set<Thread> threads = together(team);
      threads.remove(Thread.currentThread());
      for (Thread thread : threads) {
        while (thread.getState() != Thread.State.WAITING) {
          Thread.sleep(1);
        }
      }
      Thread caller = Thread.currentThread();
      team.run(1600, 200, (from, to) -> assertSame(caller, Thread.currentThread()));
      for (Thread thread : threads) {
        assertEquals(Thread.State.WAITING, thread.getState());
      }
      assertEquals(3, together(team).size());
    }
  }

  @Test
  void whatAPartThrowsReachesTheCallerAndTheTeamGoesOn() {
    try (ThreadTeam team = new ThreadTeam(2)) {
      IllegalStateException cause = new IllegalStateException();
      for (long bad : new long[] {0, 512}) {
        IllegalStateException thrown =
            assertThrows(
                IllegalStateException.class,
                () ->
                    team.run(
                        1024,
                        0,
                        (from, to) -> {
                          if (from == bad) {
                            throw cause;
                          }
                        }));
        assertSame(cause, thrown);
      }
      team.run(1024, 0, (from, to) -> assertEquals(512, to - from));
    }
  }

  @Test
  void loopsWithinLoopsAndSeveralCallersDoNotWaitForEachOther() throws Exception {
    try (ThreadTeam team = new ThreadTeam(2);
        ExecutorService callers = Executors.newFixedThreadPool(6)) {
      Future<?>[] runs = new Future<?>[6];
      for (int c = 0; c < runs.length; c++) {
        runs[c] =
            callers.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    AtomicIntegerArray sum = new AtomicIntegerArray(1);
                    team.run(
                        64,
                        0,
                        (from, to) -> team.run(100, 0, (a, b) -> sum.addAndGet(0, (int) (b - a))));
                    assertTrue(sum.get(0) == 100 || sum.get(0) == 200, "one or two parts");
                  }
                });
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @Test
  void closingEndsTheWorkersAndLaterLoopsRunOnTheirCaller() {
    ThreadTeam team = new ThreadTeam(3);
    Set<Thread> threads = together(team);
    team.close();
    threads.remove(Thread.currentThread());
    assertEquals(2, threads.size());
    for (Thread thread : threads) {
      assertFalse(thread.isAlive());
    }
    team.run(3000, 0, (from, to) -> assertFalse(threads.contains(Thread.currentThread())));
  }

  @Test
  void aLoopThatMeetsTheClosingOfItsTeamStillEnds() throws Exception {
    for (int round = 0; round < 200; round++) {
      ThreadTeam team = new ThreadTeam(4);
      AtomicLong sum = new AtomicLong();
      Thread caller =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    for (int i = 0; i < 50; i++) {
                      team.run(640, 0, (from, to) -> sum.addAndGet(to - from));
                    }
                  });
      while (sum.get() == 0) {
        Thread.onSpinWait();
      }
      team.close();
      assertTrue(caller.join(Duration.ofSeconds(20)), "round " + round);
      assertEquals(50 * 640, sum.get());
    }
  }

  @Test
  void aTeamIsNotClosedFromWithinItsLoops() {
    ThreadTeam team = new ThreadTeam(2);
    assertThrows(IllegalStateException.class, () -> team.run(64, 0, (from, to) -> team.close()));
    team.close();
  }

  @Test
  void aTeamHasAtLeastOneThread() {
    assertThrows(ArgumentException.class, () -> new ThreadTeam(0));
  }
}
