#pragma once

#include <memory>

#include "base/net/asio_loop.h"
#include "base/transport.h"

namespace ottla::base {

// A stream over a connected, non-blocking socket of this loop.
Result<std::unique_ptr<Stream>> make_socket_stream(AsioLoop& loop, FileDescriptor socket);

}  // namespace ottla::base
