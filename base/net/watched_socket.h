#pragma once

#include "base/file_descriptor.h"

namespace ottla::base {

// What the owner of a socket hears from its loop, on the loop's thread. The owner may end itself,
// and the socket, within a call.
class SocketEvents {
 public:
  virtual void on_socket_readable() = 0;
  virtual void on_socket_writable() = 0;

 protected:
  ~SocketEvents() = default;
};

// A non-blocking socket whose readiness a loop watches. Owns the descriptor: destroying it closes
// the socket and ends all calls. On the loop's thread. Made by `AsioLoop::watch`.
class WatchedSocket {
 public:
  virtual ~WatchedSocket() = default;

  virtual int descriptor() const = 0;

  // Gives the socket away, unwatched; what is left may only be destroyed.
  virtual FileDescriptor release() = 0;

  // One call to on_socket_readable, in a later turn, as soon as a read would not block: there are
  // bytes or connections, the end, or an error. Asking again while waiting changes nothing.
  virtual void await_readable() = 0;

  // The same for writing.
  virtual void await_writable() = 0;
};

}  // namespace ottla::base
