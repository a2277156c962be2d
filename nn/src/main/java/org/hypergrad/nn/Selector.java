package org.hypergrad.nn;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Picks parameters, by role or by name.
 *
 * @param text how it is shown
 * @param test whether it picks a parameter
 */
public record Selector(String text, Predicate<Parameter> test) {
  /** Every parameter. */
  public static Selector all() {
    return new Selector("all", p -> true);
  }

  /** Parameters of any of these roles. */
  public static Selector role(Role... roles) {
    List<Role> wanted = List.of(roles);
    return new Selector("role " + wanted, p -> wanted.contains(p.role()));
  }

  /** Parameters whose full name fits a {@link #pattern}. */
  public static Selector name(String pattern) {
    Predicate<String> fits = pattern(pattern);
    return new Selector("name " + pattern, p -> fits.test(p.name()));
  }

  /**
   * Whether a name fits a pattern, in which {@code *} stands for any characters and {@code ?} for
   * one: {@code features.*.weight}.
   */
  public static Predicate<String> pattern(String pattern) {
    StringBuilder regex = new StringBuilder();
    for (char c : pattern.toCharArray()) {
      regex.append(
          switch (c) {
            case '*' -> ".*";
            case '?' -> ".";
            default -> Pattern.quote(String.valueOf(c));
          });
    }
    return Pattern.compile(regex.toString()).asMatchPredicate();
  }

  /** Whether this picks {@code parameter}. */
  public boolean picks(Parameter parameter) {
    return test.test(parameter);
  }

  @Override
  public String toString() {
    return text;
  }
}
