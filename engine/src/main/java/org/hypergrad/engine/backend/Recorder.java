package org.hypergrad.engine.backend;

import java.util.function.Consumer;

/**
 * What a backend does for {@link org.hypergrad.engine.Graph}: it runs ops again without the host.
 */
public interface Recorder extends AutoCloseable {
  /**
   * Runs {@code body}, whose ops do not run but are captured. Memory that it takes is the
   * recording's: nobody else gets what it frees.
   *
   * @throws org.hypergrad.engine.error.DeviceException if something in it cannot be captured
   */
  void record(Consumer<Recording> body);

  /** Ends all recordings and gives their memory back. */
  @Override
  void close();

  /** Ops that were captured. */
  interface Recording {
    /**
     * Called before the op that draws from a stream of random numbers: at each replay it may draw
     * from another.
     *
     * @return the place by which {@link #draw} tells which
     */
    int willDraw(long seed, long stream);

    /** Sets what is drawn at a place from the next replay on. */
    void draw(int place, long seed, long stream);

    /** Queues all ops again. */
    void replay();
  }
}
