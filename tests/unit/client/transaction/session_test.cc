#include "client/session/session_core.h"

#include "tests/unit/client/transaction/transaction_world.h"

// Sessions: whatever happens, each record is copied once, in order.
namespace ottla::client {
namespace {

constexpr int kRecords = 40;

class SessionWorld : public TransactionWorld {
 public:
  explicit SessionWorld(bool v2) : TransactionWorld(v2) {
    cluster.create_topic("in", 2);
    const auto producer = start(producer_config());
    EXPECT_TRUE(await(producer->warm_up("in")));
    for (int i = 0; i < kRecords; ++i) {
      const auto value = std::to_string(i);
      auto sent = producer->try_send({.topic = "in", .value = value, .partition = i % 2});
      EXPECT_TRUE(sent);
      if (sent) sent->forget();
    }
    EXPECT_TRUE(await(producer->close_async(1min)));
    for (int i = 0; i < kRecords; ++i) {
      expected[static_cast<std::size_t>(i % 2)].push_back(std::to_string(i));
    }
  }

  TransactSessionConfig config() const {
    TransactSessionConfig config{.bootstrap_servers = cluster.bootstrap_servers(),
                                 .group_id = "g",
                                 .transactional_id = "copier",
                                 .topics = {"in"},
                                 .auto_offset_reset = AutoOffsetReset::earliest};
    config.producer = TransactionWorld::config();
    config.consumer.max_poll_records = 7;
    config.consumer.request_timeout = 2s;
    config.consumer.log_level = LogLevel::off;
    return config;
  }

  std::shared_ptr<SessionCore> open() {
    auto core = SessionCore::start(app.runtime(), config());
    EXPECT_TRUE(core) << core.error();
    EXPECT_TRUE(await((*core)->producer().warm_up("t")));
    return *core;
  }

  // One batch; the error of its commit.
  Result<void> copy(SessionCore& session, bool commit) {
    const auto batch = await(session.next());
    if (!batch) return batch.error();
    if (auto begun = session.begin(*batch); !begun) return begun;
    for (const auto& record : *batch) {
      (void)session.send({.topic = "t", .value = record.value(), .partition = record.partition()});
    }
    return await(commit ? session.commit_async() : session.abort_async());
  }

  bool done() { return committed(0, true).size() + committed(1, true).size() >= kRecords; }

  void expect_copied() {
    EXPECT_EQ(committed(0), expected[0]);
    EXPECT_EQ(committed(1), expected[1]);
    EXPECT_EQ((cluster.group().offsets[{"in", 0}]), kRecords / 2);
    EXPECT_EQ((cluster.group().offsets[{"in", 1}]), kRecords / 2);
  }

  std::array<Values, 2> expected;
};

class Sessions : public ::testing::TestWithParam<bool> {
 protected:
  SessionWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Kinds, Sessions, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "second" : "first"; });

TEST_P(Sessions, copy_each_record_once_though_transactions_are_aborted) {
  const auto session = world_.open();
  for (int i = 0; !world_.done(); ++i) {
    ASSERT_LT(i, 100);
    const auto end = world_.copy(*session, i % 3 != 0);
    ASSERT_TRUE(end) << end.error();
  }
  world_.expect_copied();
  EXPECT_TRUE(world_.await(session->close_async()));
}

TEST_P(Sessions, read_again_what_no_transaction_was_made_of) {
  const auto session = world_.open();
  const auto skipped = world_.await(session->next());
  ASSERT_TRUE(skipped);
  ASSERT_FALSE(skipped->empty());
  for (int i = 0; !world_.done(); ++i) {
    ASSERT_LT(i, 100);
    ASSERT_TRUE(world_.copy(*session, true));
  }
  world_.expect_copied();
  EXPECT_TRUE(world_.await(session->close_async()));
}

TEST_P(Sessions, go_on_where_their_predecessor_was_stopped) {
  for (int life = 0; !world_.done(); ++life) {
    ASSERT_LT(life, 100);
    const auto session = world_.open();
    ASSERT_TRUE(world_.copy(*session, true));
    // In the middle of the next one.
    const auto batch = world_.await(session->next(), 3s);
    if (batch && session->begin(*batch)) {
      (void)session->send({.topic = "t", .value = "never", .partition = 0});
      world_.sim.run_for(50ms);
    }
    EXPECT_TRUE(world_.await(session->close_async()));
  }
  world_.expect_copied();
}

TEST_P(Sessions, turn_a_rebalance_into_an_abort) {
  const auto session = world_.open();
  const auto batch = world_.await(session->next());
  ASSERT_TRUE(batch);
  ASSERT_TRUE(session->begin(*batch));
  ASSERT_TRUE(session->send({.topic = "t", .value = "never", .partition = 0}));
  // Another member has joined, and the group goes on without this one.
  ++world_.cluster.group().generation;
  const auto end = world_.await(session->commit_async());
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code(), ErrorCode::illegal_generation);
  EXPECT_FALSE(end.error().fatal());
  --world_.cluster.group().generation;
  for (int i = 0; !world_.done(); ++i) {
    ASSERT_LT(i, 100);
    (void)world_.copy(*session, true);
  }
  world_.expect_copied();
  EXPECT_TRUE(world_.await(session->close_async()));
}

TEST_P(Sessions, end_when_another_one_takes_their_id) {
  const auto session = world_.open();
  ASSERT_TRUE(world_.copy(*session, true));
  const auto other = world_.TransactionWorld::open("copier");
  const auto end = world_.copy(*session, true);
  // A partition's leader says that the epoch is old, the coordinator that there is another one.
  ASSERT_FALSE(end);
  const auto after = world_.await(session->next());
  ASSERT_FALSE(after);
  EXPECT_TRUE(after.error().fatal());
  world_.close(other);
  (void)world_.await(session->close_async());
}

TEST_P(Sessions, copy_each_record_once_whatever_is_lost_on_the_way) {
  for (const auto api :
       {ApiKey::produce, ApiKey::end_txn, ApiKey::txn_offset_commit, ApiKey::add_offsets_to_txn,
        ApiKey::add_partitions_to_txn, ApiKey::offset_fetch, ApiKey::fetch, ApiKey::heartbeat}) {
    for (const auto trick : {Trick::close_before, Trick::close_after, Trick::stall, Trick::delay}) {
      for (std::uint64_t after = 0; after < 3; ++after) {
        SCOPED_TRACE(::testing::Message() << "api " << static_cast<int>(api) << ", trick "
                                          << static_cast<int>(trick) << ", after " << after);
        SessionWorld world(GetParam());
        const auto session = world.open();
        world.cluster.play({.trick = trick, .api = api, .after = after, .delay = 3s});
        for (int i = 0; !world.done(); ++i) {
          ASSERT_LT(i, 100);
          const auto end = world.copy(*session, i % 4 != 1);
          ASSERT_TRUE(end || !end.error().fatal()) << end.error();
        }
        world.expect_copied();
        EXPECT_TRUE(world.await(session->close_async()));
      }
    }
  }
}

TEST(SessionConfig, says_what_is_missing) {
  ClientWorld world;
  const TransactSessionConfig whole{.bootstrap_servers = world.cluster.bootstrap_servers(),
                                    .group_id = "g",
                                    .transactional_id = "id",
                                    .topics = {"in"}};
  for (const auto member :
       {&TransactSessionConfig::bootstrap_servers, &TransactSessionConfig::group_id,
        &TransactSessionConfig::transactional_id}) {
    auto config = whole;
    (config.*member).clear();
    const auto core = SessionCore::start(world.app.runtime(), config);
    ASSERT_FALSE(core);
    EXPECT_EQ(core.error().code(), ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace ottla::client
