#include "client/transaction/transaction_manager.h"

#include <gtest/gtest.h>

#include <optional>

namespace ottla::client {
namespace {

using State = TransactionManager::State;

// A manager whose producer has been introduced.
struct Introduced {
  Introduced() {
    manager.init(base::kNever, [](const Result<void>&) {});
    EXPECT_TRUE(poll().find_coordinator);
    protocol::FindCoordinatorResponse found;
    found.node_id = protocol::BrokerId(1);
    found.host = "broker";
    found.port = 9092;
    EXPECT_TRUE(manager.on_coordinator(found, now));
    const auto asked = poll();
    protocol::InitProducerIdResponse introduced;
    introduced.producer_id = protocol::ProducerId(7);
    introduced.producer_epoch = protocol::ProducerEpoch(0);
    manager.on_init(*asked.request, introduced, 5, now);
    EXPECT_EQ(manager.state(), State::ready);
    EXPECT_EQ(times_asked, 0);
  }

  TransactionManager::Poll poll(bool quiet = true) {
    return manager.poll(now, [this, quiet] {
      ++times_asked;
      return quiet;
    });
  }

  const base::TimePoint now{};
  TransactionManager manager{{.transactional_id = "id"}, 1};
  int times_asked = 0;  // whether everything was sent
};

// An answer from before the end would not know of the records that came last.
TEST(TransactionManager, asks_whether_all_was_sent_only_when_nothing_more_can_come) {
  Introduced producer;
  auto& manager = producer.manager;
  ASSERT_TRUE(manager.begin());
  ASSERT_TRUE(manager.enter());
  producer.poll();
  EXPECT_EQ(producer.times_asked, 0);

  std::optional<Result<void>> aborted;
  manager.abort(base::kNever, [&](Result<void> outcome) { aborted = std::move(outcome); });
  producer.poll();  // somebody still adds a record
  EXPECT_EQ(producer.times_asked, 0);
  EXPECT_FALSE(aborted);

  EXPECT_TRUE(manager.leave());
  producer.poll(false);  // that record waits
  EXPECT_EQ(producer.times_asked, 1);
  EXPECT_FALSE(aborted);

  producer.poll();
  EXPECT_EQ(producer.times_asked, 2);
  ASSERT_TRUE(aborted);
  EXPECT_TRUE(aborted->has_value());
  EXPECT_EQ(manager.state(), State::ready);
}

}  // namespace
}  // namespace ottla::client
