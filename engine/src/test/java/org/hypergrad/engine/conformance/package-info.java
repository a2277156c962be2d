/**
 * What every backend must do alike: one table of cases for every op, run against the reference in
 * double, and one check of every gradient rule by finite differences.
 */
package org.hypergrad.engine.conformance;
