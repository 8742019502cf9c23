#include "broker/metadata/controller.h"

#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/lifetime.h"
#include "broker/metadata/commit_log.h"
#include "broker/metadata/control_records.h"
#include "broker/metadata/election.h"
#include "broker/metadata/features.h"
#include "broker/metadata/metadata_batch.h"
#include "broker/metadata/quorum_state.h"
#include "broker/metadata/timed_answer.h"

namespace ottla::broker {
namespace {

constexpr std::int32_t kProducerIdBlock = 1000;

std::shared_ptr<const MetadataImage> with_cluster_id(const MetadataImage& image,
                                                     const std::string& cluster_id) {
  MetadataState state = image.state();
  state.cluster_id = cluster_id;
  return std::make_shared<const MetadataImage>(std::move(state));
}

// Everything is new to whoever hears it first.
MetadataChanges all_of(const MetadataImage& image) {
  MetadataChanges changes;
  for (const auto* topic : image.topics()) {
    changes.changed_topics.push_back(image.share_topic(topic->name));
    if (!image.topic_configs(topic->name).empty()) {
      changes.changed_configs.push_back({ConfigResourceType::topic, topic->name});
    }
  }
  for (const auto& [resource, configs] : image.state().other_configs) {
    changes.changed_configs.push_back(resource);
  }
  image.acls().for_each(
      [&changes](const Uuid&, const auto& acl) { changes.added_acls.push_back(acl); });
  image.quotas().for_each([&changes](const QuotaEntity& entity, const auto&) {
    changes.changed_quotas.push_back(entity);
  });
  changes.brokers_changed = true;
  changes.features_changed = true;
  return changes;
}

RegisterBrokerRecord registration(const Controller::Identity& identity, std::int64_t epoch,
                                  const Uuid& incarnation_id) {
  RegisterBrokerRecord record;
  record.broker_id = identity.node_id;
  record.incarnation_id = incarnation_id;
  record.broker_epoch = epoch;
  for (const auto& endpoint : identity.endpoints) {
    record.end_points.push_back(
        {endpoint.name, endpoint.host, endpoint.port, endpoint.security_protocol});
  }
  for (const auto& feature : supported_features()) {
    record.features.push_back({feature.name, feature.range.min, feature.range.max});
  }
  record.rack.reset();
  if (identity.rack) record.rack = *identity.rack;
  record.fenced = true;
  record.log_dirs = identity.directories.online;
  return record;
}

std::vector<MetadataRecord> initial_features() {
  std::vector<MetadataRecord> records;
  const auto add = [&records](const SupportedFeature& feature) {
    records.push_back(FeatureLevelRecord{.name = feature.name, .feature_level = feature.initial});
  };
  // Readers need the metadata version before anything else.
  for (const auto& feature : supported_features()) {
    if (feature.name == kMetadataVersion) add(feature);
  }
  for (const auto& feature : supported_features()) {
    if (feature.name != kMetadataVersion && feature.initial != 0) add(feature);
  }
  return records;
}

Result<void> write_quorum_state(base::Directory& log_directory, const QuorumState& state) {
  auto directory = log_directory.create_directory(kMetadataLogDirectory);
  if (!directory) return directory.error();
  if (auto written = (*directory)->replace_file(kQuorumStateFile, state.to_json()); !written) {
    return written;
  }
  return log_directory.sync();
}

}  // namespace

class Controller::Impl {
 public:
  Impl(Deps deps, Identity identity, LoadedMetadata loaded)
      : deps_(std::move(deps)),
        identity_(std::move(identity)),
        loaded_(std::move(loaded)),
        image_(with_cluster_id(*loaded_.image, identity_.cluster_id)) {}

  void on_image(OnImage listener) { listener_ = std::move(listener); }
  const std::shared_ptr<const MetadataImage>& image() const { return image_; }
  std::int64_t broker_epoch() const { return broker_epoch_; }
  std::int32_t raft_epoch() const { return raft_epoch_; }

  void start(OnDone done);
  void stop(OnDone done);
  void on_directory_offline(const Uuid& directory);
  void create_topics(std::vector<NewTopic> topics, bool validate_only,
                     std::chrono::milliseconds timeout, OnCreated done);
  void delete_topics(std::vector<TopicToDelete> topics, std::chrono::milliseconds timeout,
                     OnDeleted done);
  void create_partitions(std::vector<MorePartitions> topics, bool validate_only,
                         std::chrono::milliseconds timeout, OnPartitions done);
  void alter_configs(std::vector<ConfigAlteration> alterations, AlterMode mode, bool validate_only,
                     OnAltered done);
  void alter_scram_credentials(ScramAlteration alteration, OnScramAltered done);
  void elect_leaders(ElectionType type,
                     const std::optional<std::vector<PartitionToElect>>& partitions,
                     std::chrono::milliseconds timeout, OnPartitionResults done);
  void reassign_partitions(const std::vector<PartitionToReassign>& partitions,
                           bool may_change_factor, std::chrono::milliseconds timeout,
                           OnPartitionResults done);
  void update_features(const std::vector<FeatureUpdate>& updates, bool validate_only,
                       std::chrono::milliseconds timeout, OnDone done);
  void unregister_broker(BrokerId broker, OnDone done);
  void create_acls(const std::vector<AclBinding>& acls, OnAclsCreated done);
  void delete_acls(const std::vector<AclBindingFilter>& filters, OnAclsDeleted done);
  void alter_quotas(const std::vector<QuotaAlteration>& alterations, bool validate_only,
                    OnQuotasAltered done);
  void allocate_producer_ids(OnBlock done);

 private:
  enum class State { idle, starting, running, stopped };

  QuorumState quorum_state() const;
  void on_log_open(Result<std::unique_ptr<MetadataLog>> log, OnDone done);
  Result<void> open_epoch();
  Result<void> append_leader_change();
  Result<void> commit_first_records();
  Result<void> register_and_lead(OnDone done);
  void finish_start(OnDone& done, const Result<void>& committed);
  void publish(const MetadataChanges& changes);

  // Why nothing can be committed; none if it can.
  std::optional<Error> refusal() const;
  template <class TopicResult>
  void commit_decision(Decision<TopicResult> decision, std::chrono::milliseconds timeout,
                       base::UniqueFunction<void(std::vector<TopicResult>)> done);
  void commit_whole(Decision<ClusterResult> decision, std::chrono::milliseconds timeout,
                    OnDone done);

  // Set at construction.
  Deps deps_;
  const Identity identity_;
  LoadedMetadata loaded_;

  OnImage listener_;
  std::shared_ptr<const MetadataImage> image_;
  std::unique_ptr<CommitLog> log_;  // from `start` on
  State state_ = State::idle;
  std::int64_t broker_epoch_ = -1;
  std::int32_t raft_epoch_ = 0;
  std::vector<Uuid> lost_directories_;  // since the registration was made, not written down yet
  base::Lifetime lifetime_;
};

// --- Start

void Controller::Impl::start(OnDone done) {
  OTTLA_ASSERT(state_ == State::idle, "a controller is started once");
  state_ = State::starting;
  if (loaded_.last_epoch == std::numeric_limits<std::int32_t>::max()) {
    return done(Error(ErrorCode::corrupt_data, "the raft epoch can rise no further"));
  }
  raft_epoch_ = loaded_.last_epoch + 1;
  auto written = std::make_shared<Result<void>>();
  deps_.loop.offload(
      [written, &directory = deps_.log_directory, state = quorum_state()] {
        *written = write_quorum_state(directory, state);
      },
      lifetime_.guard([this, written, done = std::move(done)]() mutable {
        if (!*written) return done(*written);
        deps_.open_log(lifetime_.guard([this, done = std::move(done)](auto log) mutable {
          on_log_open(std::move(log), std::move(done));
        }));
      }));
}

QuorumState Controller::Impl::quorum_state() const {
  QuorumState state;
  state.leader_id = identity_.node_id.value;
  state.leader_epoch = raft_epoch_;
  state.voter_id = identity_.node_id.value;
  state.data_version = loaded_.kraft_version;
  return state;
}

void Controller::Impl::on_log_open(Result<std::unique_ptr<MetadataLog>> log, OnDone done) {
  if (!log) return done(log.error());
  if ((*log)->log_end_offset() != loaded_.log_end_offset) {
    return done(Error(ErrorCode::already_in_use,
                      "the metadata log was read up to offset " +
                          std::to_string(loaded_.log_end_offset.value) + " but ends at " +
                          std::to_string((*log)->log_end_offset().value) +
                          ": another process wrote it meanwhile; start again"));
  }
  log_ = std::make_unique<CommitLog>(
      deps_.loop, *std::move(log), raft_epoch_, image_,
      [this](const std::shared_ptr<const MetadataImage>& image, const MetadataChanges& changes) {
        image_ = image;
        if (state_ != State::starting) publish(changes);
      });
  auto opened = open_epoch();
  if (opened) {
    // Shared, since a commit that could not be appended drops its callback.
    auto shared = std::make_shared<OnDone>(std::move(done));
    opened = register_and_lead(
        [this, shared](const Result<void>& committed) { finish_start(*shared, committed); });
    if (!opened) (*shared)(opened.error());
    return;
  }
  done(opened.error());
}

Result<void> Controller::Impl::open_epoch() {
  if (auto appended = append_leader_change(); !appended) return appended;
  if (loaded_.open_transaction) {
    const MetadataRecord abort = AbortTransactionRecord{.reason = "the controller restarted"};
    auto batches = encode_metadata_batches({&abort, 1}, deps_.loop.wall_now());
    if (!batches) return batches.error();
    if (auto appended = log_->append_raw(std::move(batches->front())); !appended) return appended;
  }
  if (!loaded_.has_records) return commit_first_records();
  return {};
}

Result<void> Controller::Impl::append_leader_change() {
  // Version 0 whatever the kraft.version: Apache Kafka reads no other.
  const LeaderChangeMessage::Voter voter{.voter_id = identity_.node_id.value};
  const LeaderChangeMessage change{
      .leader_id = identity_.node_id.value, .voters = {voter}, .granting_voters = {voter}};
  std::vector<EncodedControlRecord> records;
  auto encoded = encode_control_record(change, 0);
  if (!encoded) return encoded.error();
  records.push_back(*std::move(encoded));
  // Under kraft.version 1 the log of a new cluster begins with what its format tool put into the
  // first snapshot.
  const bool first = loaded_.log_end_offset == Offset(0) && !loaded_.voters.empty();
  if (loaded_.kraft_version == 1 && first) {
    auto kraft_version = encode_control_record(KRaftVersionRecord{.kraft_version = 1}, 0);
    if (!kraft_version) return kraft_version.error();
    records.push_back(*std::move(kraft_version));
    records.push_back({control_record_key(ControlRecordType::kraft_voters), loaded_.voters});
  }
  return log_->append_raw(control_batch(records, deps_.loop.wall_now()));
}

Result<void> Controller::Impl::commit_first_records() {
  if (!loaded_.bootstrap_records.empty()) return log_->commit_values(loaded_.bootstrap_records);
  return log_->commit(initial_features(), [](const Result<void>&) {});
}

Result<void> Controller::Impl::register_and_lead(OnDone done) {
  broker_epoch_ = log_->log_end_offset().value;
  const auto random = deps_.random.uuid();
  const MetadataRecord record =
      registration(identity_, broker_epoch_, Uuid{random.high, random.low});
  if (auto committed = log_->commit({&record, 1}, [](const Result<void>&) {}); !committed) {
    return committed;
  }
  return log_->commit(
      records_to_lead(*log_->working(), identity_.node_id, broker_epoch_, identity_.directories),
      std::move(done));
}

void Controller::Impl::finish_start(OnDone& done, const Result<void>& committed) {
  if (!committed) return done(committed);
  state_ = State::running;
  deps_.logger.info("metadata epoch " + std::to_string(raft_epoch_) + " begins at offset " +
                    std::to_string(loaded_.log_end_offset.value) + ", broker epoch " +
                    std::to_string(broker_epoch_) + ", " + std::to_string(image_->topic_count()) +
                    " topics");
  publish(all_of(*image_));
  for (const auto& directory : std::exchange(lost_directories_, {})) {
    on_directory_offline(directory);
  }
  done({});
}

void Controller::Impl::publish(const MetadataChanges& changes) {
  if (listener_) listener_(image_, changes);
}

// --- Stop

void Controller::Impl::stop(OnDone done) {
  if (const auto refused = refusal()) return done(*refused);
  const auto records = records_to_stop(*log_->working(), identity_.node_id, broker_epoch_);
  auto shared = std::make_shared<OnDone>(std::move(done));
  const auto committed = log_->commit(records, [this, shared](const Result<void>& durable) {
    if (!durable) return (*shared)(durable);
    log_->close(lifetime_.guard([shared](Result<void> closed) { (*shared)(std::move(closed)); }));
  });
  state_ = State::stopped;
  if (!committed) (*shared)(committed.error());
}

// --- What fails

void Controller::Impl::on_directory_offline(const Uuid& directory) {
  if (state_ == State::idle || state_ == State::starting) {
    lost_directories_.push_back(directory);
    return;
  }
  if (refusal()) return;
  const auto records =
      records_without_directory(*log_->working(), identity_.node_id, broker_epoch_, directory);
  const auto committed = log_->commit(records, [](const Result<void>&) {});
  if (!committed) deps_.logger.error(committed.error().to_string());
}

// --- Requests

std::optional<Error> Controller::Impl::refusal() const {
  if (log_ && log_->failure()) return log_->failure();
  if (state_ == State::running) return std::nullopt;
  return Error(ErrorCode::not_controller, state_ == State::stopped
                                              ? "the controller has stopped"
                                              : "the controller is still starting");
}

template <class TopicResult>
void Controller::Impl::commit_decision(Decision<TopicResult> decision,
                                       std::chrono::milliseconds timeout,
                                       base::UniqueFunction<void(std::vector<TopicResult>)> done) {
  const bool settled = log_->working() == log_->committed();
  auto answer = std::make_shared<TimedAnswer<TopicResult>>(deps_.loop, std::move(decision.results),
                                                           settled, std::move(done));
  const auto finish = [answer](const Result<void>& durable) { answer->finish(durable); };
  if (!decision.records.empty()) {
    const auto committed = log_->commit(decision.records, finish);
    if (committed) return answer->limit(timeout);
    answer->refuse(committed.error());
  }
  log_->when_committed(finish);
  answer->limit(timeout);
}

void Controller::Impl::create_topics(std::vector<NewTopic> topics, bool validate_only,
                                     std::chrono::milliseconds timeout, OnCreated done) {
  if (const auto refused = refusal()) {
    std::vector<CreateTopicResult> results;
    for (auto& topic : topics) results.push_back({std::move(topic.name), *refused});
    return done(std::move(results));
  }
  auto decision = decide_create_topics(topics, *log_->working(), deps_.config, deps_.random);
  if (validate_only) decision.records.clear();
  commit_decision(std::move(decision), timeout, std::move(done));
}

void Controller::Impl::delete_topics(std::vector<TopicToDelete> topics,
                                     std::chrono::milliseconds timeout, OnDeleted done) {
  if (const auto refused = refusal()) {
    std::vector<DeleteTopicResult> results;
    for (auto& topic : topics) results.push_back({topic.name.value_or(""), topic.id, *refused});
    return done(std::move(results));
  }
  commit_decision(decide_delete_topics(topics, *log_->working(), deps_.config), timeout,
                  std::move(done));
}

void Controller::Impl::create_partitions(std::vector<MorePartitions> topics, bool validate_only,
                                         std::chrono::milliseconds timeout, OnPartitions done) {
  if (const auto refused = refusal()) {
    std::vector<CreatePartitionsResult> results;
    for (auto& topic : topics) results.push_back({std::move(topic.topic), *refused});
    return done(std::move(results));
  }
  auto decision = decide_create_partitions(topics, *log_->working(), deps_.random);
  if (validate_only) decision.records.clear();
  commit_decision(std::move(decision), timeout, std::move(done));
}

void Controller::Impl::alter_configs(std::vector<ConfigAlteration> alterations, AlterMode mode,
                                     bool validate_only, OnAltered done) {
  if (const auto refused = refusal()) {
    std::vector<AlterConfigsResult> results;
    for (auto& alteration : alterations) {
      results.push_back({std::move(alteration.resource), *refused});
    }
    return done(std::move(results));
  }
  auto decision = decide_alter_configs(alterations, mode, *log_->working(), deps_.config);
  if (validate_only) decision.records.clear();
  commit_decision(std::move(decision), std::chrono::milliseconds(0), std::move(done));
}

void Controller::Impl::alter_scram_credentials(ScramAlteration alteration, OnScramAltered done) {
  if (const auto refused = refusal()) {
    auto results = decide_alter_scram(alteration, *image_).results;
    for (auto& result : results) result.result = *refused;
    return done(std::move(results));
  }
  commit_decision(decide_alter_scram(alteration, *log_->working()), std::chrono::milliseconds(0),
                  std::move(done));
}

void Controller::Impl::alter_quotas(const std::vector<QuotaAlteration>& alterations,
                                    bool validate_only, OnQuotasAltered done) {
  if (const auto refused = refusal()) {
    auto results = decide_alter_quotas(alterations, *image_).results;
    for (auto& result : results) result.result = *refused;
    return done(std::move(results));
  }
  auto decision = decide_alter_quotas(alterations, *log_->working());
  if (validate_only) decision.records.clear();
  commit_decision(std::move(decision), std::chrono::milliseconds(0), std::move(done));
}

void Controller::Impl::elect_leaders(ElectionType type,
                                     const std::optional<std::vector<PartitionToElect>>& partitions,
                                     std::chrono::milliseconds timeout, OnPartitionResults done) {
  if (const auto refused = refusal()) return done(*refused);
  commit_decision<PartitionResult>(
      decide_elect_leaders(type, partitions, *log_->working(), identity_.node_id), timeout,
      std::move(done));
}

void Controller::Impl::reassign_partitions(const std::vector<PartitionToReassign>& partitions,
                                           bool may_change_factor,
                                           std::chrono::milliseconds timeout,
                                           OnPartitionResults done) {
  if (const auto refused = refusal()) return done(*refused);
  commit_decision<PartitionResult>(decide_reassign_partitions(partitions, may_change_factor,
                                                              *log_->working(), identity_.node_id),
                                   timeout, std::move(done));
}

void Controller::Impl::commit_whole(Decision<ClusterResult> decision,
                                    std::chrono::milliseconds timeout, OnDone done) {
  commit_decision<ClusterResult>(
      std::move(decision), timeout,
      [done = std::move(done)](std::vector<ClusterResult> results) mutable {
        done(std::move(results.front().result));
      });
}

void Controller::Impl::update_features(const std::vector<FeatureUpdate>& updates,
                                       bool validate_only, std::chrono::milliseconds timeout,
                                       OnDone done) {
  if (const auto refused = refusal()) return done(*refused);
  auto decision = decide_update_features(updates, *log_->working(), deps_.config);
  if (validate_only) decision.records.clear();
  commit_whole(std::move(decision), timeout, std::move(done));
}

void Controller::Impl::unregister_broker(BrokerId broker, OnDone done) {
  if (const auto refused = refusal()) return done(*refused);
  commit_whole(decide_unregister_broker(broker, *log_->working(), identity_.node_id),
               std::chrono::milliseconds(0), std::move(done));
}

void Controller::Impl::create_acls(const std::vector<AclBinding>& acls, OnAclsCreated done) {
  if (const auto refused = refusal()) {
    return done(std::vector<CreateAclResult>(acls.size(), {*refused}));
  }
  commit_decision(decide_create_acls(acls, *log_->working(), deps_.random),
                  std::chrono::milliseconds(0), std::move(done));
}

void Controller::Impl::delete_acls(const std::vector<AclBindingFilter>& filters,
                                   OnAclsDeleted done) {
  if (const auto refused = refusal()) {
    return done(std::vector<DeleteAclsResult>(filters.size(), {*refused}));
  }
  commit_decision(decide_delete_acls(filters, *log_->working()), std::chrono::milliseconds(0),
                  std::move(done));
}

void Controller::Impl::allocate_producer_ids(OnBlock done) {
  if (const auto refused = refusal()) return done(*refused);
  const ProducerId first = log_->working()->next_producer_id();
  if (first.value > std::numeric_limits<std::int64_t>::max() - kProducerIdBlock) {
    return done(Error(ErrorCode::unknown_server_error, "all producer ids are used up"));
  }
  ProducerIdsRecord record;
  record.broker_id = identity_.node_id;
  record.broker_epoch = broker_epoch_;
  record.next_producer_id = first + std::int64_t{kProducerIdBlock};
  const MetadataRecord any = record;
  auto shared = std::make_shared<OnBlock>(std::move(done));
  const auto committed = log_->commit({&any, 1}, [first, shared](const Result<void>& durable) {
    if (!durable) return (*shared)(durable.error());
    (*shared)(ProducerIdBlock{first, kProducerIdBlock});
  });
  if (!committed) (*shared)(committed.error());
}

// --- The interface

Controller::Controller(Deps deps, Identity identity, LoadedMetadata loaded)
    : impl_(std::make_unique<Impl>(std::move(deps), std::move(identity), std::move(loaded))) {}
Controller::~Controller() = default;

void Controller::on_image(OnImage listener) {
  impl_->on_image(std::move(listener));
}
void Controller::start(OnDone done) {
  impl_->start(std::move(done));
}
void Controller::stop(OnDone done) {
  impl_->stop(std::move(done));
}
void Controller::on_directory_offline(const Uuid& directory) {
  impl_->on_directory_offline(directory);
}
const std::shared_ptr<const MetadataImage>& Controller::image() const {
  return impl_->image();
}
std::int64_t Controller::broker_epoch() const {
  return impl_->broker_epoch();
}
std::int32_t Controller::raft_epoch() const {
  return impl_->raft_epoch();
}
void Controller::create_topics(std::vector<NewTopic> topics, bool validate_only,
                               std::chrono::milliseconds timeout, OnCreated done) {
  impl_->create_topics(std::move(topics), validate_only, timeout, std::move(done));
}
void Controller::delete_topics(std::vector<TopicToDelete> topics, std::chrono::milliseconds timeout,
                               OnDeleted done) {
  impl_->delete_topics(std::move(topics), timeout, std::move(done));
}
void Controller::create_partitions(std::vector<MorePartitions> topics, bool validate_only,
                                   std::chrono::milliseconds timeout, OnPartitions done) {
  impl_->create_partitions(std::move(topics), validate_only, timeout, std::move(done));
}
void Controller::alter_configs(std::vector<ConfigAlteration> alterations, AlterMode mode,
                               bool validate_only, OnAltered done) {
  impl_->alter_configs(std::move(alterations), mode, validate_only, std::move(done));
}
void Controller::alter_scram_credentials(ScramAlteration alteration, OnScramAltered done) {
  impl_->alter_scram_credentials(std::move(alteration), std::move(done));
}
void Controller::alter_quotas(const std::vector<QuotaAlteration>& alterations, bool validate_only,
                              OnQuotasAltered done) {
  impl_->alter_quotas(alterations, validate_only, std::move(done));
}
void Controller::elect_leaders(ElectionType type,
                               const std::optional<std::vector<PartitionToElect>>& partitions,
                               std::chrono::milliseconds timeout, OnPartitionResults done) {
  impl_->elect_leaders(type, partitions, timeout, std::move(done));
}
void Controller::reassign_partitions(const std::vector<PartitionToReassign>& partitions,
                                     bool may_change_factor, std::chrono::milliseconds timeout,
                                     OnPartitionResults done) {
  impl_->reassign_partitions(partitions, may_change_factor, timeout, std::move(done));
}
void Controller::update_features(const std::vector<FeatureUpdate>& updates, bool validate_only,
                                 std::chrono::milliseconds timeout, OnDone done) {
  impl_->update_features(updates, validate_only, timeout, std::move(done));
}
void Controller::unregister_broker(BrokerId broker, OnDone done) {
  impl_->unregister_broker(broker, std::move(done));
}
void Controller::create_acls(const std::vector<AclBinding>& acls, OnAclsCreated done) {
  impl_->create_acls(acls, std::move(done));
}
void Controller::delete_acls(const std::vector<AclBindingFilter>& filters, OnAclsDeleted done) {
  impl_->delete_acls(filters, std::move(done));
}
void Controller::allocate_producer_ids(OnBlock done) {
  impl_->allocate_producer_ids(std::move(done));
}

}  // namespace ottla::broker
