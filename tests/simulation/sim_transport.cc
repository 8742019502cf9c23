#include "tests/simulation/sim_transport.h"

#include <algorithm>
#include <utility>

namespace ottla::simulation {
namespace {

class SimListener final : public base::Listener {
 public:
  SimListener(SimHost& host, base::Endpoint local, SimPort port)
      : host_(host), local_(std::move(local)), port_(std::move(port)) {
    host_.ports[local_.port] = port_;
  }
  ~SimListener() override {
    // After a crash the port may be another's.
    const auto found = host_.ports.find(local_.port);
    if (found != host_.ports.end() && found->second.on_accept == port_.on_accept) {
      host_.ports.erase(found);
    }
  }
  const base::Endpoint& local() const override { return local_; }

 private:
  SimHost& host_;
  base::Endpoint local_;
  SimPort port_;
};

bool is_address(const std::string& host) {
  return host.find_first_not_of("0123456789.") == std::string::npos ||
         host.find(':') != std::string::npos;
}

bool is_any(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

}  // namespace

SimTransport::SimTransport(SimNetwork& network, SimHost& host, std::shared_ptr<SimQueue> queue)
    : network_(network), host_(host), queue_(std::move(queue)) {}

SimTransport::~SimTransport() = default;

bool SimTransport::own_address(const std::string& host) const {
  return is_any(host) || host == host_.address || host == host_.name || host == "localhost" ||
         host == "::1" || host.starts_with("127.");
}

Result<std::unique_ptr<base::Listener>> SimTransport::listen(const base::Endpoint& at,
                                                             OnAccept on_accept,
                                                             const base::ListenOptions&) {
  if (!own_address(at.host)) {
    return Error(ErrorCode::name_not_resolved, at.host + " is not an address of " + host_.name);
  }
  base::Endpoint local = at;
  while (local.port == 0 || (at.port == 0 && host_.ports.contains(local.port))) {
    local.port = host_.next_port++;
  }
  if (host_.ports.contains(local.port)) {
    return Error(ErrorCode::already_in_use, "the port is in use: " + at.to_string());
  }
  if (is_any(local.host)) local.host = "0.0.0.0";
  SimPort port{queue_, std::make_shared<OnAccept>(std::move(on_accept))};
  return std::unique_ptr<base::Listener>(
      std::make_unique<SimListener>(host_, std::move(local), std::move(port)));
}

void SimTransport::connect(const base::Endpoint& address, OnConnect on_connect,
                           const base::SocketBuffers&) {
  auto answer = std::make_shared<SimNetwork::Answer>();
  *answer = [this, key = answer.get(), on_connect = std::move(on_connect)](
                Result<std::unique_ptr<base::Stream>> with) mutable {
    OnConnect call = std::move(on_connect);
    std::erase_if(waiting_, [key](const auto& each) { return each.get() == key; });
    call(std::move(with));
  };
  waiting_.push_back(answer);
  network_.connect(host_, address, queue_, answer);
}

void SimTransport::resolve(const base::Endpoint& name, OnResolve on_resolve) {
  network_.scheduler().at(
      network_.scheduler().now() + network_.latency(), *queue_,
      lifetime_.guard([this, name, on_resolve = std::move(on_resolve)]() mutable {
        on_resolve(look_up(name));
      }));
}

Result<std::vector<base::Endpoint>> SimTransport::look_up(const base::Endpoint& name) const {
  if (is_address(name.host)) return std::vector<base::Endpoint>{name};
  std::vector<std::string> addresses = network_.addresses_of(name.host);
  if (name.host == "localhost") addresses = {"127.0.0.1"};
  if (addresses.empty()) {
    return Error(ErrorCode::name_not_resolved, "no host is called " + name.host);
  }
  std::vector<base::Endpoint> found;
  found.reserve(addresses.size());
  for (std::string& address : addresses) found.push_back({std::move(address), name.port});
  return found;
}

}  // namespace ottla::simulation
