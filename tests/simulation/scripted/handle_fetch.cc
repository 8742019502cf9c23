#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "protocol/messages/fetch.h"
#include "tests/simulation/scripted/handlers.h"
#include "tests/simulation/scripted/lies.h"
#include "tests/simulation/scripted/scripted_broker.h"
#include "tests/simulation/scripted/scripted_connection.h"

namespace ottla::simulation {

using namespace protocol;  // NOLINT: its messages are what this file is about

namespace {

using Told = FetchResponse::Partition;

// One Fetch request from its arrival to its answer.
class OneFetch final : public WaitingFetch {
 public:
  OneFetch(ExchangePtr exchange, const FetchRequest& request, std::shared_ptr<FetchSession> session)
      : exchange_(std::move(exchange)),
        session_(std::move(session)),
        consumer_has_rack_(!request.rack_id.empty()),
        read_committed_(request.isolation_level == IsolationLevel::read_committed),
        min_bytes_(static_cast<std::size_t>(std::max(request.min_bytes, 0))),
        max_bytes_(static_cast<std::size_t>(std::max(request.max_bytes, 0))) {}

  bool try_answer(bool at_last) override {
    response_ = {};
    read_.clear();
    bytes_ = 0;
    urgent_ = false;
    response_.session_id = session_->id;
    for (WantedPartition& wanted : session_->partitions) look_at(wanted);
    if (!at_last && !urgent_ && bytes_ < min_bytes_) return false;
    session_->told_in_full = true;
    for (WantedPartition& wanted : session_->partitions) remember(wanted);
    lie_about_partitions(exchange_->rule().trick, response_.responses,
                         &FetchResponse::Topic::partitions, &Told::partition_index);
    exchange_->answer(response_);
    return true;
  }

 private:
  void look_at(WantedPartition& wanted);
  Lookup look_up(const WantedPartition& wanted);
  void fill(const ScriptedPartition& partition, const FetchRequest::Partition& asked, Told& told);
  void read(const ScriptedPartition& partition, const FetchRequest::Partition& asked, Told& told);
  void hint(const ScriptedPartition& partition, Told& told);
  void tell(const WantedPartition& wanted, Told told);
  void lie_about_records(std::string& bytes, Told& told);
  void remember(WantedPartition& wanted);
  bool is_new(const WantedPartition& wanted, const Told& told) const;

  ExchangePtr exchange_;
  std::shared_ptr<FetchSession> session_;
  bool consumer_has_rack_;
  bool read_committed_;
  std::size_t min_bytes_;
  std::size_t max_bytes_;

  FetchResponse response_;
  std::deque<std::string> read_;  // what the response borrows
  std::size_t bytes_ = 0;
  bool urgent_ = false;  // there is something to tell that cannot wait
};

Lookup OneFetch::look_up(const WantedPartition& wanted) {
  ScriptedCluster& cluster = exchange_->cluster();
  const bool by_id = exchange_->version() >= 13;
  std::string_view name = wanted.topic;
  ScriptedTopic* topic = find_asked_topic(cluster, name, wanted.topic_id, by_id);
  if (by_id && topic == nullptr) return {ErrorCode::unknown_topic_id};
  Lookup found =
      find_led(*exchange_, topic, wanted.asked.partition, wanted.asked.current_leader_epoch);
  const bool preferred = found.partition != nullptr && consumer_has_rack_ &&
                         found.partition->preferred_read_replica == exchange_->broker().id();
  if (found.error == ErrorCode::not_leader_or_follower && preferred) found.error = ErrorCode::none;
  return found;
}

void OneFetch::look_at(WantedPartition& wanted) {
  Told told;
  told.partition_index = wanted.asked.partition;
  if (read_committed_) told.aborted_transactions.emplace();
  told.records.emplace();
  const Lookup found = look_up(wanted);
  told.error_code = exchange_->code_or_trick(found.error);
  if (told.error_code == ErrorCode::none) {
    fill(*found.partition, wanted.asked, told);
  } else if (found.partition != nullptr) {
    hint(*found.partition, told);
  }
  if (told.error_code != ErrorCode::none) urgent_ = true;
  if (!session_->told_in_full || is_new(wanted, told)) tell(wanted, std::move(told));
}

bool OneFetch::is_new(const WantedPartition& wanted, const Told& told) const {
  return told.error_code != ErrorCode::none || !told.records->bytes.empty() ||
         told.high_watermark != wanted.told_high_watermark ||
         told.log_start_offset != wanted.told_log_start_offset ||
         told.preferred_read_replica != kNoBroker ||
         told.diverging_epoch != FetchResponse::EpochEndOffset{};
}

void OneFetch::fill(const ScriptedPartition& partition, const FetchRequest::Partition& asked,
                    Told& told) {
  told.high_watermark = partition.high_watermark();
  told.last_stable_offset = partition.high_watermark();
  told.log_start_offset = partition.log_start_offset();
  const bool leads = partition.actual.leader == exchange_->broker().id();
  if (leads && consumer_has_rack_ && partition.preferred_read_replica != kNoBroker &&
      partition.preferred_read_replica != exchange_->broker().id()) {
    told.preferred_read_replica = partition.preferred_read_replica;
    urgent_ = true;
    return;
  }
  if (asked.last_fetched_epoch != kNoLeaderEpoch) {
    const auto [epoch, end] = partition.end_of_epoch(asked.last_fetched_epoch);
    if (end < asked.fetch_offset || epoch < asked.last_fetched_epoch) {
      told.diverging_epoch = {epoch, end};
      urgent_ = true;
      return;
    }
  }
  if (asked.fetch_offset < partition.log_start_offset() ||
      asked.fetch_offset > partition.log_end_offset()) {
    told.error_code = ErrorCode::offset_out_of_range;
    return;
  }
  read(partition, asked, told);
}

void OneFetch::read(const ScriptedPartition& partition, const FetchRequest::Partition& asked,
                    Told& told) {
  if (bytes_ > 0 && bytes_ >= max_bytes_) return;
  const auto most = std::min(static_cast<std::size_t>(std::max(asked.partition_max_bytes, 0)),
                             max_bytes_ - std::min(max_bytes_, bytes_));
  const Offset from =
      exchange_->plays(Trick::old_records) ? partition.log_start_offset() : asked.fetch_offset;
  std::string bytes = partition.read(from, most);
  if (bytes_ > 0 && bytes.size() > most) return;
  lie_about_records(bytes, told);
  bytes_ += bytes.size();
  read_.push_back(std::move(bytes));
  told.records->bytes = read_.back();
}

void OneFetch::lie_about_records(std::string& bytes, Told& told) {
  base::Random& random = exchange_->cluster().simulation().random();
  if (exchange_->plays(Trick::wrong_offsets)) {
    told.high_watermark = Offset(-5);
    told.last_stable_offset = Offset(-5);
    if (!bytes.empty()) stamp_offsets(bytes.data(), Offset(-1'000'000), LeaderEpoch(0));
  }
  if (exchange_->plays(Trick::corrupt_records) && !bytes.empty()) {
    // Where the first batch's CRC sees it.
    const std::size_t size = batch_size(bytes).value_or(bytes.size());
    const std::size_t at = batch_layout::kCrc + random.below(size - batch_layout::kCrc);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
  }
}

void OneFetch::hint(const ScriptedPartition& partition, Told& told) {
  const bool moved = told.error_code == ErrorCode::not_leader_or_follower ||
                     told.error_code == ErrorCode::fenced_leader_epoch;
  if (!moved || exchange_->version() < 12 || partition.actual.leader == kNoBroker) return;
  told.current_leader = {partition.actual.leader, partition.actual.epoch};
  if (exchange_->version() < 16) return;
  ScriptedCluster& cluster = exchange_->cluster();
  for (const NodeEndpoint& known : response_.node_endpoints) {
    if (known.node_id == partition.actual.leader) return;
  }
  response_.node_endpoints.push_back({partition.actual.leader,
                                      cluster.node(partition.actual.leader.value).name(),
                                      cluster.options().port, std::nullopt});
}

void OneFetch::tell(const WantedPartition& wanted, Told told) {
  auto& topics = response_.responses;
  const auto same = [&](const auto& topic) {
    return topic.topic == wanted.topic && topic.topic_id == wanted.topic_id;
  };
  auto topic = std::find_if(topics.begin(), topics.end(), same);
  if (topic == topics.end()) {
    topics.push_back({wanted.topic, wanted.topic_id, {}});
    topic = topics.end() - 1;
  }
  topic->partitions.push_back(std::move(told));
}

void OneFetch::remember(WantedPartition& wanted) {
  for (const auto& topic : response_.responses) {
    if (topic.topic != wanted.topic || topic.topic_id != wanted.topic_id) continue;
    for (const Told& told : topic.partitions) {
      if (told.partition_index != wanted.asked.partition) continue;
      wanted.told_high_watermark = told.high_watermark;
      wanted.told_log_start_offset = told.log_start_offset;
    }
  }
}

bool is_about_the_session(ErrorCode code) {
  return code == ErrorCode::fetch_session_id_not_found ||
         code == ErrorCode::invalid_fetch_session_epoch;
}

}  // namespace

void handle_fetch(const ExchangePtr& exchange, ScriptedConnection& from) {
  const auto request = exchange->decode<FetchRequest>();
  if (!request) return;
  ScriptedCluster& cluster = exchange->cluster();
  const bool sessions = cluster.options().fetch_sessions && exchange->version() >= 7;
  const auto opened = from.fetch_sessions().open(*request, sessions, cluster.simulation().random());
  const ErrorCode trick = exchange->code_or_trick(ErrorCode::none);
  const ErrorCode error = is_about_the_session(trick) ? trick : opened.error;
  if (error != ErrorCode::none) {
    FetchResponse refusal;
    refusal.error_code = error;
    exchange->answer(refusal);
    return;
  }
  auto fetch = std::make_shared<OneFetch>(exchange, *request, opened.session);
  if (fetch->try_answer(request->max_wait_ms <= 0)) return;
  exchange->broker().wait(std::move(fetch), std::chrono::milliseconds(request->max_wait_ms));
}

}  // namespace ottla::simulation
