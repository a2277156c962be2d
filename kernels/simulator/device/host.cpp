#include "host.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/uio.h>
#include <unistd.h>

namespace simulator {
namespace {

using Transfer = ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long,
    unsigned long);

// The kernel copies, so that memory which is gone is an answer and no crash. Where the call is
// forbidden there is only the plain copy.
bool transfer(Transfer call, void* local, const void* remote, std::uint64_t bytes, bool& forbidden) {
  constexpr std::uint64_t most = 1 << 30;
  for (std::uint64_t done = 0; done < bytes;) {
    std::uint64_t part = std::min(bytes - done, most);
    iovec here{static_cast<char*>(local) + done, part};
    iovec there{static_cast<char*>(const_cast<void*>(remote)) + done, part};
    ssize_t moved = call(getpid(), &here, 1, &there, 1, 0);
    if (moved <= 0) {
      forbidden = moved < 0 && (errno == EPERM || errno == ENOSYS);
      return false;
    }
    done += static_cast<std::uint64_t>(moved);
  }
  return true;
}

} // namespace

bool read_host(void* to, const void* from, std::uint64_t bytes) {
  bool forbidden = false;
  bool done = transfer(process_vm_readv, to, from, bytes, forbidden);
  if (forbidden) {
    std::memcpy(to, from, bytes);
  }
  return done || forbidden;
}

bool write_host(void* to, const void* from, std::uint64_t bytes) {
  bool forbidden = false;
  bool done = transfer(process_vm_writev, const_cast<void*>(from), to, bytes, forbidden);
  if (forbidden) {
    std::memcpy(to, from, bytes);
  }
  return done || forbidden;
}

std::uint64_t hash(const void* data, std::uint64_t bytes) {
  const auto* at = static_cast<const std::uint8_t*>(data);
  std::uint64_t result = bytes;
  for (std::uint64_t i = 0; i < bytes; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at + i, std::min<std::uint64_t>(8, bytes - i));
    result = (result ^ word) * 0x9e3779b97f4a7c15;
    result ^= result >> 29;
  }
  return result;
}

} // namespace simulator
