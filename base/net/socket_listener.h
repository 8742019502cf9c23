#pragma once

#include <memory>

#include "base/logger.h"
#include "base/net/asio_loop.h"
#include "base/transport.h"

namespace ottla::base {

// Listens at an address of this machine; an empty host means every IPv6 and IPv4 address, a name
// its first address that can be bound, IPv4 before IPv6. Connections that cannot be accepted for
// want of descriptors or memory wait in the backlog; it is tried again every 100 ms.
Result<std::unique_ptr<Listener>> make_socket_listener(AsioLoop& loop, const Endpoint& at,
                                                       Transport::OnAccept on_accept,
                                                       const ListenOptions& options,
                                                       const Logger& log);

}  // namespace ottla::base
