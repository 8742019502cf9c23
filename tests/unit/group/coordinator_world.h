#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/group/group_coordinator.h"
#include "broker/metadata/metadata_image.h"
#include "tests/simulation/simulation.h"

namespace ottla::broker {

// A log whose appends become durable when the test says so.
class HeldLog final : public OffsetsLog {
 public:
  explicit HeldLog(base::Loop& loop) : loop_(loop) {}

  void append(std::int32_t partition, std::string batch, OnAppended done) override {
    appends_.push_back({partition, std::move(batch), std::move(done)});
    if (!held) finish();
  }
  void load(std::int32_t partition, OnLoaded done) override {
    ++loads;
    auto ready = std::make_shared<OnLoaded>(std::move(done));
    auto answer = [this, partition, ready] {
      if (failed) return (*ready)(Error(ErrorCode::kafka_storage_error));
      (*ready)(replay(partition));
    };
    if (loads_held) {
      held_loads.push_back(answer);
    } else {
      loop_.post(answer);
    }
  }

  // The oldest append ends like this; what succeeds is in the log.
  void finish(Outcome outcome = {}) {
    auto append = std::move(appends_.front());
    appends_.pop_front();
    if (outcome.error == ErrorCode::none) durable_[append.partition].push_back(append.batch);
    auto done = std::make_shared<OnAppended>(std::move(append.done));
    loop_.post([done, outcome] { (*done)(outcome); });
  }
  const std::string& next() const { return appends_.front().batch; }
  std::size_t waiting() const { return appends_.size(); }

  LoadedPartition replay(std::int32_t partition) {
    GroupReplay replay("log", {});
    for (const auto& batch : durable_[partition]) {
      replay.on_batch(protocol::RecordBatchView::parse(batch).value());
    }
    return replay.take();
  }

  bool held = false;
  bool failed = false;
  bool loads_held = false;
  int loads = 0;
  std::vector<std::function<void()>> held_loads;

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

// A GroupCoordinator on such a log, in the simulator.
class CoordinatorWorld : public testing::Test {
 protected:
  CoordinatorWorld() {
    node_.start();
    log_ = std::make_unique<HeldLog>(node_.loop());
    make();
  }

  void make(std::size_t max_memory = std::size_t{1} << 30) {
    coordinator_ =
        std::make_unique<GroupCoordinator>(GroupCoordinator::Deps{.loop = node_.loop(),
                                                                  .random = base::Random(3),
                                                                  .logger = {},
                                                                  .config = config_,
                                                                  .log = *log_,
                                                                  .max_memory = max_memory});
    show_topic(LeaderEpoch(++epoch_));
  }

  void delete_topic(std::shared_ptr<const TopicImage> topic) {
    MetadataChanges changes;
    changes.deleted_topics = {std::move(topic)};
    show_topic(LeaderEpoch(epoch_), BrokerId(1), changes);
  }

  // __consumer_offsets with one partition, led by this broker.
  void show_topic(LeaderEpoch epoch, BrokerId leader = BrokerId(1),
                  const MetadataChanges& changes = {}) {
    auto topic = std::make_shared<TopicImage>();
    topic->name = kOffsetsTopic;
    topic->id = {1, 2};
    topic->partitions[0] = {.leader = leader, .leader_epoch = epoch};
    MetadataState state;
    state.topics_by_name.set(topic->name, topic);
    state.topics_by_id.set(topic->id, topic);
    coordinator_->on_image(MetadataImage(std::move(state)), changes);
    turn();
  }

  void turn() { simulation_.run_for(std::chrono::milliseconds(1)); }

  // The answer, once there is one.
  std::shared_ptr<std::optional<ErrorCode>> commit(std::string_view group, std::int64_t offset,
                                                   std::string_view topic = "t") {
    auto answer = std::make_shared<std::optional<ErrorCode>>();
    std::vector<OffsetToCommit> offsets = {{topic, 0, {.offset = protocol::Offset(offset)}}};
    coordinator_->commit(group, {}, std::move(offsets),
                         [answer](ErrorCode error) { *answer = error; });
    turn();
    return answer;
  }

  std::int64_t committed(std::string_view group) {
    const auto view = coordinator_->find(group);
    if (!view || view->offsets == nullptr) return -1;
    const auto* found = view->offsets->find("t", 0);
    return found == nullptr ? -1 : found->offset.value;
  }

  ErrorCode find(std::string_view group) {
    const auto view = coordinator_->find(group);
    return view ? ErrorCode::none : view.error().code();
  }

  // The whole answer, once there is one.
  std::shared_ptr<std::optional<JoinAnswer>> join(std::string_view group,
                                                  const std::string& metadata = "m",
                                                  std::string_view member = {},
                                                  bool member_id_required = false) {
    auto answer = std::make_shared<std::optional<JoinAnswer>>();
    JoinRequest request;
    request.client_id = "c";
    request.member.member_id = member;
    request.session_timeout = std::chrono::seconds(10);
    request.rebalance_timeout = std::chrono::seconds(20);
    request.protocol_type = "consumer";
    request.protocols = {{"range", metadata}};
    request.member_id_required = member_id_required;
    coordinator_->join(group, std::move(request),
                       [answer](const JoinAnswer& got) { *answer = got; });
    turn();
    return answer;
  }

  std::shared_ptr<std::optional<ErrorCode>> remove(std::string_view group) {
    auto answer = std::make_shared<std::optional<ErrorCode>>();
    coordinator_->delete_group(group, [answer](ErrorCode error) { *answer = error; });
    turn();
    return answer;
  }

  simulation::Simulation simulation_{5};
  simulation::SimNode& node_ = simulation_.add_node("broker");
  BrokerConfig config_;
  std::unique_ptr<HeldLog> log_;
  std::unique_ptr<GroupCoordinator> coordinator_;
  std::int32_t epoch_ = 0;
};

}  // namespace ottla::broker
