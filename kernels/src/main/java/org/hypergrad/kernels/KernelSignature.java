package org.hypergrad.kernels;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An entry of a PTX text and the parameters it declares, in order.
 *
 * @param entry its name
 * @param parameters as declared
 * @param bytes size of all parameters, each at its own alignment
 */
record KernelSignature(String entry, List<Parameter> parameters, int bytes) {
  /** Bytes that PTX ISA 7.0 allows the parameters of a kernel. */
  static final int MAX_BYTES = 4352;

  private static final Pattern ENTRY =
      Pattern.compile("\\.entry\\s+([\\w$]+)\\s*\\(([^)]*)\\)([^{]*)\\{");
  private static final Pattern PARAMETER =
      Pattern.compile(
          "\\.param\\s+(?:\\.align\\s+(\\d+)\\s+)?\\.([a-z]\\d+)\\s+"
              + "(?:\\.ptr(?:\\s*\\.(?:global|shared|const|local))?(?:\\s*\\.align\\s+\\d+)?\\s+)?"
              + "([\\w$]+)(?:\\[(\\d+)\\])?");
  private static final Pattern LOADED =
      Pattern.compile("ld\\.param\\.[us]64\\s+(%\\w+),\\s*\\[([\\w$]+)\\]");
  private static final Pattern CONVERTED =
      Pattern.compile("cvta\\.to\\.global\\.u64\\s+%\\w+,\\s*(%\\w+)");
  private static final Pattern COMMENT = Pattern.compile("//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);

  /** What a parameter takes. PTX does not tell integers apart by sign. */
  enum Kind {
    INTEGER,
    FLOAT,
    /** An integer of 64 bits that the kernel makes an address in global memory. */
    POINTER,
    STRUCT
  }

  /**
   * A parameter.
   *
   * @param name in the PTX
   * @param offset in the packed parameters
   * @param bytes its size
   */
  record Parameter(String name, Kind kind, int offset, int bytes) {
    /** For messages: {@code a pointer}, {@code a struct of 264 bytes}, {@code a 32-bit float}. */
    String describe() {
      return switch (kind) {
        case POINTER -> "a pointer";
        case STRUCT -> "a struct of " + bytes + " bytes";
        case INTEGER -> "a " + 8 * bytes + "-bit integer";
        case FLOAT -> "a " + 8 * bytes + "-bit float";
      };
    }
  }

  /**
   * The entries of a PTX text by name, in their order.
   *
   * @throws CudaException if an entry declares what cannot be passed
   */
  static Map<String, KernelSignature> parse(String ptx) {
    String text = COMMENT.matcher(ptx).replaceAll("");
    Map<String, KernelSignature> entries = new LinkedHashMap<>();
    Matcher entry = ENTRY.matcher(text);
    while (entry.find()) {
      int next = text.indexOf(".entry", entry.end());
      String body = text.substring(entry.end(), next < 0 ? text.length() : next);
      entries.put(entry.group(1), of(entry.group(1), entry.group(2), pointers(body)));
    }
    return entries;
  }

  /** The parameters whose value goes from its register straight into a global address. */
  private static Set<String> pointers(String body) {
    Set<String> converted = new HashSet<>();
    CONVERTED.matcher(body).results().forEach(match -> converted.add(match.group(1)));
    Set<String> pointers = new HashSet<>();
    LOADED
        .matcher(body)
        .results()
        .filter(match -> converted.contains(match.group(1)))
        .forEach(match -> pointers.add(match.group(2)));
    return pointers;
  }

  private static KernelSignature of(String entry, String declared, Set<String> pointers) {
    List<Parameter> parameters = new ArrayList<>();
    int end = 0;
    for (String part : declared.isBlank() ? new String[0] : declared.split(",")) {
      Matcher matcher = PARAMETER.matcher(part.strip());
      if (!matcher.matches()) {
        throw refuse(entry, "a parameter that is no scalar and no struct; got " + part.strip());
      }
      String type = matcher.group(2);
      int scalar = Integer.parseInt(type.substring(1)) / 8;
      int alignment = matcher.group(1) == null ? scalar : Integer.parseInt(matcher.group(1));
      boolean struct = matcher.group(4) != null;
      int bytes = struct ? scalar * Integer.parseInt(matcher.group(4)) : scalar;
      String name = matcher.group(3);
      int offset = Math.ceilDiv(end, alignment) * alignment;
      parameters.add(
          new Parameter(name, kind(type, struct, pointers.contains(name)), offset, bytes));
      end = offset + bytes;
    }
    if (end > MAX_BYTES) {
      throw refuse(entry, end + " bytes of parameters; expected at most " + MAX_BYTES);
    }
    return new KernelSignature(entry, List.copyOf(parameters), end);
  }

  private static Kind kind(String type, boolean struct, boolean pointer) {
    if (struct) {
      return Kind.STRUCT;
    }
    if (type.startsWith("f")) {
      return Kind.FLOAT;
    }
    return pointer ? Kind.POINTER : Kind.INTEGER;
  }

  private static CudaException refuse(String entry, String detail) {
    return new CudaException(
        "cuModuleLoadData", CudaException.REFUSED, "entry " + entry + " declares " + detail);
  }
}
