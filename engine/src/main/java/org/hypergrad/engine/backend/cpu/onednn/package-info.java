/**
 * oneDNN through its C interface: programs of primitives, built once per geometry and run on raw
 * addresses. Knows shapes and strides, but no tensor.
 *
 * <p>An operation's call looks for an idle {@link org.hypergrad.engine.backend.cpu.onednn.Program}
 * under its key in the {@link org.hypergrad.engine.backend.cpu.onednn.ProgramCache}, builds one if
 * there is none, sets the addresses, runs it and puts it back.
 */
package org.hypergrad.engine.backend.cpu.onednn;
