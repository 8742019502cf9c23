// The same as `transform`, call by call, as one knows it from the Java client. When do I need that?
// When the consumer or the producer is used for more than this, or offsets come from elsewhere.
//
//   transform_long_form localhost:9092 greetings shouts [stop after so many records]
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

// timed_out: the call goes on, and making it again tells what became of it.
template <class Call>
ottla::Result<void> until_known(Call call) {
  for (;;) {
    auto outcome = call().get();
    if (outcome || outcome.error().code() != ottla::ErrorCode::timed_out) return outcome;
  }
}

// Reading goes on where the group is, for what was read since then counts for nothing.
ottla::Result<void> rewind(ottla::Consumer& consumer) {
  const auto assigned = consumer.assignment();
  const auto committed = consumer.committed(assigned).get();
  if (!committed) return committed.error();
  for (const auto& partition : assigned) {
    const auto at = committed->find(partition);
    const auto sought = at == committed->end() ? consumer.seek_to_beginning({partition})
                                               : consumer.seek(partition, at->second.offset);
    if (!sought) return sought;
  }
  return {};
}

ottla::Result<void> transform(ottla::Consumer& consumer, ottla::Producer& producer,
                              const ottla::ConsumerRecords& batch, const char* to) {
  if (auto begun = producer.begin_transaction(); !begun) return begun;
  ottla::CommittedOffsets offsets;
  for (const auto& part : batch.parts()) {
    offsets[part.partition] = {.offset = part.next_offset, .metadata = {}};
  }
  for (const auto& record : batch) {
    const auto value = std::string(record.value()) + "!";
    producer.send({.topic = to, .key = record.key(), .value = value}).forget();
  }
  // As the member that has read them: if the group has rebalanced this fails.
  producer.send_offsets_to_transaction(offsets, consumer.group_metadata()).forget();
  auto committed = until_known([&] { return producer.commit_transaction(); });
  if (committed || committed.error().fatal()) return committed;
  if (auto aborted = until_known([&] { return producer.abort_transaction(); }); !aborted) {
    return aborted;
  }
  return rewind(consumer);
}

int fail(const ottla::Error& error) {
  std::cerr << error << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  auto producer = ottla::Producer::open(
      {.bootstrap_servers = argv[1], .transactional_id = "long-form-shouter-1"});
  if (!producer) return fail(producer.error());
  // Before anything is read: what a predecessor left open is over then.
  if (auto ready = until_known([&] { return producer->init_transactions(); }); !ready) {
    return fail(ready.error());
  }
  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = argv[1],
      .group_id = "long-form-shouters",
      .topics = {argv[2]},
      .enable_auto_commit = false,
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
      .isolation_level = ottla::IsolationLevel::read_committed,
  });
  if (!consumer) return fail(consumer.error());
  const std::size_t wanted = argc > 4 ? std::stoul(argv[4]) : SIZE_MAX;
  for (std::size_t done = 0; done < wanted;) {
    auto batch = consumer->poll(1s);
    if (!batch) return fail(batch.error());
    if (batch->empty()) continue;
    if (auto end = transform(*consumer, *producer, *batch, argv[3]); !end) return fail(end.error());
    done += batch->size();
  }
  std::cout << "every record was shouted once\n";
}
