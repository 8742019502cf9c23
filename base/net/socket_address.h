#pragma once

#include <sys/socket.h>

#include <string_view>
#include <vector>

#include "base/file_descriptor.h"
#include "base/transport.h"
#include "ottla/result.h"

namespace ottla::base {

// An address in the system's own form.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;

  int family() const { return storage.ss_family; }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // IPv4 addresses that travel as IPv6 ones are shown as IPv4.
  Endpoint endpoint() const;
};

// An IPv4 or IPv6 address, not a name. Error: invalid_argument.
Result<SocketAddress> parse_address(const Endpoint& address);

// All addresses of a name in the system's order. (sleeps) Error: name_not_resolved.
Result<std::vector<SocketAddress>> look_up(const Endpoint& name);

// The ends of a connected socket; port 0 if the system does not know.
Endpoint local_endpoint(int socket);
Endpoint peer_endpoint(int socket);

// A socket of the family, non-blocking and closed on exec. Empty with errno on failure.
FileDescriptor open_socket(int family);

// No delay for small writes; dead peers are found in the end.
void set_stream_options(int socket);

// Before it is connected or listens: the size of the window is agreed on then.
void set_buffers(int socket, const SocketBuffers& buffers);

// The Error of an errno for a connection to or a listener at `where`.
Error socket_error(int number, std::string_view action, const Endpoint& where);

}  // namespace ottla::base
