/**
 * Values that were computed elsewhere: cases that broke other engines, and PyTorch's results for
 * the ops whose semantics have choices in them.
 */
package org.hypergrad.engine.cases;
