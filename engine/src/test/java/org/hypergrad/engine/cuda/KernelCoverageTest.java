package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No kernel ships without a test; needs no device. */
class KernelCoverageTest {
  private static final Path PTX =
      Path.of("../kernels/src/main/resources/org/hypergrad/kernels/ptx");

  private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)");

  @Test
  void everyEntryOfThePtxHasACase() throws IOException {
    Set<String> tested =
        KernelsTest.cases().stream()
            .flatMap(c -> c.kernels().stream())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> entries = new TreeSet<>();
    try (Stream<Path> files = Files.list(PTX)) {
      files.forEach(file -> entries.addAll(entries(file)));
    }
    assertFalse(entries.isEmpty());
    Set<String> untested = new TreeSet<>(entries);
    untested.removeAll(tested);
    assertEquals(Set.of(), untested, "entries of the PTX that no case launches");
    tested.removeAll(entries);
    assertEquals(Set.of(), tested, "kernels that cases launch and no PTX has");
  }

  private static Set<String> entries(Path file) {
    try {
      return ENTRY
          .matcher(Files.readString(file))
          .results()
          .map(match -> match.group(1))
          .collect(Collectors.toSet());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
