#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "tests/simulation/end_to_end/broker_node.h"
#include "tests/simulation/end_to_end/client_nodes.h"
#include "tests/simulation/seeds.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

constexpr char kTopic[] = "records";
constexpr std::int32_t kPartitions = 2;
constexpr Duration kLimit = 300s;  // virtual

// A broker that promises nothing when the power goes (ottla.durability = os) loses records that a
// consumer has read, and stores others in their place while the consumer looks away.
class TruncatedLog {
 public:
  explicit TruncatedLog(std::uint64_t seed)
      : world_(seed),
        broker_(world_.add_node("broker")),
        sender_(world_.add_node("sender")),
        reader_(world_.add_node("reader")),
        auditor_(world_.add_node("auditor")),
        history_(kPartitions) {}

  // Whether the consumer read something that is gone.
  bool run() {
    start();
    SendingClient sending(sender_, producer_config(), kTopic, kPartitions, history_);
    ReadingClient reading(reader_, consumer_config(), kTopic, kPartitions,
                          [this](std::int32_t partition, std::int64_t offset, BytesView value) {
                            read_[partition].emplace_back(offset, std::string(value));
                          });
    for (int i = 0; i < 3; ++i) {
      sending.send(1 + world_.random().below(40));
      world_.run_for(std::chrono::milliseconds(1 + world_.random().below(300)));
      cut_power();
      if (world_.random().one_in(2)) world_.network().block(broker_.host(), reader_.host());
      sending.send(1 + world_.random().below(80));
      wait_for([&] { return sending.done(); });
      world_.network().heal();
    }
    const auto ends = reading.end_offsets(kLimit);
    EXPECT_FALSE(ends.empty());
    if (!ends.empty()) compare(ends);
    EXPECT_FALSE(reading.error()) << *reading.error();
    EXPECT_TRUE(sending.close(kLimit));
    EXPECT_TRUE(reading.close(kLimit));
    return truncated_;
  }

 private:
  using Records = std::map<std::int32_t, std::vector<std::pair<std::int64_t, std::string>>>;

  void wait_for(const std::function<bool()>& done) { EXPECT_TRUE(world_.run_until(done, kLimit)); }

  void start() {
    broker::BrokerConfig config;
    config.ottla_durability = "os";
    config.auto_create_topics_enable = false;
    config.log_dirs = {"/data"};
    broker_.start(broker_application(std::move(config), status_));
    for (SimNode* node : {&sender_, &reader_, &auditor_}) node->start();
    wait_for([this] { return status_.ready; });
    std::optional<Result<void>> created;
    status_.broker->create_topic(kTopic, kPartitions, {},
                                 [&](Result<void> result) { created = std::move(result); });
    wait_for([&] { return created.has_value(); });
    ASSERT_TRUE(*created) << created->error();
  }

  void cut_power() {
    broker_.crash(Crash::power);
    broker_.start();
    wait_for([this] { return status_.ready; });
  }

  template <class Config>
  static Config impatient() {
    Config config;
    config.bootstrap_servers = "broker:9092";
    config.request_timeout = 500ms;
    config.retry_backoff = 10ms;
    config.retry_backoff_max = 100ms;
    config.reconnect_backoff = 5ms;
    config.reconnect_backoff_max = 50ms;
    config.log_level = LogLevel::off;
    return config;
  }
  static ProducerConfig producer_config() {
    auto config = impatient<ProducerConfig>();
    config.enable_idempotence = false;
    config.batch_size = 512;
    return config;
  }
  ConsumerConfig consumer_config() {
    auto config = impatient<ConsumerConfig>();
    // A position that is not known to be right would be looked up anew, and skip what is left.
    config.auto_offset_reset = AutoOffsetReset::earliest;
    config.fetch_max_wait = 50ms;
    config.max_poll_records = static_cast<std::int32_t>(1 + world_.random().below(20));
    config.log_sink = simulation_log_sink(world_, "reader");
    config.log_level = LogLevel::debug;
    return config;
  }

  // What the consumer has read last at each offset is what is there, in the end.
  void compare(const std::vector<std::int64_t>& ends) {
    Records kept;
    ReadingClient auditing(auditor_, consumer_config(), kTopic, kPartitions,
                           [&kept](std::int32_t partition, std::int64_t offset, BytesView value) {
                             kept[partition].emplace_back(offset, std::string(value));
                           });
    std::uint64_t sum = 0;
    for (const auto end : ends) sum += static_cast<std::uint64_t>(end);
    wait_for([&] { return auditing.records() >= sum; });
    wait_for([&] { return agrees_with(kept); });
    EXPECT_TRUE(auditing.close(kLimit));
    for (auto& [partition, records] : kept) {
      truncated_ = truncated_ || read_[partition].size() > records.size();
    }
  }
  bool agrees_with(const Records& kept) {
    for (const auto& [partition, records] : kept) {
      std::map<std::int64_t, std::string> last;
      for (const auto& [offset, value] : read_[partition]) last[offset] = value;
      for (const auto& [offset, value] : records) {
        const auto read = last.find(offset);
        if (read == last.end() || read->second != value) return false;
      }
    }
    return true;
  }

  Simulation world_;
  SimNode& broker_;
  SimNode& sender_;
  SimNode& reader_;
  SimNode& auditor_;
  BrokerStatus status_;
  History history_;
  Records read_;
  bool truncated_ = false;
};

TEST(TruncatedLog, is_read_again_from_where_it_has_other_records_than_were_read) {
  std::uint64_t truncated = 0;
  for_each_seed(200, [&](std::uint64_t seed) { truncated += TruncatedLog(seed).run() ? 1 : 0; });
  EXPECT_GT(truncated, 0U);
}

}  // namespace
}  // namespace ottla::simulation
