/** What the bundle for machines with a GPU runs: conformance, training, kernel times, a report. */
package org.hypergrad.bench.bundle;
