#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/transport.h"
#include "tests/simulation/sim_scheduler.h"

namespace ottla::simulation {

class SimConnection;
class SimNetwork;

struct NetworkOptions {
  Duration least_latency = std::chrono::microseconds(50);
  Duration most_latency = std::chrono::milliseconds(2);
  std::uint64_t slow_one_in = 200;  // packets that take twenty times as long; 0: none
  std::uint64_t bytes_per_second = 100'000'000;
  std::uint64_t reset_one_in = 0;    // packets until a connection breaks; 0: never
  std::size_t least_window = 4096;   // bytes that a connection holds in one direction
  std::size_t most_window = 262144;  // beyond what its writer has queued
  // How long a connection endures a silent peer while it has something to say.
  Duration give_up = std::chrono::seconds(60);
};

// What listens on a port of a host.
struct SimPort {
  std::shared_ptr<SimQueue> queue;
  std::shared_ptr<base::Transport::OnAccept> on_accept;
};

// One machine on the network. Its kernel lives while `up`.
struct SimHost {
  std::string name;
  std::string address;
  bool up = true;
  std::uint16_t next_port = 40000;
  std::map<std::uint16_t, SimPort> ports;
  std::vector<std::shared_ptr<SimConnection>> connections;
};

// The network of a simulation: named hosts with one address each, and the links between them, one
// in each direction. A packet takes a seeded time; packets of one connection keep their order.
class SimNetwork {
 public:
  explicit SimNetwork(SimScheduler& scheduler, const NetworkOptions& options = {});
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  // Addresses are 10.0.0.1 and so on, in the order of the calls.
  SimHost& add_host(const std::string& name);
  SimHost* find_host(std::string_view name_or_address);

  // `name` resolves to these addresses, in this order.
  void add_name(const std::string& name, std::vector<std::string> addresses);
  std::vector<std::string> addresses_of(const std::string& name) const;

  // Nothing passes from one host to the other until it is healed; what was sent waits, as TCP sends
  // again. A connection whose words are held for longer than `give_up` breaks at their writer.
  void block(SimHost& from, SimHost& to);
  void partition(SimHost& a, SimHost& b);
  void isolate(SimHost& host);
  void heal();
  void heal(SimHost& a, SimHost& b);
  bool blocked(const SimHost& from, const SimHost& to) const;

  // Breaks connections: a seeded part of what is under way arrives, then both ends learn of it.
  void reset_connections(SimHost& host);
  void reset_connections(SimHost& a, SimHost& b);

  // All processes of the host end. `power_cut`: the machine falls silent and stays down until
  // `power_on`; otherwise its kernel closes what was open, and peers hear of it.
  void end_processes(SimHost& host, bool power_cut);
  void power_on(SimHost& host);

  // Runs `task` after the latency of the link, or when the link is healed and the host is up.
  void send(SimHost& from, SimHost& to, Task task);

  // Tells a new connection's SYN; answers on `queue` unless `answer` is gone by then.
  using Answer = base::UniqueFunction<void(Result<std::unique_ptr<base::Stream>>)>;
  void connect(SimHost& from, const base::Endpoint& to, std::shared_ptr<SimQueue> queue,
               std::weak_ptr<Answer> answer);

  void set_options(const NetworkOptions& options) { options_ = options; }
  const NetworkOptions& options() const { return options_; }
  SimScheduler& scheduler() { return scheduler_; }
  base::Random& random() { return random_; }
  Duration latency();

  // For connections: what is held up at a link until it is healed.
  void hold(SimHost& from, SimHost& to, Task task);
  void forget(const SimConnection& connection);

  std::uint64_t connections_made() const { return connections_made_; }
  std::uint64_t connections_reset() const { return connections_reset_; }
  void count_reset() { ++connections_reset_; }

 private:
  struct Held {
    SimHost* from;
    SimHost* to;
    Task task;
  };
  struct Knock;
  bool passable(const SimHost& from, const SimHost& to) const;
  void release();
  void on_knock(const std::shared_ptr<Knock>& knock);
  void answer_knock(const std::shared_ptr<Knock>& knock,
                    Result<std::unique_ptr<base::Stream>> with);

  SimScheduler& scheduler_;
  NetworkOptions options_;
  base::Random random_;
  std::vector<std::unique_ptr<SimHost>> hosts_;
  std::map<std::string, std::vector<std::string>, std::less<>> names_;
  std::set<std::pair<const SimHost*, const SimHost*>> blocked_;  // looked up, never walked
  std::vector<Held> held_;
  std::uint64_t connections_made_ = 0;
  std::uint64_t connections_reset_ = 0;
};

}  // namespace ottla::simulation
