#include "ottla/producer_config.h"

#include <array>
#include <string>

#include "client/config_properties.h"

namespace ottla {
namespace {

using client::bad_property;

Result<void> read_acks(ProducerConfig& config, std::string_view key, std::string_view value) {
  if (value == "all" || value == "-1") {
    config.acks = Acks::all;
  } else if (value == "1") {
    config.acks = Acks::leader;
  } else if (value == "0") {
    config.acks = Acks::none;
  } else {
    return bad_property(key, value, "all, 1 or 0");
  }
  return {};
}

Result<void> read_idempotence(ProducerConfig& config, std::string_view key,
                              std::string_view value) {
  bool wanted = false;
  if (auto read = client::read_value(key, value, wanted); !read) return read;
  config.enable_idempotence = wanted;
  return {};
}

Result<void> read_compression(ProducerConfig& config, std::string_view key,
                              std::string_view value) {
  const auto codec = parse_compression(value);
  if (!codec) return bad_property(key, value, "none, gzip, snappy, lz4 or zstd");
  config.compression_type = *codec;
  return {};
}

// Of Kafka's own classes the one that is not the default.
Result<void> read_partitioner(ProducerConfig& config, std::string_view key,
                              std::string_view value) {
  constexpr std::string_view round_robin =
      "org.apache.kafka.clients.producer.RoundRobinPartitioner";
  if (value != round_robin) {
    return bad_property(key, value, std::string(round_robin) + " (others are set in the program)");
  }
  config.partitioner = round_robin_partitioner();
  return {};
}

// compression.gzip.level and its like: counts if the type is that codec.
template <Compression codec>
Result<void> read_level(ProducerConfig& config, std::string_view key, std::string_view value) {
  const auto level = client::read_integer(key, value, -131072, 22);
  if (!level) return level.error();
  if (config.compression_type == codec) config.compression_level = static_cast<int>(*level);
  return {};
}

}  // namespace

Result<ProducerConfig> ProducerConfig::from_properties(const Properties& properties) {
  using client::read_into;
  using Config = ProducerConfig;
  static constexpr std::array own = std::to_array<client::ConfigProperty<Config>>({
      {"acks", read_acks},
      {"enable.idempotence", read_idempotence},
      {"transactional.id", read_into<&Config::transactional_id>},
      {"transaction.timeout.ms", read_into<&Config::transaction_timeout>},
      {"linger.ms", read_into<&Config::linger>},
      {"batch.size", read_into<&Config::batch_size>},
      {"buffer.memory", read_into<&Config::buffer_memory>},
      {"compression.type", read_compression},
      {"compression.gzip.level", read_level<Compression::gzip>},
      {"compression.lz4.level", read_level<Compression::lz4>},
      {"compression.zstd.level", read_level<Compression::zstd>},
      {"max.block.ms", read_into<&Config::max_block>},
      {"delivery.timeout.ms", read_into<&Config::delivery_timeout>},
      {"retries", read_into<&Config::retries>},
      {"max.in.flight.requests.per.connection",
       read_into<&Config::max_in_flight_requests_per_connection>},
      {"metadata.max.idle.ms", read_into<&Config::metadata_max_idle>},
      {"max.request.size", read_into<&Config::max_request_size>},
      {"partitioner.class", read_partitioner},
      {"partitioner.ignore.keys", read_into<&Config::partitioner_ignore_keys>},
      {"partitioner.adaptive.partitioning.enable",
       read_into<&Config::partitioner_adaptive_partitioning_enable>},
      {"partitioner.availability.timeout.ms", read_into<&Config::partitioner_availability_timeout>},
  });
  // The levels look at the type, whatever comes first.
  auto ordered = client::read_properties<Config>(properties, own);
  if (!ordered) return ordered;
  for (const auto& property : own) {
    const auto found = properties.find(property.key);
    if (found == properties.end() || !property.key.starts_with("compression.")) continue;
    if (auto read = property.read(*ordered, found->first, found->second); !read) {
      return read.error();
    }
  }
  return ordered;
}

}  // namespace ottla
