#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/seeds.h"
#include "tests/unit/client/core/client_world.h"

// Clients among leaders that move, connections that break and brokers that lie.
namespace ottla::client {
namespace {

constexpr int kPartitions = 3;

// Lies that can be told from the truth. Random bytes that happen to be a whole answer cannot.
constexpr std::array kTricks = {Trick::stall,
                                Trick::delay,
                                Trick::close_before,
                                Trick::close_after,
                                Trick::error,
                                Trick::error_after,
                                Trick::shorten,
                                Trick::wrong_correlation_id,
                                Trick::cut_off,
                                Trick::negative_size,
                                Trick::oversized,
                                Trick::missing_partition,
                                Trick::foreign_partition,
                                Trick::doubled_partition,
                                Trick::twice};

constexpr std::array kErrors = {ErrorCode::not_leader_or_follower, ErrorCode::leader_not_available,
                                ErrorCode::unknown_topic_or_partition, ErrorCode::request_timed_out,
                                ErrorCode::fenced_leader_epoch};

class Trouble {
 public:
  // Whether a broker that crashes forgets which batches came before the last one.
  enum class Memory : std::uint8_t { whole, last_batch };

  Trouble(ClientWorld& world, std::uint64_t seed, std::vector<ApiKey> apis,
          Memory memory = Memory::whole)
      : world_(world), random_(seed), apis_(std::move(apis)), memory_(memory) {
    auto options = world.sim.network().options();
    options.reset_one_in = random_.below(2) == 0 ? 0 : 400;
    world.sim.network().set_options(options);
    next();
    world.sim.after(20s, [this] { end(); });
  }

  void end() {
    if (std::exchange(over_, true)) return;
    world_.cluster.play_no_more();
    world_.cluster.publish();
    auto options = world_.sim.network().options();
    options.reset_one_in = 0;
    world_.sim.network().set_options(options);
    for (int broker = 1; broker <= world_.cluster.broker_count(); ++broker) {
      if (!world_.cluster.node(broker).running()) world_.cluster.node(broker).start();
    }
  }

 private:
  template <class List>
  auto any_of(const List& list) {
    return list[random_.below(list.size())];
  }

  void next() {
    world_.sim.after(std::chrono::milliseconds(random_.between(1, 60)), [this] {
      if (over_) return;
      make_one();
      next();
    });
  }

  void make_one() {
    auto& cluster = world_.cluster;
    const auto broker = static_cast<int>(random_.between(1, cluster.broker_count()));
    switch (random_.below(7)) {
      case 0:
        cluster.move_leader({"t", static_cast<std::int32_t>(random_.below(kPartitions))}, broker,
                            random_.below(2) == 0);
        break;
      case 1:
        cluster.publish();
        break;
      case 2:
        if (cluster.node(broker).running()) {
          cluster.node(broker).crash(simulation::Crash::process);
          forget();
        } else {
          cluster.node(broker).start();
        }
        break;
      case 3:
        change_limit();
        break;
      default:
        // No more at a time than can be played: it is not about being shut out for ever.
        if (tricks_ - cluster.tricks_played() >= 3) return;
        ++tricks_;
        cluster.play({.trick = any_of(kTricks),
                      .api = any_of(apis_),
                      .delay = std::chrono::milliseconds(random_.between(1, 3000)),
                      .error = any_of(kErrors)});
    }
  }

  // A batch that is stored, but whose answer was lost, may be too large by then: so only where
  // records may fail.
  void change_limit() {
    if (memory_ == Memory::whole) return;
    const auto partition = static_cast<std::int32_t>(random_.below(kPartitions));
    world_.cluster.partition({"t", partition}).max_batch_bytes = 90 + random_.below(100);
  }

  void forget() {
    if (memory_ == Memory::whole) return;
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      world_.cluster.partition({"t", partition}).forget_windows();
    }
  }

  ClientWorld& world_;
  base::Random random_;
  std::vector<ApiKey> apis_;
  Memory memory_;
  std::uint64_t tricks_ = 0;
  bool over_ = false;
};

struct Sent {
  std::int32_t partition;
  std::string value;
  Future<RecordMetadata> future;
};

class Application {
 public:
  Application(ClientWorld& world, ProducerCore& producer, std::uint64_t seed)
      : world_(world), producer_(producer), random_(seed) {}

  void send(int count) {
    for (int i = 0; i < count; ++i) {
      const auto partition = static_cast<std::int32_t>(random_.below(kPartitions));
      const auto value = std::to_string(i);
      for (;;) {
        auto sent = producer_.try_send({.topic = "t", .value = value, .partition = partition});
        if (sent) {
          sent_.push_back({partition, value, std::move(*sent)});
          break;
        }
        ASSERT_EQ(sent.error().code(), ErrorCode::would_block) << sent.error();
        world_.sim.run_for(5ms);
      }
      if (random_.one_in(10)) {
        world_.sim.run_for(std::chrono::microseconds(random_.between(1, 30'000)));
      }
    }
  }

  // Every record that was reported delivered lies where it was said to.
  void check_delivered() {
    std::map<std::int32_t, std::vector<std::string>> logs;
    for (std::int32_t p = 0; p < kPartitions; ++p) logs[p] = world_.stored({"t", p});
    for (auto& sent : sent_) {
      ASSERT_TRUE(sent.future.ready());
      const auto outcome = sent.future.get();
      ASSERT_TRUE(outcome) << outcome.error();
      if (!outcome->has_offset()) continue;
      const auto& log = logs[sent.partition];
      ASSERT_LT(static_cast<std::size_t>(outcome->offset()), log.size());
      ASSERT_EQ(log[static_cast<std::size_t>(outcome->offset())], "=" + sent.value);
    }
  }

  // What was sent to each partition, in order.
  std::vector<std::string> expected(std::int32_t partition) const {
    std::vector<std::string> values;
    for (const auto& sent : sent_) {
      if (sent.partition == partition) values.push_back("=" + sent.value);
    }
    return values;
  }

 private:
  ClientWorld& world_;
  ProducerCore& producer_;
  base::Random random_;
  std::vector<Sent> sent_;
};

ProducerConfig patient(const ClientWorld& world) {
  auto config = world.producer_config();
  config.delivery_timeout = 1h;
  config.request_timeout = 2s;
  config.batch_size = 150;
  config.buffer_memory = 20'000;
  return config;
}

const std::vector<ApiKey> kProducerApis = {ApiKey::produce,          ApiKey::produce,
                                           ApiKey::produce,          ApiKey::metadata,
                                           ApiKey::init_producer_id, ApiKey::api_versions};

void run_producer(std::uint64_t seed, const ProducerConfig& changes, bool exactly_once) {
  ClientWorld world(seed);
  world.cluster.create_topic("t", kPartitions);
  auto config = patient(world);
  config.enable_idempotence = changes.enable_idempotence;
  config.compression_type = changes.compression_type;
  for (std::int32_t partition = 0; seed % 2 == 0 && partition < kPartitions; ++partition) {
    world.cluster.partition({"t", partition}).max_batch_bytes = 90 + seed % 60;
  }
  const auto producer = world.start(config);
  Trouble trouble(world, seed, kProducerApis);
  Application application(world, *producer, seed);
  application.send(200);
  auto flushed = producer->flush_async();
  world.sim.run_for(3s);
  trouble.end();
  const auto outcome = world.await(std::move(flushed));
  ASSERT_TRUE(outcome) << outcome.error();
  application.check_delivered();
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    auto stored = world.stored({"t", partition});
    if (!exactly_once) {
      // Again is allowed, out of order is not: the first of each come in order.
      std::set<std::string> seen;
      std::erase_if(stored, [&](const auto& value) { return !seen.insert(value).second; });
    }
    EXPECT_EQ(stored, application.expected(partition)) << "partition " << partition;
  }
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

TEST(Faults, an_idempotent_producer_stores_every_record_once_and_in_order) {
  simulation::for_each_seed(450, [](std::uint64_t seed) { run_producer(seed, {}, true); });
}

TEST(Faults, compressed_batches_are_no_different) {
  simulation::for_each_seed(100, [](std::uint64_t seed) {
    run_producer(seed, {.compression_type = Compression::lz4}, true);
  });
}

TEST(Faults, without_idempotence_nothing_is_lost_or_out_of_order) {
  simulation::for_each_seed(
      200, [](std::uint64_t seed) { run_producer(seed, {.enable_idempotence = false}, false); });
}

// Records may expire here, and brokers forget what they have stored: records that were delivered
// lie where they were said to; nothing is there twice, or out of order.
TEST(Faults, an_impatient_producer_tells_the_truth) {
  simulation::for_each_seed(250, [](std::uint64_t seed) {
    ClientWorld world(seed);
    world.cluster.create_topic("t", kPartitions);
    auto config = patient(world);
    config.request_timeout = 300ms;
    config.delivery_timeout = 700ms;
    const auto producer = world.start(config);
    Trouble trouble(world, seed, kProducerApis, Trouble::Memory::last_batch);
    std::map<std::int32_t, std::set<std::string>> delivered;
    int told = 0;
    constexpr int kRecords = 150;
    for (int i = 0; i < kRecords; ++i) {
      const std::int32_t partition = i % kPartitions;
      const auto value = std::to_string(i);
      const auto send = [&] {
        return producer->try_send({.topic = "t", .value = value, .partition = partition},
                                  [&, partition, value](const auto& result) {
                                    ++told;
                                    if (result) delivered[partition].insert("=" + value);
                                  });
      };
      while (!send()) world.sim.run_for(5ms);
      world.sim.run_for(3ms);
    }
    world.sim.run_for(1s);
    trouble.end();
    (void)world.await(producer->flush_async());
    EXPECT_EQ(told, kRecords);
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      const auto stored = world.stored({"t", partition});
      const std::set<std::string> once(stored.begin(), stored.end());
      EXPECT_EQ(once.size(), stored.size()) << "something is stored twice";
      const auto number = [](const std::string& value) { return std::stoi(value.substr(1)); };
      EXPECT_TRUE(std::is_sorted(stored.begin(), stored.end(), [&](const auto& a, const auto& b) {
        return number(a) < number(b);
      })) << "out of order";
      for (const auto& value : delivered[partition]) {
        EXPECT_TRUE(once.contains(value)) << value << " was reported delivered";
      }
    }
    EXPECT_TRUE(world.await(producer->close_async(1min)));
  });
}

TEST(Faults, a_consumer_reads_every_record_once_and_in_order) {
  simulation::for_each_seed(100, [](std::uint64_t seed) {
    ClientWorld world(seed);
    world.cluster.create_topic("t", kPartitions);
    const auto producer = world.start(patient(world));
    ASSERT_TRUE(world.await(producer->warm_up("t")));
    Application application(world, *producer, seed);
    application.send(300);
    ASSERT_TRUE(world.await(producer->flush_async()));
    ASSERT_TRUE(world.await(producer->close_async(1min)));

    auto config = world.consumer_config();
    config.request_timeout = 2s;
    config.max_partition_fetch_bytes = 700;
    config.max_poll_records = 20;
    const auto consumer = world.start(config);
    Trouble trouble(world, seed,
                    {ApiKey::fetch, ApiKey::fetch, ApiKey::fetch, ApiKey::list_offsets,
                     ApiKey::metadata, ApiKey::api_versions});
    ASSERT_TRUE(consumer->assign({{"t", 0}, {"t", 1}, {"t", 2}}));
    std::map<std::int32_t, std::vector<std::string>> read;
    world.sim.after(5s, [&] { trouble.end(); });
    for (int count = 0; count < 300;) {
      const auto batch = world.await(consumer->next());
      ASSERT_TRUE(batch) << batch.error();
      for (const auto& record : *batch) {
        ++count;
        auto& values = read[record.partition()];
        ASSERT_EQ(record.offset(), static_cast<std::int64_t>(values.size()));
        values.push_back("=" + std::string(record.value()));
      }
    }
    trouble.end();
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      EXPECT_EQ(read[partition], application.expected(partition));
    }
    EXPECT_TRUE(world.await(consumer->close_async()));
    world.sim.run_for(10s);
  });
}

TEST(Faults, offsets_that_cannot_be_are_seen) {
  ClientWorld world;
  world.cluster.create_topic("t", 1);
  const auto producer = world.start(world.producer_config());
  ASSERT_TRUE(world.await(producer->warm_up("t")));
  ASSERT_TRUE(producer->try_send({.topic = "t", .value = "v"}));
  ASSERT_TRUE(world.await(producer->flush_async()));
  world.cluster.play({.trick = Trick::wrong_offsets, .api = ApiKey::list_offsets, .times = 3});
  world.cluster.play({.trick = Trick::wrong_offsets, .api = ApiKey::fetch});
  const auto consumer = world.start(world.consumer_config());
  ASSERT_TRUE(consumer->assign({{"t", 0}}));
  auto batch = world.await(consumer->next());
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code(), ErrorCode::corrupt_message);
  EXPECT_EQ(world.await(consumer->position({"t", 0})).value(), 0);
  ASSERT_TRUE(consumer->seek({"t", 0}, 0));
  batch = world.await(consumer->next());
  ASSERT_TRUE(batch) << batch.error();
  EXPECT_EQ((*batch)[0].offset(), 0);
  EXPECT_TRUE(world.await(consumer->close_async()));
  EXPECT_TRUE(world.await(producer->close_async(1min)));
}

// Whatever brokers say, every outcome is told once, calls end in their time and nothing crashes.
TEST(Faults, nonsense_ends_in_outcomes) {
  simulation::for_each_seed(100, [](std::uint64_t seed) {
    ClientWorld world(seed);
    world.cluster.create_topic("t", kPartitions);
    for (const auto trick : {Trick::garbage, Trick::huge_count, Trick::corrupt_records,
                             Trick::old_records, Trick::wrong_offsets, Trick::shorten}) {
      world.cluster.play({.trick = trick, .after = seed % 7, .times = 5});
    }
    auto config = patient(world);
    config.max_block = 5s;
    config.request_timeout = 1s;
    config.delivery_timeout = 3s;
    const auto producer = world.start(config);
    (void)world.await(producer->warm_up("t"));
    int taken = 0;
    int told = 0;
    for (int i = 0; i < 60; ++i) {
      taken += producer->try_send({.topic = "t", .value = "v", .partition = i % kPartitions},
                                  [&](const auto&) { ++told; })
                       .has_value()
                   ? 1
                   : 0;
      world.sim.run_for(10ms);
    }
    (void)world.await(producer->flush_async());
    EXPECT_EQ(told, taken);
    auto reading = world.consumer_config();
    reading.request_timeout = 1s;
    reading.default_api_timeout = 3s;
    const auto consumer = world.start(reading);
    ASSERT_TRUE(consumer->assign({{"t", 0}, {"t", 1}, {"t", 2}}));
    for (int polls = 0; polls < 20; ++polls) {
      auto next = consumer->next();
      if (!world.sim.run_until([&] { return next.ready(); }, 10s)) break;
      const auto batch = next.get();
      if (!batch) continue;
      for (const auto& record : *batch) EXPECT_LE(record.value().size(), 1U);
    }
    EXPECT_TRUE(world.await(consumer->close_async()));
    (void)world.await(producer->close_async(1min));
  });
}

}  // namespace
}  // namespace ottla::client
