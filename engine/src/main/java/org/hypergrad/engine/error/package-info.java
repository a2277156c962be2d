/** The engine's exceptions: one type per kind of mistake, the details as fields. */
package org.hypergrad.engine.error;
