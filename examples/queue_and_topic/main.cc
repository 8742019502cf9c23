// How does one topic serve as a queue (each record to one of several workers) and as publish and
// subscribe (each record to every subscriber)? By groups: members of one share, groups do not.
//
//   queue_and_topic localhost:9092
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::mutex printing;

void subscribe(const std::string& servers, const std::string& group, const std::string& name) {
  auto consumer = ottla::Consumer::open({
                                            .bootstrap_servers = servers,
                                            .group_id = group,
                                            .topics = {"greetings"},
                                            .auto_offset_reset = ottla::AutoOffsetReset::earliest,
                                        })
                      .value();
  while (true) {
    const auto batch = consumer.poll(std::chrono::seconds(5));
    if (!batch || batch->empty()) break;
    const std::lock_guard lock(printing);
    for (const auto& record : *batch) std::cout << name << ": " << record.value() << '\n';
  }
  (void)consumer.close();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string servers = argc > 1 ? argv[1] : "localhost:9092";
  std::vector<std::thread> readers;
  // A queue: these two are one group.
  readers.emplace_back(subscribe, servers, "workers", "worker 1");
  readers.emplace_back(subscribe, servers, "workers", "worker 2");
  // Publish and subscribe: these are groups of their own.
  readers.emplace_back(subscribe, servers, "audit", "audit");
  readers.emplace_back(subscribe, servers, "mail", "mail");
  for (auto& reader : readers) reader.join();
}
