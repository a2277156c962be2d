package org.hypergrad.kernels;

/** What a pool stands on: blocks of a device's memory, and the order of work on its streams. */
interface DeviceHeap {
  /** For messages: {@code cuda:0}. */
  String name();

  /** The address of a fresh block, aligned to 256 bytes; 0 if there is no memory left. */
  long allocate(long bytes);

  /** Gives a block back that nothing uses any more. */
  void free(long address);

  /** Sets all bytes of a block, in order with what is queued on the stream. */
  void fill(long address, byte value, long bytes, CudaStream stream);

  /** Lets what is queued on {@code after} from now on begin after what is on {@code before}. */
  void order(CudaStream before, CudaStream after);

  /** Waits for all work on all streams. */
  void settle();

  /** Whether the device answers no call any more, so that nothing can be given back. */
  boolean isStopped();

  /** Bytes that the driver calls free. */
  long free();

  /** Bytes of the device in all. */
  long capacity();
}
