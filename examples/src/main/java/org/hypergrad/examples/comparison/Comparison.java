package org.hypergrad.examples.comparison;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.experiment.Runner;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.layer.BatchNorm;

/** Runs of several methods and seeds, each from the first weights of its seed. */
public final class Comparison {
  /** Steps that are thrown away, so that no run pays for the start of the JVM. */
  private static final int WARM_UP = 3;

  private final Plan plan;
  private final Images images;
  private final Runner runner;
  private final Results out;
  private final PrintWriter text;

  /** Of runs that leave their weights in {@code out}. */
  public Comparison(Plan plan, Images images, Runner runner, Results out, PrintWriter text) {
    this.plan = plan;
    this.images = images;
    this.runner = runner;
    this.out = out;
    this.text = text;
  }

  /** Every contender with seeds 1 to {@code seeds}, in their order; also what diverged. */
  public Map<Contender, Runs> run(List<Contender> contenders, int seeds) throws IOException {
    runner.expect(plan.steps(images.train().size()) * contenders.size() * seeds);
    introduce(contenders);
    if (plan.microBatch() < plan.batch()) {
      introduceMicroBatch(contenders.getFirst());
    }
    runner.warmUp(harmless(contenders).run("warm-up", 0, plan, images), WARM_UP);
    Map<Contender, Runs> all = new LinkedHashMap<>();
    for (Contender contender : contenders) {
      List<Outcome> own = new ArrayList<>();
      for (long seed = 1; seed <= seeds; seed++) {
        own.add(run(contender, seed));
      }
      all.put(contender, contender.runs(own));
    }
    return all;
  }

  /** One that has all that the others have, at a rate at which nothing diverges. */
  private static Contender harmless(List<Contender> contenders) {
    Contender most =
        contenders.stream().filter(Comparison::isFop).findFirst().orElse(contenders.getFirst());
    return new Contender(most.method(), most.settings().withRate(1e-3));
  }

  private static boolean isFop(Contender contender) {
    return contender.method().rule(contender.settings()) instanceof Fop;
  }

  private Outcome run(Contender contender, long seed) throws IOException {
    Run run = contender.run(contender.method() + "-seed" + seed, seed, plan, images);
    String weights = contender.method() + ".safetensors";
    Runner.End keep =
        (model, _) -> {
          contender.settings().save(model, out.file(weights), images.classes());
          out.wrote(weights);
        };
    Outcome outcome = runner.train(run, seed == 1 ? keep : Runner.End.NOTHING);
    outcome.stopped().ifPresent(text::println);
    return outcome;
  }

  private void introduceMicroBatch(Contender contender) {
    boolean norms =
        Scope.call(
            () -> {
              try (Module model = contender.settings().network(new Generator(1))) {
                return model.modules().values().stream().anyMatch(BatchNorm.class::isInstance);
              }
            });
    text.printf(
        norms
            ? "gradients are added up over micro-batches of %d; batch norm takes its statistics of"
                + " these, so they are not those of a whole batch of %d%n"
            : "gradients are added up over micro-batches of %d: those of a whole batch of %d%n",
        plan.microBatch(),
        plan.batch());
  }

  /** What P each layer gets: the same with every kind of FOP here. */
  private void introduce(List<Contender> contenders) {
    contenders.stream().filter(Comparison::isFop).findFirst().ifPresent(this::introduce);
  }

  private void introduce(Contender contender) {
    Fop fop = (Fop) contender.method().rule(contender.settings());
    Scope.run(
        () -> {
          try (Module model = contender.settings().network(new Generator(1))) {
            text.println();
            text.println(contender.method() + ":");
            text.println(fop.table(model.parameters()));
          }
        });
  }
}
