// What becomes of records that I cannot work on now, or ever? They wait in topics of their own and
// come again, and in the end somebody can look at the dead letters.
//
//   retry_topics localhost:9092 TOPIC
//
// Of the orders sent here one succeeds at the second attempt, and one never does.
#include <ottla/interceptors/retry_topics.h>
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;
using ottla::interceptors::attempts_of;

ottla::Result<void> work_on(const ottla::RecordView& order) {
  const bool fails = order.value() == "bad" || (order.value() == "slow" && attempts_of(order) == 0);
  if (fails) return ottla::Error(ottla::ErrorCode::io_error, "the database is not there");
  std::cout << order.value() << ": done after " << attempts_of(order) << " failed attempts\n";
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: retry_topics BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  const auto retries = ottla::interceptors::RetryTopics::make(
                           {.topic = argv[2], .group = "workers", .delays = {100ms, 200ms}})
                           .value();
  auto admin = ottla::Admin::open({.bootstrap_servers = argv[1]}).value();
  admin.create_topics(retries.new_topics(1)).get().value();
  auto producer = ottla::Producer::open({.bootstrap_servers = argv[1]}).value();
  for (const auto* order : {"good", "slow", "bad"}) {
    producer.send({.topic = argv[2], .value = order}).get().value();
  }

  auto consumer = ottla::Consumer::open({.bootstrap_servers = argv[1],
                                         .group_id = "workers",
                                         .topics = retries.topics(),
                                         .enable_auto_commit = false,
                                         .auto_offset_reset = ottla::AutoOffsetReset::earliest})
                      .value();
  ottla::interceptors::DelayedConsumer delayed(consumer);
  for (int attempts = 0; attempts < 6;) {  // 1 + 2 + 3
    const auto batch = delayed.poll(30s).value();
    for (const auto& record : batch) {
      ++attempts;
      const auto done = work_on(record);
      if (!done) retries.send_on(producer, record, done.error()).forget();
    }
    // A record that has failed is committed when it is stored elsewhere, not before.
    producer.flush().get().value();
    consumer.commit(batch).get().value();
  }

  auto letters = ottla::Consumer::open({.bootstrap_servers = argv[1],
                                        .auto_offset_reset = ottla::AutoOffsetReset::earliest})
                     .value();
  letters.assign({{retries.dead_letter_topic(), 0}}).value();
  const auto batch = letters.poll(30s).value();
  for (const auto& letter : batch) {
    std::cout << letter.value() << ": given up, "
              << letter.header(ottla::interceptors::kReasonHeader).value_or("") << '\n';
  }
}
