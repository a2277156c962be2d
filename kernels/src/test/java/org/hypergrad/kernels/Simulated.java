package org.hypergrad.kernels;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A test that needs the simulated device. The build runs these in processes of their own, with the
 * property that names the simulator. Where it was not built, because there is no g++, they are
 * skipped by name; in continuous integration that is an error.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("simulated")
@ExtendWith(Simulated.Condition.class)
public @interface Simulated {
  /** Whether the simulator is there. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      String folder = System.getProperty(SimulatedDriver.PROPERTY);
      if (folder != null && Files.isRegularFile(Path.of(folder, "libcuda.so.1"))) {
        return ConditionEvaluationResult.enabled("the simulator is in " + folder);
      }
      String reason = "no simulated device in " + folder + "; it is built where there is a g++";
      if ("true".equals(System.getenv("CI"))) {
        throw new IllegalStateException(reason);
      }
      return ConditionEvaluationResult.disabled(reason);
    }
  }
}
