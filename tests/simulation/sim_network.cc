#include "tests/simulation/sim_network.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "tests/simulation/sim_connection.h"

namespace ottla::simulation {

// One attempt to connect.
struct SimNetwork::Knock {
  SimHost* from;
  SimHost* target;
  base::Endpoint to;
  std::shared_ptr<SimQueue> queue;
  std::weak_ptr<Answer> answer;
};

SimNetwork::SimNetwork(SimScheduler& scheduler, const NetworkOptions& options)
    : scheduler_(scheduler), options_(options), random_(scheduler.random().next()) {}

SimNetwork::~SimNetwork() {
  auto held = std::exchange(held_, {});
  for (auto& host : hosts_) host->connections.clear();
}

SimHost& SimNetwork::add_host(const std::string& name) {
  auto host = std::make_unique<SimHost>();
  host->name = name;
  host->address = "10.0.0." + std::to_string(hosts_.size() + 1);
  hosts_.push_back(std::move(host));
  add_name(name, {hosts_.back()->address});
  return *hosts_.back();
}

SimHost* SimNetwork::find_host(std::string_view name_or_address) {
  for (auto& host : hosts_) {
    if (host->name == name_or_address || host->address == name_or_address) return host.get();
  }
  return nullptr;
}

void SimNetwork::add_name(const std::string& name, std::vector<std::string> addresses) {
  names_[name] = std::move(addresses);
}

std::vector<std::string> SimNetwork::addresses_of(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::vector<std::string>{} : found->second;
}

void SimNetwork::block(SimHost& from, SimHost& to) {
  if (&from != &to) blocked_.emplace(&from, &to);
}

void SimNetwork::partition(SimHost& a, SimHost& b) {
  block(a, b);
  block(b, a);
}

void SimNetwork::isolate(SimHost& host) {
  for (auto& other : hosts_) partition(host, *other);
}

void SimNetwork::heal() {
  blocked_.clear();
  release();
}

void SimNetwork::heal(SimHost& a, SimHost& b) {
  blocked_.erase({&a, &b});
  blocked_.erase({&b, &a});
  release();
}

bool SimNetwork::blocked(const SimHost& from, const SimHost& to) const {
  return !blocked_.empty() && blocked_.contains({&from, &to});
}

bool SimNetwork::passable(const SimHost& from, const SimHost& to) const {
  return to.up && !blocked(from, to);
}

void SimNetwork::release() {
  auto held = std::exchange(held_, {});
  for (Held& each : held) {
    if (passable(*each.from, *each.to)) {
      scheduler_.after(latency(), std::move(each.task));
    } else {
      held_.push_back(std::move(each));
    }
  }
}

void SimNetwork::hold(SimHost& from, SimHost& to, Task task) {
  held_.push_back({&from, &to, std::move(task)});
}

void SimNetwork::reset_connections(SimHost& host) {
  const auto connections = host.connections;
  for (const auto& connection : connections) connection->reset();
}

void SimNetwork::reset_connections(SimHost& a, SimHost& b) {
  const auto connections = a.connections;
  for (const auto& connection : connections) {
    if (connection->host(0) == &b || connection->host(1) == &b) connection->reset();
  }
}

void SimNetwork::end_processes(SimHost& host, bool power_cut) {
  if (power_cut) host.up = false;
  host.ports.clear();
  const auto connections = host.connections;
  for (const auto& connection : connections) {
    for (int side = 0; side < 2; ++side) {
      if (connection->host(side) != &host) continue;
      power_cut ? connection->fall_silent(side) : connection->close(side);
    }
  }
}

void SimNetwork::power_on(SimHost& host) {
  host.up = true;
  release();
}

Duration SimNetwork::latency() {
  Duration takes(random_.between(options_.least_latency.count(), options_.most_latency.count()));
  if (options_.slow_one_in != 0 && random_.one_in(options_.slow_one_in)) takes *= 20;
  return takes;
}

void SimNetwork::send(SimHost& from, SimHost& to, Task task) {
  scheduler_.after(latency(), [this, &from, &to, task = std::move(task)]() mutable {
    if (passable(from, to)) {
      task();
    } else {
      hold(from, to, std::move(task));
    }
  });
}

void SimNetwork::connect(SimHost& from, const base::Endpoint& to, std::shared_ptr<SimQueue> queue,
                         std::weak_ptr<Answer> answer) {
  const bool loopback = to.host == "::1" || to.host.starts_with("127.");
  SimHost* target = loopback ? &from : find_host(to.host);
  auto knock =
      std::make_shared<Knock>(Knock{&from, target, to, std::move(queue), std::move(answer)});
  if (target == nullptr) {
    scheduler_.after(latency(), [this, knock] {
      answer_knock(knock, Error(ErrorCode::io_error, "no host has this address",
                                {.broker = knock->to.to_string()}));
    });
    return;
  }
  send(from, *target, [this, knock] { on_knock(knock); });
}

void SimNetwork::on_knock(const std::shared_ptr<Knock>& knock) {
  SimHost& target = *knock->target;
  const auto port = target.ports.find(knock->to.port);
  if (port == target.ports.end()) {
    send(target, *knock->from, [this, knock] {
      answer_knock(knock, Error(ErrorCode::connection_refused, "nobody listens there",
                                {.broker = knock->to.to_string()}));
    });
    return;
  }
  const SimPort& listener = port->second;
  const auto near_port = static_cast<std::uint16_t>(random_.between(49152, 65535));
  auto connection = std::make_shared<SimConnection>(
      *this, SimConnection::Place{knock->from, knock->queue, {knock->from->address, near_port}},
      SimConnection::Place{&target, listener.queue, {target.address, knock->to.port}});
  ++connections_made_;
  knock->from->connections.push_back(connection);
  if (knock->from != &target) target.connections.push_back(connection);
  auto accepted = connection->make_stream(1);
  listener.queue->push(
      [weak = std::weak_ptr(listener.on_accept), stream = std::move(accepted)]() mutable {
        if (auto on_accept = weak.lock()) (*on_accept)(std::move(stream));
      });
  send(target, *knock->from, [this, knock, stream = connection->make_stream(0)]() mutable {
    answer_knock(knock, std::move(stream));
  });
}

void SimNetwork::answer_knock(const std::shared_ptr<Knock>& knock,
                              Result<std::unique_ptr<base::Stream>> with) {
  knock->queue->push([weak = knock->answer, with = std::move(with)]() mutable {
    if (auto answer = weak.lock()) (*answer)(std::move(with));
  });
}

void SimNetwork::forget(const SimConnection& connection) {
  for (int side = 0; side < 2; ++side) {
    std::erase_if(connection.host(side)->connections,
                  [&](const auto& each) { return each.get() == &connection; });
  }
}

}  // namespace ottla::simulation
