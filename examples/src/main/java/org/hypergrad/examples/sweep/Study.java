package org.hypergrad.examples.sweep;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Run;

/** What can be swept: a network on images, trained by methods that have settings. */
public interface Study {
  /** The name on the command line. */
  String name();

  /** Names of the methods. */
  List<String> methods();

  /** The settings that a method has, by their names on the command line without {@code --}. */
  Set<String> parameters(String method);

  /** The method that another is shown against, such as that without FOP. */
  Optional<String> base(String method);

  /** The grid by default. */
  Grid grid();

  /** How long a run is by default. */
  Plan plan();

  /**
   * A run, where settings that the cell does not name are as the study has them.
   *
   * @throws org.hypergrad.engine.error.EngineException if a value is not in a setting's range
   */
  Run run(Cell cell, Plan plan, Images images);
}
