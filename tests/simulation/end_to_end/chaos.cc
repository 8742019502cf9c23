#include "tests/simulation/end_to_end/chaos.h"

#include <utility>

namespace ottla::simulation {

using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t kRoom = std::uint64_t{1} << 40;  // bytes of a disk that is not full

}  // namespace

Chaos::Chaos(Simulation& simulation, SimNode& broker, std::vector<SimNode*> clients,
             const ChaosOptions& options, std::function<bool()> ready)
    : simulation_(simulation),
      broker_(broker),
      clients_(std::move(clients)),
      options_(options),
      ready_(std::move(ready)),
      random_(simulation.random().next()) {}

void Chaos::start(Duration lasts) {
  until_ = simulation_.now() + lasts;
  next();
}

void Chaos::next() {
  const Duration pause = between(options_.least_pause, options_.most_pause);
  simulation_.after(pause, [this] {
    if (simulation_.now() >= until_) return end();
    disturb();
    next();
  });
}

void Chaos::disturb() {
  switch (random_.below(7)) {
    case 0:
    case 1:
      if (!options_.resets) return;
      tell("reset");
      return simulation_.network().reset_connections(broker_.host());
    case 2:
      if (options_.partitions) cut_off();
      return;
    case 3:
      if (options_.process_crashes) crash(Crash::process);
      return;
    case 4:
      if (options_.power_cuts) crash(Crash::power);
      return;
    case 5:
      if (options_.full_disks) fill_disk();
      return;
    default:
      if (options_.pauses) stand_still();
      return;
  }
}

void Chaos::crash(Crash how) {
  if (!broker_.running()) return;
  tell(how == Crash::power ? "power cut" : "kill");
  ++(how == Crash::power ? power_cuts_ : process_crashes_);
  broker_.crash(how);
  broker_.disk().set_capacity(kRoom);
  simulation_.after(between(milliseconds(1), milliseconds(200)), [this] {
    if (broker_.running()) return;
    tell("start");
    broker_.start();
  });
}

void Chaos::cut_off() {
  SimNode& client = *clients_[random_.below(clients_.size())];
  SimNetwork& network = simulation_.network();
  const std::uint64_t direction = random_.below(3);
  tell("partition from " + client.name());
  if (direction != 0) network.block(broker_.host(), client.host());
  if (direction != 1) network.block(client.host(), broker_.host());
  simulation_.after(between(milliseconds(5), milliseconds(400)), [this, &client] {
    tell("heal");
    simulation_.network().heal(broker_.host(), client.host());
  });
}

void Chaos::stand_still() {
  SimNode& node = random_.one_in(2) ? broker_ : *clients_[random_.below(clients_.size())];
  if (!node.running()) return;
  tell("pause of " + node.name());
  node.pause();
  simulation_.after(between(milliseconds(1), milliseconds(200)), [this, &node] {
    if (!node.running()) return;
    tell("resume of " + node.name());
    node.resume();
  });
}

void Chaos::fill_disk() {
  // A broker without any room does not start, and says so; that is not what is looked at here.
  if (!broker_.running() || !ready_()) return;
  tell("disk full");
  ++full_disks_;
  broker_.disk().set_capacity(0);
  simulation_.after(between(milliseconds(1), milliseconds(200)), [this] {
    tell("disk has room");
    broker_.disk().set_capacity(kRoom);
  });
}

void Chaos::end() {
  tell("end");
  simulation_.network().heal();
  if (!broker_.running()) broker_.start();
  broker_.resume();
  broker_.disk().set_capacity(kRoom);
  for (SimNode* client : clients_) {
    if (client->running()) client->resume();
  }
  over_ = true;
}

void Chaos::tell(const std::string& what) {
  const auto at = std::chrono::duration_cast<milliseconds>(simulation_.now().time_since_epoch());
  story_ += std::to_string(at.count()) + " ms " + what + "; ";
}

Duration Chaos::between(Duration least, Duration most) {
  return Duration(random_.between(least.count(), most.count()));
}

}  // namespace ottla::simulation
