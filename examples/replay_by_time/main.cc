// What was written in the last ten minutes? How do I read a topic again from a point in time on?
//
//   replay_by_time localhost:9092 TOPIC 600
//
// The brokers know the first offset at or after a time; seek goes there. Nothing is committed, so
// that no group hears of it.
#include <ottla/ottla.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <vector>

namespace {

int fail(const ottla::Error& error) {
  std::cerr << error << '\n';
  return 1;
}

// To the first record at or after `since`; to the end where there is none.
ottla::Result<void> seek_to_time(ottla::Consumer& consumer, ottla::Timestamp since) {
  ottla::Consumer::Times times;
  for (const auto& partition : consumer.assignment()) times[partition] = since;
  const auto found = consumer.offsets_for_times(times).get();
  if (!found) return found.error();
  for (const auto& [partition, first] : *found) {
    auto done = first ? consumer.seek(partition, first->offset) : consumer.seek_to_end({partition});
    if (!done) return done;
  }
  return {};
}

// Everything up to what was the end when it began.
ottla::Result<void> replay(ottla::Consumer& consumer) {
  const auto ends = consumer.end_offsets(consumer.assignment()).get();
  if (!ends) return ends.error();
  for (const auto& [partition, end] : *ends) {
    while (true) {
      const auto position = consumer.position(partition).get();
      if (!position) return position.error();
      if (*position >= end) break;
      const auto batch = consumer.poll(std::chrono::seconds(1));
      if (!batch) return batch.error();
      for (const auto& record : *batch) {
        std::cout << record.topic() << '-' << record.partition() << '@' << record.offset() << ' '
                  << record.value() << '\n';
      }
    }
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: replay_by_time BOOTSTRAP_SERVERS TOPIC SECONDS_AGO\n";
    return 2;
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const ottla::Timestamp since = now - std::chrono::seconds(std::atoll(argv[3]));

  auto consumer = ottla::Consumer::open({.bootstrap_servers = argv[1]});
  if (!consumer) return fail(consumer.error());
  const auto known = consumer->partitions_for(argv[2]).get();
  if (!known) return fail(known.error());
  std::vector<ottla::TopicPartition> partitions;
  for (const auto& info : *known) partitions.push_back({argv[2], info.partition});
  if (auto done = consumer->assign(partitions); !done) return fail(done.error());
  if (auto done = seek_to_time(*consumer, since); !done) return fail(done.error());
  if (auto done = replay(*consumer); !done) return fail(done.error());
}
