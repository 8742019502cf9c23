#pragma once

#include <memory>
#include <unordered_set>

#include "base/logger.h"
#include "base/net/asio_loop.h"
#include "base/net/worker_pool.h"
#include "base/transport.h"

namespace ottla::base {

// The real Transport: TCP sockets of one loop. On the loop's thread.
class SocketTransport final : public Transport {
 public:
  // `resolvers` is where names are looked up, apart from other work, since a name server that is
  // gone takes long to be given up. Both live as long.
  SocketTransport(AsioLoop& loop, WorkerPool& resolvers, Logger log);
  ~SocketTransport() override;

  using Transport::connect;
  using Transport::listen;
  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, OnAccept on_accept,
                                           const ListenOptions& options) override;
  void connect(const Endpoint& address, OnConnect on_connect,
               const SocketBuffers& buffers) override;
  void resolve(const Endpoint& name, OnResolve on_resolve) override;

 private:
  class Connecting;

  AsioLoop& loop_;
  WorkerPool& resolvers_;
  const Logger log_;
  std::unordered_set<std::shared_ptr<Connecting>> connecting_;
};

}  // namespace ottla::base
