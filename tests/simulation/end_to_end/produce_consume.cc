#include "tests/simulation/end_to_end/produce_consume.h"

#include <utility>

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

constexpr char kTopic[] = "records";
constexpr std::int32_t kPartitions = 2;
constexpr Duration kLimit = 300s;  // for what must end; virtual

class Run {
 public:
  Run(std::uint64_t seed, const RunOptions& options)
      : options_(options),
        world_(seed, {.network = {.reset_one_in = options.chaos.resets ? 400U : 0U}}),
        broker_(world_.add_node("broker")),
        sender_(world_.add_node("sender")),
        reader_(world_.add_node("reader")),
        auditor_(world_.add_node("auditor")),
        chaos_(world_, broker_, {&sender_, &reader_}, options.chaos,
               [this] { return status_.ready; }),
        history_(kPartitions) {}

  RunResult run() {
    if (start_broker() && create_topic() && send_and_read() && audit()) check();
    std::string batches;
    for (std::int32_t i = 0; i < kPartitions && !wrong_.empty(); ++i) {
      batches += describe_batches(broker_.disk(), kTopic, i);
    }
    if (broker_.disk().sleeps_on_loops() > 0) wrong_.push_back("the broker's loop slept");
    if (status_.error) wrong_.push_back("the broker failed: " + status_.error->to_string());
    return {.wrong = wrong_,
            .story = chaos_.story(),
            .batches = std::move(batches),
            .acknowledged = history_.acknowledged(),
            .failed = history_.failed(),
            .first_failure = history_.first_failure() ? history_.first_failure()->to_string() : "",
            .resets = world_.network().connections_reset(),
            .trace = world_.scheduler().trace()};
  }

 private:
  bool start_broker();
  bool create_topic();
  bool send_and_read();
  bool audit();
  void check();
  bool within_limit(const std::function<bool()>& done, const std::string& what);
  ProducerConfig producer_config();
  ConsumerConfig consumer_config(const std::string& node);
  bool has_read_all(const std::vector<std::int64_t>& ends) const;

  RunOptions options_;
  Simulation world_;
  SimNode& broker_;
  SimNode& sender_;
  SimNode& reader_;
  SimNode& auditor_;
  BrokerStatus status_;
  Chaos chaos_;
  History history_;
  std::vector<History::Log> logs_{kPartitions};
  std::vector<std::string> wrong_;
};

bool Run::within_limit(const std::function<bool()>& done, const std::string& what) {
  bool is_done = false;
  // A broker that failed will not do what is waited for.
  world_.run_until([&] { return (is_done = done()) || status_.error; }, kLimit);
  if (is_done) return true;
  wrong_.push_back(what + ": " + to_string(world_.scheduler().why_stopped()));
  return false;
}

bool Run::start_broker() {
  broker::BrokerConfig config;
  config.ottla_durability = options_.durability;
  config.auto_create_topics_enable = false;
  config.log_dirs = {"/data"};
  broker_.start(broker_application(std::move(config), status_));
  for (SimNode* node : {&sender_, &reader_, &auditor_}) node->start();
  return within_limit([this] { return status_.ready; }, "the broker did not start");
}

bool Run::create_topic() {
  std::optional<Result<void>> created;
  // Small segments, so that logs roll; and no record is refused because its time is yet to come.
  status_.broker->create_topic(kTopic, kPartitions,
                               {{"internal.segment.bytes", "4096"},
                                {"message.timestamp.after.max.ms", "9223372036854775807"}},
                               [&](Result<void> result) { created = std::move(result); });
  if (!within_limit([&] { return created.has_value(); }, "the topic was not made")) return false;
  if (!*created) wrong_.push_back("the topic was not made: " + created->error().to_string());
  return created->has_value();
}

ProducerConfig Run::producer_config() {
  base::Random& random = world_.random();
  ProducerConfig config;
  config.bootstrap_servers = "broker:9092";
  config.acks = options_.acks;
  config.enable_idempotence = options_.idempotent;
  config.linger = std::chrono::milliseconds(random.below(6));
  config.batch_size = 256U << random.below(5);
  config.max_in_flight_requests_per_connection = static_cast<std::int32_t>(1 + random.below(5));
  config.compression_type = random.one_in(4) ? Compression::lz4 : Compression::none;
  config.max_block = 10s;
  config.request_timeout = 500ms;
  config.delivery_timeout = 200s;
  config.retry_backoff = 10ms;
  config.retry_backoff_max = 100ms;
  config.reconnect_backoff = 5ms;
  config.reconnect_backoff_max = 50ms;
  config.socket_connection_setup_timeout = 300ms;
  config.log_sink = simulation_log_sink(world_, sender_.name());
  config.log_level = LogLevel::debug;
  return config;
}

ConsumerConfig Run::consumer_config(const std::string& node) {
  base::Random& random = world_.random();
  ConsumerConfig config;
  config.bootstrap_servers = "broker:9092";
  config.auto_offset_reset = AutoOffsetReset::earliest;
  config.max_poll_records = static_cast<std::int32_t>(1 + random.below(50));
  config.max_partition_fetch_bytes = static_cast<std::int32_t>(256 + random.below(8192));
  config.fetch_max_wait = 50ms;
  config.request_timeout = 500ms;
  config.retry_backoff = 10ms;
  config.retry_backoff_max = 100ms;
  config.reconnect_backoff = 5ms;
  config.reconnect_backoff_max = 50ms;
  config.socket_connection_setup_timeout = 300ms;
  config.log_sink = simulation_log_sink(world_, node);
  config.log_level = LogLevel::debug;
  return config;
}

bool Run::has_read_all(const std::vector<std::int64_t>& ends) const {
  for (std::int32_t i = 0; i < kPartitions; ++i) {
    const auto read = static_cast<std::int64_t>(history_.records_read(i));
    if (read < ends[static_cast<std::size_t>(i)]) return false;
  }
  return true;
}

bool Run::send_and_read() {
  SendingClient sending(sender_, producer_config(), kTopic, kPartitions, history_);
  ReadingClient reading(reader_, consumer_config(reader_.name()), kTopic, kPartitions,
                        [this](std::int32_t partition, std::int64_t offset, BytesView value) {
                          history_.read(partition, offset, value);
                        });
  broker_.disk().lie_about_syncs(options_.disk_lies);
  sending.send(options_.records);
  chaos_.start(options_.chaos_lasts);
  bool fine = within_limit([&] { return chaos_.over() && status_.ready; },
                           "the broker did not come back") &&
              within_limit([&] { return sending.done(); }, "some records have no outcome");
  if (!sending.close(kLimit)) wrong_.push_back("the producer did not close");
  // What was acknowledged by the leader alone is shown to consumers a little later.
  world_.run_for(1s);
  if (fine) {
    const auto ends = reading.end_offsets(kLimit);
    fine = !ends.empty() &&
           within_limit([&] { return has_read_all(ends); }, "the consumer does not get on");
    if (ends.empty()) wrong_.push_back("the consumer does not learn where the partitions end");
  }
  if (reading.error()) wrong_.push_back("the consumer: " + reading.error()->to_string());
  if (!reading.close(kLimit)) wrong_.push_back("the consumer did not close");
  return fine;
}

// What the topic holds, read in peace and after one more start of the broker.
bool Run::audit() {
  broker_.crash(Crash::process);
  broker_.start();
  if (!within_limit([this] { return status_.ready; }, "the broker did not start again")) {
    return false;
  }
  world_.network().set_options({});
  ReadingClient reading(auditor_, consumer_config(auditor_.name()), kTopic, kPartitions,
                        [this](std::int32_t partition, std::int64_t offset, BytesView value) {
                          logs_[static_cast<std::size_t>(partition)].push_back(
                              history_.identify(partition, offset, value));
                        });
  const auto ends = reading.end_offsets(kLimit);
  std::uint64_t sum = 0;
  for (const std::int64_t end : ends) sum += static_cast<std::uint64_t>(end);
  const bool fine = !ends.empty() && within_limit([&] { return reading.records() >= sum; },
                                                  "the topic cannot be read to its end");
  reading.close(kLimit);
  return fine;
}

void Run::check() {
  const bool loses = options_.acks != Acks::all && chaos_.faults().contains("power cut");
  const auto found =
      history_.check(logs_, {.acknowledged_survive = !loses, .no_duplicates = options_.idempotent});
  wrong_.insert(wrong_.end(), found.begin(), found.end());
}

}  // namespace

std::string RunResult::report() const {
  std::string text;
  for (std::size_t i = 0; i < wrong.size() && i < 10; ++i) text += wrong[i] + "\n";
  if (wrong.size() > 10) text += "and " + std::to_string(wrong.size() - 10) + " more\n";
  return text + "acknowledged " + std::to_string(acknowledged) + ", failed " +
         std::to_string(failed) + " " + first_failure + ", resets " + std::to_string(resets) +
         "; " + story + "\n" + batches;
}

RunResult run_produce_consume(std::uint64_t seed, const RunOptions& options) {
  return Run(seed, options).run();
}

}  // namespace ottla::simulation
