// How do I keep a state that is right after every crash? The counts of words live in a topic; the
// transaction that writes new counts also commits the offsets of the lines that they came from.
//
//   word_count localhost:9092 lines counts [die in the middle of transaction N]
//
// Counts the lines that are there, prints the totals, and ends. However often it dies and starts
// again, the totals are those of the text.
#include <ottla/ottla.h>

#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Counts = std::map<std::string, std::uint64_t>;

int fail(const ottla::Error& error) {
  std::cerr << error << '\n';
  return 1;
}

void count_words(std::string_view line, Counts& counts) {
  std::string word;
  for (const char c : line) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      ++counts[std::exchange(word, {})];
    }
  }
  if (!word.empty()) ++counts[word];
}

ottla::Result<std::vector<ottla::TopicPartition>> partitions_of(ottla::Consumer& consumer,
                                                                const std::string& topic) {
  const auto found = consumer.partitions_for(topic).get();
  if (!found) return found.error();
  std::vector<ottla::TopicPartition> partitions;
  for (const auto& each : *found) partitions.push_back({topic, each.partition});
  return partitions;
}

// The last committed count of every word, from all of the topic.
ottla::Result<Counts> restore(const char* bootstrap_servers, const std::string& topic) {
  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = bootstrap_servers,
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
      .isolation_level = ottla::IsolationLevel::read_committed,
  });
  if (!consumer) return consumer.error();
  const auto partitions = partitions_of(*consumer, topic);
  if (!partitions) return partitions.error();
  if (auto assigned = consumer->assign(*partitions); !assigned) return assigned.error();
  const auto ends = consumer->end_offsets(*partitions).get();
  if (!ends) return ends.error();
  Counts counts;
  for (const auto& [partition, end] : *ends) {
    for (auto at = consumer->position(partition).get(); !at || *at < end;
         at = consumer->position(partition).get()) {
      if (!at) return at.error();
      const auto batch = consumer->poll(100ms);
      if (!batch) return batch.error();
      for (const auto& record : *batch) {
        counts[std::string(record.key())] = std::stoull(std::string(record.value()));
      }
    }
  }
  return counts;
}

// True if the group has committed all lines that there are.
ottla::Result<bool> all_counted(ottla::Consumer& consumer, const std::string& topic) {
  const auto partitions = partitions_of(consumer, topic);
  if (!partitions) return partitions.error();
  const auto ends = consumer.end_offsets(*partitions).get();
  if (!ends) return ends.error();
  const auto committed = consumer.committed(*partitions).get();
  if (!committed) return committed.error();
  for (const auto& [partition, end] : *ends) {
    const auto at = committed->find(partition);
    if (end > (at == committed->end() ? 0 : at->second.offset)) return false;
  }
  return true;
}

// The counts after a batch, which is one transaction. Not committed: nothing has changed.
ottla::Result<void> count(ottla::TransactSession& session, const ottla::ConsumerRecords& batch,
                          const char* to, bool dies, Counts& counts) {
  Counts added;
  for (const auto& record : batch) count_words(record.value(), added);
  auto transaction = session.begin(batch);
  for (auto& [word, times] : added) {
    const auto known = counts.find(word);
    if (known != counts.end()) times += known->second;
    (void)transaction.send({.topic = to, .key = word, .value = std::to_string(times)});
  }
  if (dies) std::raise(SIGKILL);
  auto end = transaction.commit();
  if (!end) return end;
  for (auto& [word, times] : added) counts[word] = times;
  return end;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const int dies_in = argc > 4 ? std::stoi(argv[4]) : 0;
  auto session = ottla::TransactSession::open({
      .bootstrap_servers = argv[1],
      .group_id = "word-count",
      .transactional_id = "word-count-1",
      .topics = {argv[2]},
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
      // After a crash it is given its partitions at once, as the member that it was.
      .consumer = {.group_instance_id = "word-count-1", .max_poll_records = 50},
  });
  auto watcher = ottla::Consumer::open({.bootstrap_servers = argv[1], .group_id = "word-count"});
  if (!session) return fail(session.error());
  if (!watcher) return fail(watcher.error());
  const std::stop_source stop;
  std::optional<Counts> counts;
  for (int number = 1;; ++number) {
    const auto finished = all_counted(*watcher, argv[2]);
    if (!finished) return fail(finished.error());
    if (*finished && counts) break;
    if (!*finished) {
      const auto batch = session->poll(stop.get_token());
      if (!batch) return fail(batch.error());
      // From here on what the predecessor did is over, and seen.
      if (!counts) {
        auto restored = restore(argv[1], argv[3]);
        if (!restored) return fail(restored.error());
        counts = std::move(*restored);
      }
      const auto end = count(*session, *batch, argv[3], number == dies_in, *counts);
      if (!end && end.error().fatal()) return fail(end.error());
    } else {
      auto restored = restore(argv[1], argv[3]);
      if (!restored) return fail(restored.error());
      counts = std::move(*restored);
    }
  }
  std::uint64_t words = 0;
  for (const auto& [word, times] : *counts) words += times;
  std::cout << words << " words, " << counts->size() << " different\n";
}
