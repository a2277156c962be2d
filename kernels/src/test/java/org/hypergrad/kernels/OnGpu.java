package org.hypergrad.kernels;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A test that needs a GPU, and may be what it is: the simulated one where its process was started
 * for that, else a real one. The build runs these both ways; where no GPU answers they are skipped
 * by name.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("gpu")
@ExtendWith(OnGpu.Condition.class)
public @interface OnGpu {
  /** Whether a GPU is there. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (SimulatedDriver.isNamed()) {
        return new Simulated.Condition().evaluateExecutionCondition(context);
      }
      String problem = CudaDriver.probe().problem();
      return problem.isEmpty()
          ? ConditionEvaluationResult.enabled("a GPU answers")
          : ConditionEvaluationResult.disabled("no GPU: " + problem);
    }
  }
}
