#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "base/transport.h"
#include "tests/simulation/sim_network.h"

namespace ottla::simulation {

// The sockets of one loop of a host. Connections open to a peer that never answers stay without an
// answer, as the interface says.
class SimTransport final : public base::Transport {
 public:
  SimTransport(SimNetwork& network, SimHost& host, std::shared_ptr<SimQueue> queue);
  ~SimTransport() override;

  using Transport::connect;
  using Transport::listen;
  Result<std::unique_ptr<base::Listener>> listen(const base::Endpoint& at, OnAccept on_accept,
                                                 const base::ListenOptions& options) override;
  void connect(const base::Endpoint& address, OnConnect on_connect,
               const base::SocketBuffers& buffers) override;
  void resolve(const base::Endpoint& name, OnResolve on_resolve) override;

 private:
  Result<std::vector<base::Endpoint>> look_up(const base::Endpoint& name) const;
  bool own_address(const std::string& host) const;

  SimNetwork& network_;
  SimHost& host_;
  std::shared_ptr<SimQueue> queue_;
  std::vector<std::shared_ptr<SimNetwork::Answer>> waiting_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::simulation
