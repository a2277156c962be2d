import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Runs google-java-format, with the given options, over every Java source of the project. */
final class Format {
  private Format() {}

  public static void main(String[] options) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("."))) {
      List<String> sources =
          files
              .filter(f -> f.toString().endsWith(".java"))
              .filter(Format::isSource)
              .map(Path::toString)
              .toList();
      Main.main(Stream.concat(Stream.of(options), sources.stream()).toArray(String[]::new));
    }
  }

  /** Whether no folder on the way is one of build results or of git. */
  private static boolean isSource(Path file) {
    for (Path name : file) {
      if (Set.of("target", ".git").contains(name.toString())) {
        return false;
      }
    }
    return true;
  }
}
