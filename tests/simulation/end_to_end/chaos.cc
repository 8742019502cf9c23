#include "tests/simulation/end_to_end/chaos.h"

#include <utility>

namespace ottla::simulation {

using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t kRoom = std::uint64_t{1} << 40;  // bytes of a disk that is not full

// How wrong a clock can be. Less than half of any time after which a broker forgets something for
// its age (a week), and half of the time within what it lets clients be ahead (an hour).
constexpr milliseconds kWrongByMinutes = std::chrono::minutes(50);
constexpr milliseconds kWrongByHours = std::chrono::hours(48);

}  // namespace

Chaos::Chaos(Simulation& simulation, SimNode& broker, std::vector<SimNode*> clients,
             const ChaosOptions& options, std::function<bool()> ready, SimNode* door)
    : simulation_(simulation),
      broker_(broker),
      door_(door == nullptr ? broker : *door),
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
  switch (random_.below(8)) {
    case 0:
    case 1:
      if (!options_.resets) return;
      count("reset");
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
    case 6:
      if (options_.clock_jumps) set_clock();
      return;
    default:
      if (options_.pauses) stand_still();
      return;
  }
}

void Chaos::crash(Crash how) {
  if (!broker_.running()) return;
  count(how == Crash::power ? "power cut" : "kill");
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
  count("partition", " from " + client.name());
  if (direction != 0) network.block(door_.host(), client.host());
  if (direction != 1) network.block(client.host(), door_.host());
  simulation_.after(between(milliseconds(5), milliseconds(400)), [this, &client] {
    tell("heal");
    simulation_.network().heal(door_.host(), client.host());
  });
}

void Chaos::stand_still() {
  SimNode& node = random_.one_in(2) ? broker_ : *clients_[random_.below(clients_.size())];
  if (!node.running()) return;
  count("pause", " of " + node.name());
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
  count("full disk");
  broker_.disk().set_capacity(0);
  simulation_.after(between(milliseconds(1), milliseconds(200)), [this] {
    tell("disk has room");
    broker_.disk().set_capacity(kRoom);
  });
}

// By what it is wrong now, not by what more: clocks of one run stay near each other.
void Chaos::set_clock() {
  SimNode& node = random_.one_in(2) ? broker_ : *clients_[random_.below(clients_.size())];
  const auto most = random_.one_in(2) ? kWrongByMinutes : kWrongByHours;
  const milliseconds offset(random_.between(-most.count(), most.count()));
  count("clock jump", " of " + node.name() + " to " + std::to_string(offset.count()) + " ms");
  node.set_wall_offset(offset);
}

void Chaos::end() {
  tell("end");
  simulation_.network().heal();
  if (!broker_.running()) broker_.start();
  broker_.resume();
  broker_.set_wall_offset(milliseconds(0));
  broker_.disk().set_capacity(kRoom);
  for (SimNode* client : clients_) {
    client->set_wall_offset(milliseconds(0));
    if (client->running()) client->resume();
  }
  over_ = true;
}

void Chaos::count(const std::string& kind, const std::string& which) {
  ++faults_[kind];
  tell(kind + which);
}

void Chaos::tell(const std::string& what) {
  const auto at = std::chrono::duration_cast<milliseconds>(simulation_.now().time_since_epoch());
  story_ += std::to_string(at.count()) + " ms " + what + "; ";
}

Duration Chaos::between(Duration least, Duration most) {
  return Duration(random_.between(least.count(), most.count()));
}

}  // namespace ottla::simulation
