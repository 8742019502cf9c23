// How does one topic serve as a queue (each record to one of several workers) and as publish and
// subscribe (each record to every subscriber), side by side? By groups: members of one share the
// records, groups do not.
//
//   queue_and_topic localhost:9092 TOPIC COUNT
//
// Ends when every group has got COUNT records.
#include <ottla/ottla.h>

#include <cstdlib>
#include <deque>
#include <iostream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

// What the members of one group have got.
class Group {
 public:
  Group(std::string name, std::size_t wanted) : name_(std::move(name)), wanted_(wanted) {}

  const std::string& name() const { return name_; }
  std::stop_token stop() const { return stop_.get_token(); }

  void got(const std::string& member, const ottla::RecordView& record) {
    static std::mutex printing;
    const std::lock_guard lock(printing);
    std::cout << member << ": " << record.value() << '\n';
    ++count_;
    different_.insert({std::string(record.topic()), record.partition(), record.offset()});
    if (different_.size() == wanted_) stop_.request_stop();
  }
  void report() const {
    std::cout << "group " << name_ << ": " << count_ << " records, " << different_.size()
              << " different ones\n";
  }

 private:
  struct Place {
    std::string topic;
    std::int32_t partition;
    std::int64_t offset;
    auto operator<=>(const Place&) const = default;
  };
  const std::string name_;
  const std::size_t wanted_;
  std::stop_source stop_;
  std::size_t count_ = 0;
  std::set<Place> different_;
};

void read(const std::string& servers, const std::string& topic, Group& group,
          const std::string& member) {
  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = servers,
      .group_id = group.name(),
      .topics = {topic},
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
  });
  if (!consumer) {
    std::cerr << consumer.error() << '\n';
    return;
  }
  while (!group.stop().stop_requested()) {
    const auto batch = consumer->poll(group.stop());
    if (!batch) {
      std::cerr << batch.error() << '\n';
      break;
    }
    for (const auto& record : *batch) group.got(member, record);
  }
  (void)consumer->close();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: queue_and_topic BOOTSTRAP_SERVERS TOPIC COUNT\n";
    return 2;
  }
  const auto count = std::strtoull(argv[3], nullptr, 10);
  std::deque<Group> groups;
  for (const auto* name : {"workers", "audit", "mail"}) groups.emplace_back(name, count);
  std::vector<std::thread> readers;
  const auto start = [&](Group& group, const char* member) {
    readers.emplace_back([&, member] { read(argv[1], argv[2], group, member); });
  };
  // A queue: these two are one group.
  start(groups[0], "worker 1");
  start(groups[0], "worker 2");
  // Publish and subscribe: these are groups of their own.
  start(groups[1], "audit");
  start(groups[2], "mail");
  for (auto& reader : readers) reader.join();
  for (const auto& group : groups) group.report();
}
