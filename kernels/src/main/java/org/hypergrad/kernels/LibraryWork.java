package org.hypergrad.kernels;

/**
 * What a library was asked to do, for messages.
 *
 * @param shapes extents and steps of the operands
 * @param algorithm the library's name for the way chosen; empty if there is no choice
 * @param workspaceBytes memory given to it for the work
 */
record LibraryWork(Object shapes, String algorithm, long workspaceBytes) {
  static LibraryWork of(Object shapes) {
    return new LibraryWork(shapes, "", 0);
  }
}
