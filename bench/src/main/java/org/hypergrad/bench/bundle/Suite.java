package org.hypergrad.bench.bundle;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the tests with the tag {@code gpu} of a jar of test classes. */
public final class Suite implements TestExecutionListener {
  /** Of a failure's stack, ours from the top. */
  private static final int FRAMES = 8;

  private final List<Map<String, Object>> results = new ArrayList<>();
  private TestPlan plan;
  private int failures;

  private Suite() {}

  /**
   * Takes the file to write, the jar and a pattern of class names, which may name none there; the
   * exit code is 1 if a test failed.
   */
  public static void main(String[] args) throws IOException {
    LauncherDiscoveryRequest tests =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClasspathRoots(Set.of(Path.of(args[1]))))
            .filters(
                TagFilter.includeTags("gpu"), ClassNameFilter.includeClassNamePatterns(args[2]))
            .build();
    Suite suite = new Suite();
    System.out.printf("%ntests of %s%n", Path.of(args[1]).getFileName());
    LauncherFactory.create().execute(tests, suite);
    new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(Path.of(args[0]).toFile(), suite.results);
    System.exit(suite.failures > 0 ? 1 : 0);
  }

  @Override
  public void testPlanExecutionStarted(TestPlan started) {
    plan = started;
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    record(test, "skipped", reason);
  }

  /** Containers count only where they themselves fail. */
  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
    if (test.isTest() || !passed) {
      record(
          test,
          passed ? "passed" : "failed",
          result.getThrowable().map(Throwable::toString).orElse(""));
      result.getThrowable().stream()
          .flatMap(failure -> Arrays.stream(failure.getStackTrace()))
          .filter(frame -> frame.getClassName().startsWith("org.hypergrad"))
          .limit(FRAMES)
          .forEach(frame -> System.out.println("    at " + frame));
    }
  }

  private void record(TestIdentifier test, String status, String reason) {
    failures += status.equals("failed") ? 1 : 0;
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("test", name(test));
    result.put("status", status);
    result.put("reason", reason);
    results.add(result);
    System.out.printf("%-7s %s%s%n", status, name(test), reason.isEmpty() ? "" : ": " + reason);
  }

  /** Class, method and invocation; the engine above them says nothing. */
  private String name(TestIdentifier test) {
    String parent =
        plan.getParent(test).filter(p -> p.getParentId().isPresent()).map(this::name).orElse("");
    return parent.isEmpty() ? test.getDisplayName() : parent + " " + test.getDisplayName();
  }
}
