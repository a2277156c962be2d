/** What benchmarks found, as files, and what differs between two of them. */
package org.hypergrad.bench.results;
