#include "broker/broker.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/lifetime.h"
#include "base/process_limits.h"
#include "broker/config/dynamic_settings.h"
#include "broker/config/topic_config.h"
#include "broker/group/group_coordinator.h"
#include "broker/group/replica_offsets_log.h"
#include "broker/handlers/services.h"
#include "broker/http/http_server.h"
#include "broker/log/log_dirs.h"
#include "broker/metadata/config_requests.h"
#include "broker/metadata/controller.h"
#include "broker/metadata/unified_metadata_log.h"
#include "broker/metrics_of_broker.h"
#include "broker/open_data.h"
#include "broker/replica/producer_ids.h"
#include "broker/replica/replica_manager.h"
#include "broker/server/dispatcher.h"
#include "broker/server/server.h"
#include "broker/transaction/replica_marker_writer.h"
#include "broker/transaction/transaction_coordinator.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;

LogManagerOptions log_options(const BrokerConfig& config) {
  LogManagerOptions options;
  options.checkpoint_interval = milliseconds(config.log_flush_offset_checkpoint_interval_ms);
  options.high_watermark_interval =
      milliseconds(config.replica_high_watermark_checkpoint_interval_ms);
  options.retention_check_interval = milliseconds(config.log_retention_check_interval_ms);
  options.producer_id_expiration = milliseconds(config.producer_id_expiration_ms);
  // The others are for connections.
  options.open_files = base::limit_of_open_files() / 4 * 3;
  options.workers = static_cast<std::size_t>(config.num_recovery_threads_per_data_dir);
  options.flush.delay = milliseconds(config.ottla_flush_delay_ms);
  auto& cleaner = options.cleaner;
  cleaner.enabled = config.log_cleaner_enable;
  cleaner.threads = static_cast<std::size_t>(config.log_cleaner_threads);
  cleaner.backoff = milliseconds(std::max<std::int64_t>(config.log_cleaner_backoff_ms, 1));
  cleaner.map_limits.memory = static_cast<std::uint64_t>(config.log_cleaner_dedupe_buffer_size);
  cleaner.map_limits.load_factor = config.log_cleaner_io_buffer_load_factor;
  cleaner.buffer_bytes = static_cast<std::size_t>(config.log_cleaner_io_buffer_size);
  cleaner.max_bytes_per_second = config.log_cleaner_io_max_bytes_per_second;
  return options;
}

struct Files {
  Server::Files server;
  std::shared_ptr<AuditFile> audit;  // or null
};

// (sleeps)
Result<Files> open_files(const BrokerConfig& config) {
  auto tls = open_tls_listeners(config);
  if (!tls) return tls.error();
  auto tokens = open_token_listeners(config);
  if (!tokens) return tokens.error();
  auto endpoints = open_key_endpoints(config);
  if (!endpoints) return endpoints.error();
  auto audit = open_audit_file(config);
  if (!audit) return audit.error();
  return Files{.server = {.tls = *std::move(tls),
                          .tokens = *std::move(tokens),
                          .key_endpoints = *std::move(endpoints)},
               .audit = *std::move(audit)};
}

}  // namespace

class Broker::Impl {
 public:
  Impl(Deps deps, BrokerConfig config)
      : deps_(std::move(deps)),
        config_(std::move(config)),
        loop_(*deps_.loop.loop),
        random_(deps_.seed),
        authorizer_(config_),
        quotas_(loop_, config_) {}

  void start(OnDone done);
  void stop(OnDone done);

  std::vector<ListenerConfig> no_listeners_;
  base::UniqueFunction<void(const Error&)> on_offline_;

  const std::vector<ListenerConfig>& listeners() const {
    return server_ ? server_->listeners() : no_listeners_;
  }
  const BrokerConfig& config() const { return config_; }
  std::optional<base::Endpoint> http_address() const {
    return http_ ? std::optional(http_->local()) : std::nullopt;
  }
  FaultInjector& faults() { return dispatcher_->faults(); }
  const Services& services() const { return *services_; }
  void limit_versions(ApiKey api, VersionLimits::Range range) {
    services_->version_limits.limit(api, range);
  }
  void create_topic(NewTopic topic, OnDone done);

 private:
  // The steps of the start; each ends with the next or with `started`.
  void open_logs(OpenedData opened);
  void bind_ports();
  Result<void> bind_http();
  void on_http(std::string_view path, HttpServer::Respond respond);
  void start_controller();
  void start_transactions();
  void add_users();
  void serve();
  void started(Result<void> outcome);

  void on_directory_offline(const OfflineDirectory& lost);
  std::optional<LogConfig> describe_log(const BrokerConfig& now, LogManager::Found& found) const;
  std::vector<BrokerEndpoint> endpoints() const;
  OwnDirectories own_directories();

  // Set at construction.
  Deps deps_;
  const BrokerConfig config_;
  base::Loop& loop_;
  base::Random random_;
  Authorizer authorizer_;
  ClientQuotas quotas_;

  // Loop's thread only; made one after the other by the start, destroyed the other way round.
  OnDone on_started_;
  std::optional<LoadedMetadata> loaded_;
  Server::Files files_;
  std::unique_ptr<AuditLog> audit_;  // or null
  std::unique_ptr<LogDirs> logs_;
  std::unique_ptr<ReplicaManager> replicas_;
  std::unique_ptr<ReplicaOffsetsLog> offsets_log_;
  std::unique_ptr<GroupCoordinator> groups_;
  std::unique_ptr<ReplicaMarkerWriter> markers_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<ProducerIds> producer_ids_;
  std::unique_ptr<ReplicaStateLog> transactions_log_;
  std::unique_ptr<TransactionCoordinator> transactions_;
  std::unique_ptr<FetchSessionCache> fetch_sessions_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<HttpServer> http_;
  base::Lifetime lifetime_;
};

void Broker::Impl::start(OnDone done) {
  on_started_ = std::move(done);
  auto opened = std::make_shared<std::optional<Result<OpenedData>>>();
  auto files = std::make_shared<std::optional<Result<Files>>>();
  const auto work = [opened, files, config = config_, directories = deps_.directories,
                     random = base::Random(random_.next()), logger = deps_.logger] {
    files->emplace(open_files(config));
    if (!**files) return;
    opened->emplace(open_data(directories, BrokerId(config.node_id), random, logger));
  };
  loop_.offload(work, lifetime_.guard([this, opened, files] {
    if (!**files) return started((*files)->error());
    if (!opened->value()) return started(opened->value().error());
    files_ = std::move((**files)->server);
    if (auto audit = std::move((**files)->audit)) {
      audit_ = std::make_unique<AuditLog>(loop_, std::move(audit), deps_.logger.named("audit"));
    }
    open_logs(std::move(*opened->value()));
  }));
}

void Broker::Impl::open_logs(OpenedData opened) {
  loaded_ = std::move(opened.metadata);
  auto now = with_dynamic_settings(config_,
                                   dynamic_settings_of(*loaded_->image, BrokerId(config_.node_id)));
  logs_ =
      std::make_unique<LogDirs>(loop_, std::move(opened.directories), base::Random(random_.next()),
                                deps_.logger.named("log"), log_options(now));
  logs_->set_on_offline([this](const OfflineDirectory& lost) { on_directory_offline(lost); });
  logs_->load(
      [this, now = std::move(now)](LogManager::Found& found) { return describe_log(now, found); },
      lifetime_.guard([this](const Result<void>& loaded) {
        if (!loaded) return started(loaded.error());
        bind_ports();
      }));
}

void Broker::Impl::on_directory_offline(const OfflineDirectory& lost) {
  if (!lost.vital) {
    if (controller_) controller_->on_directory_offline(lost.id);
    return;
  }
  if (on_offline_) std::exchange(on_offline_, {})(lost.error);
}

std::optional<LogConfig> Broker::Impl::describe_log(const BrokerConfig& now,
                                                    LogManager::Found& found) const {
  const auto& image = *loaded_->image;
  const auto* topic = image.find_topic(found.partition.topic);
  if (topic == nullptr || topic->find(found.partition.partition) == nullptr) return std::nullopt;
  // A crash just after the log was made may have left partition.metadata torn.
  if (found.topic_id.is_zero()) found.topic_id = topic->id;
  if (found.topic_id != topic->id) return std::nullopt;
  return derive_topic_config(now, image.topic_configs(topic->name)).log;
}

void Broker::Impl::bind_ports() {
  server_ = std::make_unique<Server>(deps_.loop, config_, std::move(files_),
                                     deps_.logger.named("server"), audit_.get());
  for (const auto& listener : config_.listeners) {
    if (auto bound = server_->listen(listener); !bound) return started(bound.error());
  }
  if (auto bound = bind_http(); !bound) return started(bound.error());
  // So early that they are mostly there before clients are let in.
  server_->fetch_keys();
  start_controller();
}

Result<void> Broker::Impl::bind_http() {
  const auto& text = config_.ottla_http_listener;
  if (text.empty()) return {};
  const auto endpoint = base::Endpoint::parse(text);
  if (!endpoint) return endpoint.error();
  http_ = std::make_unique<HttpServer>(deps_.loop, deps_.logger.named("http"),
                                       [this](std::string_view path, HttpServer::Respond respond) {
                                         on_http(path, std::move(respond));
                                       });
  if (auto bound = http_->listen(*endpoint); !bound) {
    return Error(bound.error().code(),
                 "cannot serve HTTP on " + text + ": " + bound.error().message());
  }
  return {};
}

void Broker::Impl::on_http(std::string_view path, HttpServer::Respond respond) {
  if (path != "/metrics" && path != "/health") {
    return respond({.status = 404, .body = "there are /metrics and /health\n"});
  }
  if (!services_) return respond({.status = 503, .body = "the broker is starting\n"});
  if (path == "/health") {
    const auto health = health_of(*services_);
    return respond({.status = health.well ? 200U : 503U,
                    .content_type = "application/json",
                    .body = health.text});
  }
  auto page = std::make_shared<MetricsPage>(metrics_of(*services_, *server_));
  auto text = std::make_shared<std::string>();
  loop_.offload(
      [page, text] {
        add_process_metrics(*page);
        *text = page->to_prometheus();
      },
      [text, respond = std::move(respond)]() mutable {
        respond(
            {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(*text)});
      });
}

void Broker::Impl::start_controller() {
  replicas_ =
      std::make_unique<ReplicaManager>(loop_, *logs_, config_, deps_.logger.named("replica"));
  const auto group_logger = deps_.logger.named("group");
  offsets_log_ = std::make_unique<ReplicaOffsetsLog>(loop_, *replicas_, group_logger);
  groups_ = std::make_unique<GroupCoordinator>(
      GroupCoordinator::Deps{.loop = loop_,
                             .random = base::Random(random_.next()),
                             .logger = group_logger,
                             .config = config_,
                             .log = *offsets_log_});
  markers_ = std::make_unique<ReplicaMarkerWriter>(loop_, *replicas_, *groups_);
  const MetadataLogPlace place{.loop = &loop_,
                               .log_directory = logs_->metadata_root(),
                               .flush = &logs_->metadata_flush(),
                               .logger = deps_.logger.named("metadata"),
                               .durability = derive_topic_config(config_, {}).log.durability};
  Controller::Deps deps{
      .loop = loop_,
      .log_directory = *logs_->metadata_root(),
      .logger = deps_.logger.named("controller"),
      .random = base::Random(random_.next()),
      .config = config_,
      .open_log = [place, start = loaded_->log_start_offset](OnMetadataLogOpen done) {
        open_metadata_log(place, start, std::move(done));
      }};
  controller_ =
      std::make_unique<Controller>(std::move(deps),
                                   Controller::Identity{.node_id = BrokerId(config_.node_id),
                                                        .cluster_id = logs_->meta().cluster_id,
                                                        .directories = own_directories(),
                                                        .rack = config_.broker_rack,
                                                        .endpoints = endpoints()},
                                   std::move(*loaded_));
  loaded_.reset();
  start_transactions();
  controller_->on_image(
      [this](const std::shared_ptr<const MetadataImage>& image, const MetadataChanges& changes) {
        authorizer_.on_image(changes);
        quotas_.on_image(*image, changes);
        replicas_->on_image(image, changes);
        groups_->on_image(*image, changes);
        transactions_->on_image(image);
      });
  controller_->start(lifetime_.guard([this](const Result<void>& outcome) {
    if (!outcome) return started(outcome.error());
    add_users();
  }));
}

void Broker::Impl::add_users() {
  if (deps_.scram_users.empty()) return serve();
  controller_->alter_scram_credentials(
      {.deletions = {}, .upsertions = std::move(deps_.scram_users)},
      lifetime_.guard([this](const std::vector<AlterScramResult>& results) {
        for (const auto& [user, result] : results) {
          if (!result) return started(result.error());
        }
        serve();
      }));
}

OwnDirectories Broker::Impl::own_directories() {
  return {.online = logs_->online(),
          .all_online = logs_->all_online(),
          .found = [this](const TopicPartition& id) { return logs_->directory_of(id); }};
}

void Broker::Impl::start_transactions() {
  producer_ids_ = std::make_unique<ProducerIds>(*controller_);
  transactions_log_ = std::make_unique<ReplicaStateLog>(loop_, *replicas_, kTransactionsTopic);
  transactions_ = std::make_unique<TransactionCoordinator>(
      TransactionCoordinator::Deps{.loop = loop_,
                                   .logger = deps_.logger.named("transaction"),
                                   .config = config_,
                                   .log = *transactions_log_,
                                   .markers = *markers_,
                                   .next_producer_id = [this](ProducerIds::OnId done) {
                                     producer_ids_->next(std::move(done));
                                   }});
}

// What the controller registers: the advertised addresses, else the bound ones.
std::vector<BrokerEndpoint> Broker::Impl::endpoints() const {
  std::vector<BrokerEndpoint> endpoints;
  for (const auto& bound : server_->listeners()) {
    auto address = bound.endpoint;
    for (const auto& advertised : config_.advertised_listeners) {
      if (advertised.name != bound.name) continue;
      address = advertised.endpoint;
      if (address.port == 0) address.port = bound.endpoint.port;
    }
    if (address.host.empty()) address.host = "localhost";
    endpoints.push_back(
        {bound.name, address.host, address.port, static_cast<std::int16_t>(bound.protocol)});
  }
  return endpoints;
}

void Broker::Impl::serve() {
  const auto slots = static_cast<std::size_t>(config_.max_incremental_fetch_session_cache_slots);
  fetch_sessions_ = std::make_unique<FetchSessionCache>(slots, base::Random(random_.next()));
  services_ = std::make_unique<Services>(Services{
      loop_, config_, *controller_, *replicas_, *logs_, *producer_ids_, *fetch_sessions_, *groups_,
      *markers_, *transactions_, authorizer_, quotas_, deps_.logger.named("api"), audit_.get()});
  dispatcher_ = std::make_unique<Dispatcher>(*services_);
  server_->open(*dispatcher_);
  started({});
}

void Broker::Impl::started(Result<void> outcome) {
  std::exchange(on_started_, {})(std::move(outcome));
}

void Broker::Impl::stop(OnDone done) {
  http_.reset();
  transactions_->stop();
  groups_->stop();
  replicas_->answer_all_waiting();
  server_->close();
  auto finish = std::make_shared<OnDone>(std::move(done));
  controller_->stop(lifetime_.guard([this, finish](const Result<void>& stopped) {
    const auto close_audit = [this, finish](const Result<void>& closed) {
      if (!audit_) return (*finish)(closed);
      audit_->close([finish, closed] { (*finish)(closed); });
    };
    if (!stopped) return close_audit(stopped);
    logs_->close(controller_->broker_epoch(), close_audit);
  }));
}

void Broker::Impl::create_topic(NewTopic topic, OnDone done) {
  auto finish = std::make_shared<OnDone>(std::move(done));
  controller_->create_topics({std::move(topic)}, false, milliseconds(0),
                             [finish](const std::vector<CreateTopicResult>& results) {
                               const auto& result = results.front().result;
                               (*finish)(result ? Result<void>() : result.error());
                             });
}

Broker::Broker(Deps deps, BrokerConfig config)
    : impl_(std::make_unique<Impl>(std::move(deps), std::move(config))) {}
Broker::~Broker() = default;

void Broker::start(OnDone done) {
  impl_->start(std::move(done));
}
void Broker::stop(OnDone done) {
  impl_->stop(std::move(done));
}
const std::vector<ListenerConfig>& Broker::listeners() const {
  return impl_->listeners();
}
const BrokerConfig& Broker::config() const {
  return impl_->config();
}

std::optional<base::Endpoint> Broker::http_address() const {
  return impl_->http_address();
}

void Broker::set_on_offline(base::UniqueFunction<void(const Error&)> on_offline) {
  impl_->on_offline_ = std::move(on_offline);
}

FaultInjector& Broker::faults() {
  return impl_->faults();
}

const Services& Broker::services() const {
  return impl_->services();
}

void Broker::limit_versions(ApiKey api, std::int16_t min, std::int16_t max) {
  impl_->limit_versions(api, {min, max});
}

void Broker::create_topic(std::string name, std::int32_t partitions,
                          std::vector<std::pair<std::string, std::string>> configs, OnDone done) {
  NewTopic topic;
  topic.name = std::move(name);
  topic.num_partitions = partitions;
  for (auto& [key, value] : configs) topic.configs.emplace_back(std::move(key), std::move(value));
  impl_->create_topic(std::move(topic), std::move(done));
}

}  // namespace ottla::broker
