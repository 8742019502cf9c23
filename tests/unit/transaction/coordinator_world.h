#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/metadata/metadata_image.h"
#include "broker/transaction/transaction_coordinator.h"
#include "tests/simulation/simulation.h"

namespace ottla::broker {

// A log whose appends become durable when the test says so.
class HeldStateLog final : public StateLog {
 public:
  explicit HeldStateLog(base::Loop& loop) : loop_(loop) {}

  void append(std::int32_t partition, std::string batch, OnAppended done) override {
    appends_.push_back({partition, std::move(batch), std::move(done)});
    if (!held) finish();
  }
  void read(std::int32_t partition, OnBatch on_batch, OnRead done) override {
    ++reads;
    auto ready = std::make_shared<OnRead>(std::move(done));
    loop_.post([this, partition, on_batch, ready] {
      if (failed) return (*ready)(Error(ErrorCode::kafka_storage_error));
      for (const auto& batch : durable_[partition]) {
        on_batch(protocol::RecordBatchView::parse(batch).value());
      }
      (*ready)({});
    });
  }

  // The oldest append ends like this; what succeeds is in the log.
  void finish(Outcome outcome = {}) {
    auto append = std::move(appends_.front());
    appends_.pop_front();
    if (outcome.error == ErrorCode::none) durable_[append.partition].push_back(append.batch);
    auto done = std::make_shared<OnAppended>(std::move(append.done));
    loop_.post([done, outcome] { (*done)(outcome); });
  }
  std::size_t waiting() const { return appends_.size(); }

  LoadedTransactions replay(std::int32_t partition) {
    TransactionReplay replay("log", {});
    for (const auto& batch : durable_[partition]) {
      replay.on_batch(protocol::RecordBatchView::parse(batch).value());
    }
    return replay.take();
  }
  std::size_t appended(std::int32_t partition) { return durable_[partition].size(); }

  bool held = false;
  bool failed = false;
  int reads = 0;

 private:
  struct Append {
    std::int32_t partition;
    std::string batch;
    OnAppended done;
  };
  base::Loop& loop_;
  std::deque<Append> appends_;
  std::map<std::int32_t, std::vector<std::string>> durable_;
};

// Takes every marker, or what the test says.
class HeldMarkers final : public MarkerWriter {
 public:
  explicit HeldMarkers(base::Loop& loop) : loop_(loop) {}

  struct Written {
    TransactionEnd end;
    std::vector<TopicPartition> partitions;
    OnWritten done;
  };

  void write(const TransactionEnd& end, std::vector<TopicPartition> partitions,
             OnWritten done) override {
    written.push_back({end, partitions, {}});
    waiting.push_back({end, std::move(partitions), std::move(done)});
    if (!held) finish();
  }

  // The oldest ends with `outcome` in the partitions that are named, and well in the others.
  void finish(const std::map<TopicPartition, ErrorCode>& outcome = {}) {
    auto one = std::move(waiting.front());
    waiting.pop_front();
    std::vector<ErrorCode> outcomes;
    for (const auto& partition : one.partitions) {
      const auto found = outcome.find(partition);
      outcomes.push_back(found == outcome.end() ? ErrorCode::none : found->second);
    }
    auto done = std::make_shared<OnWritten>(std::move(one.done));
    loop_.post([done, outcomes] { (*done)(outcomes); });
  }

  bool held = false;
  std::vector<Written> written;
  std::deque<Written> waiting;

 private:
  base::Loop& loop_;
};

// A TransactionCoordinator with a log, markers and producer ids that the test holds.
class CoordinatorWorld : public testing::Test {
 protected:
  CoordinatorWorld() {
    node_.start();
    log_ = std::make_unique<HeldStateLog>(node_.loop());
    markers_ = std::make_unique<HeldMarkers>(node_.loop());
    make();
  }

  void make(std::size_t max_memory = std::size_t{1} << 30) {
    coordinator_.reset();
    coordinator_ = std::make_unique<TransactionCoordinator>(
        TransactionCoordinator::Deps{.loop = node_.loop(),
                                     .logger = {},
                                     .config = config_,
                                     .log = *log_,
                                     .markers = *markers_,
                                     .next_producer_id =
                                         [this](ProducerIds::OnId done) {
                                           if (no_ids_)
                                             return done(Error(ErrorCode::not_controller));
                                           done(ProducerId(next_id_++));
                                         },
                                     .max_memory = max_memory});
    show(++epoch_);
  }

  // __transaction_state with one partition that this broker leads, and the topic "t" with three.
  void show(std::int32_t epoch, BrokerId leader = BrokerId(1), bool with_t = true) {
    MetadataState state;
    const auto add = [&state](std::string name, Uuid id, std::int32_t partitions,
                              PartitionImage partition) {
      auto topic = std::make_shared<TopicImage>();
      topic->name = std::move(name);
      topic->id = id;
      for (std::int32_t p = 0; p < partitions; ++p) topic->partitions[p] = partition;
      state.topics_by_name.set(topic->name, topic);
      state.topics_by_id.set(topic->id, topic);
    };
    add(std::string(kTransactionsTopic), {1, 2}, 1,
        {.leader = leader, .leader_epoch = LeaderEpoch(epoch)});
    if (with_t) add("t", {1, 3}, 3, {.leader = BrokerId(1), .leader_epoch = LeaderEpoch(1)});
    state.features["transaction.version"] = cluster_version_;
    coordinator_->on_image(std::make_shared<MetadataImage>(std::move(state)));
    turn();
  }

  void turn(base::Duration time = std::chrono::milliseconds(1)) { simulation_.run_for(time); }

  using Answer = TransactionCoordinator::Answer;
  using Admission = TransactionCoordinator::Admission;
  template <class T>
  using Later = std::shared_ptr<std::optional<T>>;

  Later<Answer> init(std::string_view id = "x", std::optional<ProducerIdentity> expected = {},
                     std::int32_t timeout = 60'000) {
    auto answer = std::make_shared<std::optional<Answer>>();
    coordinator_->init_producer(id, timeout, expected,
                                [answer](const Answer& got) { *answer = got; });
    turn();
    return answer;
  }
  Later<ErrorCode> add(const ProducerIdentity& who, std::set<TopicPartition> partitions,
                       std::string_view id = "x") {
    auto answer = std::make_shared<std::optional<ErrorCode>>();
    coordinator_->add_partitions(id, who, std::move(partitions), TransactionVersion::v0,
                                 [answer](ErrorCode got) { *answer = got; });
    turn();
    return answer;
  }
  Later<Answer> end(const ProducerIdentity& who, bool commit,
                    TransactionVersion version = TransactionVersion::v0,
                    std::string_view id = "x") {
    auto answer = std::make_shared<std::optional<Answer>>();
    coordinator_->end_transaction(id, who, commit, version,
                                  [answer](const Answer& got) { *answer = got; });
    turn();
    return answer;
  }
  Later<std::vector<ErrorCode>> admit(const ProducerIdentity& who,
                                      std::vector<TopicPartition> partitions,
                                      Admission::Kind kind = Admission::Kind::add,
                                      std::string id = "x") {
    auto answer = std::make_shared<std::optional<std::vector<ErrorCode>>>();
    const auto number = next_admission_++;
    coordinator_->admit({kind, std::move(id), who, std::move(partitions)},
                        [this, number, answer](const std::vector<ErrorCode>& got) {
                          admitted_.push_back(number);
                          *answer = got;
                        });
    turn();
    return answer;
  }

  TransactionState state(std::string_view id = "x") const {
    const auto found = coordinator_->find(id);
    return found && *found != nullptr ? (*found)->now().state : TransactionState::dead;
  }
  // The producer of a new transactional id.
  ProducerIdentity producer(std::string_view id = "x") {
    const auto answer = init(id);
    EXPECT_EQ((*answer)->error, ErrorCode::none);
    return (*answer)->producer;
  }

  simulation::Simulation simulation_{5};
  simulation::SimNode& node_ = simulation_.add_node("broker");
  BrokerConfig config_;
  std::unique_ptr<HeldStateLog> log_;
  std::unique_ptr<HeldMarkers> markers_;
  std::unique_ptr<TransactionCoordinator> coordinator_;
  std::int16_t cluster_version_ = 2;
  std::int32_t epoch_ = 0;
  std::int64_t next_id_ = 100;
  bool no_ids_ = false;
  int next_admission_ = 0;
  std::vector<int> admitted_;  // in the order of their answers
};

}  // namespace ottla::broker
