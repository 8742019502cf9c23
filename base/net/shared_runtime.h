#pragma once

#include <memory>

#include "base/net/asio_runtime.h"

namespace ottla::base {

// A runtime that ends with its last owner, whichever thread lets go of it: on a thread of a runtime
// it is ended by another, since a thread cannot wait for itself. In a child made by fork()
// it stays as it is: the threads are the parent's, and so is what goes over the sockets.
std::shared_ptr<Runtime> start_shared_runtime(const RuntimeOptions& options);

}  // namespace ottla::base
