package org.hypergrad.examples.experiment;

import org.hypergrad.engine.Profile;
import org.hypergrad.examples.Table;

/** A {@link Profile} as a table: rates of products in GFLOP/s, of all other ops in GB/s. */
final class ProfileTable {
  private ProfileTable() {}

  static Table of(Profile profile) {
    Table table = new Table("op", "calls", "ms", "share, %", "us / call", "GFLOP/s", "GB/s");
    for (Profile.Row row : profile.rows()) {
      boolean product = row.multiplications() > 0;
      table.row(
          row.op(),
          row.calls(),
          milliseconds(row.nanos()),
          share(row.nanos(), profile),
          Table.number(row.nanos() / 1e3 / row.calls(), 1),
          product ? Table.number(row.gigaflops(), 1) : "",
          product ? "" : Table.number(row.gigabytes(), 1));
    }
    long outside = profile.nanosOutside();
    table.row("between ops", "", milliseconds(outside), share(outside, profile), "", "", "");
    table.row(
        "all", "", milliseconds(profile.nanos()), share(profile.nanos(), profile), "", "", "");
    return table;
  }

  private static String milliseconds(long nanos) {
    return Table.number(nanos / 1e6, 1);
  }

  private static String share(long nanos, Profile profile) {
    return Table.number(100.0 * nanos / profile.nanos(), 1);
  }
}
