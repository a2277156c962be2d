// Initialisation, devices and contexts.
#include "call.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace simulator {
namespace {

constexpr int DRIVER_VERSION = 12060;
constexpr int MULTIPROCESSORS = 16;

// The numbers are those of CUdevice_attribute; the values a GPU of compute capability 7.5 has.
int attribute(int which, int device) {
  switch (which) {
    case 1: case 2: case 3: return 1024;   // block: threads, x, y
    case 4: return 64;                     // block z
    case 5: return 0x7fffffff;             // grid x
    case 6: case 7: return 65535;          // grid y, z
    case 8: return 48 << 10;               // shared memory per block
    case 9: return 64 << 10;               // constant memory
    case 10: return 32;                    // warp
    case 11: return 0x7fffffff;            // pitch
    case 12: return 64 << 10;              // registers per block
    case 13: return 1'500'000;             // clock, kHz
    case 14: return 512;                   // texture alignment
    case 15: return 1;                     // overlap
    case 16: return MULTIPROCESSORS;
    case 17: return 0;                     // no kernel time-out
    case 18: return 0;                     // discrete
    case 19: return 1;                     // maps host memory
    case 20: return 0;                     // compute mode: default
    case 31: return 1;                     // concurrent kernels
    case 32: return 0;                     // ECC
    case 33: case 50: return 0;            // PCI bus, domain
    case 34: return device;                // PCI device
    case 36: return 5'000'000;             // memory clock, kHz
    case 37: return 256;                   // bus width, bits
    case 38: return 4 << 20;               // L2 cache, bytes
    case 39: return 1024;                  // threads per multiprocessor
    case 40: return 2;                     // copy engines
    case 41: return 1;                     // unified addressing
    case 75: return 7;                     // compute capability
    case 76: return 5;
    case 78: return 1;                     // stream priorities
    case 81: return 64 << 10;              // shared memory per multiprocessor
    case 82: return 64 << 10;              // registers per multiprocessor
    case 83: return 0;                     // managed memory
    case 95: return 0;                     // cooperative launch
    case 97: return 64 << 10;              // shared memory per block, on request
    case 106: return 16;                   // blocks per multiprocessor
    case 111: return 0;                    // reserved shared memory
    case 115: return 0;                    // memory pools
    default: throw Fault(INVALID_VALUE, "unknown attribute " + std::to_string(which));
  }
}

void set_current(Context* context) {
  auto& stack = context_stack();
  if (!stack.empty()) {
    stack.pop_back();
  }
  if (context != nullptr) {
    stack.push_back(context);
  }
}

} // namespace

DRIVER_CALL int cuInit(unsigned flags) {
  return call("cuInit", [&](State& s) {
    if (flags != 0) {
      throw Fault(INVALID_VALUE, "flags must be 0");
    }
    if (s.contexts.empty()) {
      throw Answer{NO_DEVICE};
    }
    s.initialized = true;
  }, true);
}

DRIVER_CALL int cuDriverGetVersion(int* version) {
  return call("cuDriverGetVersion", [&](State&) {
    require_pointer(version, "the version");
    *version = DRIVER_VERSION;
  }, true);
}

DRIVER_CALL int cuDeviceGetCount(int* count) {
  return call("cuDeviceGetCount", [&](State& s) {
    require_pointer(count, "the count");
    *count = static_cast<int>(s.contexts.size());
  });
}

DRIVER_CALL int cuDeviceGet(int* device, int ordinal) {
  return call("cuDeviceGet", [&](State& s) {
    require_pointer(device, "the device");
    *device = device_of(s, ordinal);
  });
}

DRIVER_CALL int cuDeviceGetName(char* name, int length, int device) {
  return call("cuDeviceGetName", [&](State& s) {
    require_pointer(name, "the name");
    std::snprintf(name, std::max(0, length), "Simulated device %d", device_of(s, device));
  });
}

DRIVER_CALL int cuDeviceGetUuid(unsigned char* uuid, int device) {
  return call("cuDeviceGetUuid", [&](State& s) {
    require_pointer(uuid, "the identifier");
    std::memset(uuid, 0, 16);
    uuid[15] = static_cast<unsigned char>(device_of(s, device));
  });
}

DRIVER_CALL int cuDeviceGetAttribute(int* value, int which, int device) {
  return call("cuDeviceGetAttribute", [&](State& s) {
    require_pointer(value, "the value");
    *value = attribute(which, device_of(s, device));
  });
}

DRIVER_CALL int cuDeviceComputeCapability(int* major, int* minor, int device) {
  return call("cuDeviceComputeCapability", [&](State& s) {
    require_pointer(major, "major");
    require_pointer(minor, "minor");
    *major = attribute(75, device_of(s, device));
    *minor = attribute(76, device);
  });
}

DRIVER_CALL int cuDeviceTotalMem_v2(std::size_t* bytes, int device) {
  return call("cuDeviceTotalMem", [&](State& s) {
    require_pointer(bytes, "the bytes");
    device_of(s, device);
    *bytes = s.memory.total();
  });
}

DRIVER_CALL int cuDeviceCanAccessPeer(int* can, int device, int peer) {
  return call("cuDeviceCanAccessPeer", [&](State& s) {
    require_pointer(can, "the answer");
    device_of(s, device);
    device_of(s, peer);
    *can = 0;
  });
}

DRIVER_CALL int cuDevicePrimaryCtxRetain(void** context, int device) {
  return call("cuDevicePrimaryCtxRetain", [&](State& s) {
    require_pointer(context, "the context");
    Context& primary = s.contexts[device_of(s, device)];
    ++primary.references;
    *context = &primary;
  });
}

DRIVER_CALL int cuDevicePrimaryCtxRelease_v2(int device) {
  return call("cuDevicePrimaryCtxRelease", [&](State& s) {
    Context& primary = s.contexts[device_of(s, device)];
    if (primary.references == 0) {
      throw Fault(INVALID_CONTEXT, "released more often than retained");
    }
    if (primary.references == 1) {
      s.queue.finish(primary);
      s.destroy(primary);
    }
    --primary.references;
  });
}

DRIVER_CALL int cuDevicePrimaryCtxReset_v2(int) {
  return call("cuDevicePrimaryCtxReset", [](State&) {
    throw Fault(NOT_PERMITTED, "refused: it would pull the memory from under everybody else");
  });
}

DRIVER_CALL int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
  return call("cuDevicePrimaryCtxGetState", [&](State& s) {
    require_pointer(flags, "the flags");
    require_pointer(active, "the answer");
    *flags = 0;
    *active = s.contexts[device_of(s, device)].references > 0;
  });
}

DRIVER_CALL int cuCtxSetCurrent(void* context) {
  return call("cuCtxSetCurrent", [&](State& s) {
    set_current(context == nullptr ? nullptr : &context_of(s, context));
  });
}

DRIVER_CALL int cuCtxGetCurrent(void** context) {
  return call("cuCtxGetCurrent", [&](State&) {
    require_pointer(context, "the context");
    *context = context_stack().empty() ? nullptr : context_stack().back();
  });
}

DRIVER_CALL int cuCtxPushCurrent_v2(void* context) {
  return call("cuCtxPushCurrent", [&](State& s) {
    context_stack().push_back(&context_of(s, context));
  });
}

DRIVER_CALL int cuCtxPopCurrent_v2(void** context) {
  return call("cuCtxPopCurrent", [&](State&) {
    if (context_stack().empty()) {
      throw Fault(INVALID_CONTEXT, "missing context: none was pushed on this thread");
    }
    if (context != nullptr) {
      *context = context_stack().back();
    }
    context_stack().pop_back();
  });
}

DRIVER_CALL int cuCtxGetDevice(int* device) {
  return call("cuCtxGetDevice", [&](State&) {
    require_pointer(device, "the device");
    *device = current_context().device;
  });
}

DRIVER_CALL int cuCtxGetApiVersion(void* context, unsigned* version) {
  return call("cuCtxGetApiVersion", [&](State& s) {
    require_pointer(version, "the version");
    context == nullptr ? current_context() : context_of(s, context);
    *version = 3020;
  });
}

DRIVER_CALL int cuCtxSynchronize() {
  return call("cuCtxSynchronize", [](State& s) {
    Context& context = current_context();
    finish(s, context, context);
  });
}

DRIVER_CALL int cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return call("cuCtxGetStreamPriorityRange", [&](State&) {
    current_context();
    if (least != nullptr) {
      *least = 0;
    }
    if (greatest != nullptr) {
      *greatest = -5;
    }
  });
}

} // namespace simulator
