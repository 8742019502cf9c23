// The Ottla side of the interop tests, by the contract of ../README.md.
#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ottla/ottla.h"
#include "tests/interop/peers/ottla/transactions.h"

namespace json = boost::json;

namespace {

using namespace std::chrono_literals;
using ottla::BytesView;

constexpr auto kDeadline = 60s;

// --name value pairs behind the command.
using ottla_peer::Arguments;

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

json::value to_base64(BytesView bytes) {
  if (ottla::is_null(bytes)) return nullptr;
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) text += kDigits[(bits >> (count - 6)) & 63];
  }
  if (count > 0) text += kDigits[(bits << (6 - count)) & 63];
  text.append((4 - text.size() % 4) % 4, '=');
  return json::string(text);
}

std::optional<std::string> from_base64(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : value.as_string()) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;  // the padding
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 255);
  }
  return bytes;
}

BytesView view(const std::optional<std::string>& bytes) {
  return bytes ? BytesView(*bytes) : ottla::kNull;
}

// Whole lines, from any thread.
void write(const json::object& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::cout << json::serialize(line) << '\n' << std::flush;
}

int fail(const ottla::Error& error) {
  std::cerr << error << '\n';
  return 1;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What the environment says of TLS and SASL.
ottla::SecurityConfig security() {
  using ottla::SecurityProtocol;
  ottla::SecurityConfig security{.ssl = {.keystore_location = environment("OTTLA_TLS_KEY"),
                                         .truststore_location = environment("OTTLA_TLS_CA")},
                                 .sasl = {.mechanism = environment("OTTLA_SASL_MECHANISM"),
                                          .username = environment("OTTLA_SASL_USER"),
                                          .password = environment("OTTLA_SASL_PASSWORD")}};
  if (const auto token = environment("OTTLA_SASL_TOKEN"); !token.empty()) {
    auto& sasl = security.sasl;
    const bool is_fetched = token.starts_with("https://");
    sasl.oauthbearer_token_endpoint_url = is_fetched ? token : "file://" + token;
    sasl.oauthbearer_client_credentials_client_id = sasl.username;
    sasl.oauthbearer_client_credentials_client_secret = sasl.password;
    sasl.oauthbearer_ssl.truststore_location = environment("OTTLA_TOKEN_CA");
  }
  const bool has_tls = !security.ssl.truststore_location.empty();
  const bool has_sasl = !security.sasl.mechanism.empty();
  if (has_tls) security.protocol = has_sasl ? SecurityProtocol::sasl_ssl : SecurityProtocol::ssl;
  if (has_sasl && !has_tls) security.protocol = SecurityProtocol::sasl_plaintext;
  return security;
}

int produce(const Arguments& arguments) {
  auto config = ottla::ProducerConfig::from_properties(
      {{"bootstrap.servers", arguments.at("bootstrap")},
       {"compression.type", arguments.contains("codec") ? arguments.at("codec") : "none"}});
  if (!config) return fail(config.error());
  config->security = security();
  auto producer = ottla::Producer::open(std::move(*config));
  if (!producer) return fail(producer.error());
  std::string text;
  for (std::int64_t index = 0; std::getline(std::cin, text); ++index) {
    const auto line = json::parse(text);
    const auto key = from_base64(line.at("key"));
    const auto value = from_base64(line.at("value"));
    ottla::ProducerRecord record{.topic = arguments.at("topic"),
                                 .key = view(key),
                                 .value = view(value),
                                 .partition = line.at("partition").to_number<std::int32_t>(),
                                 .timestamp = ottla::Timestamp(std::chrono::milliseconds(
                                     line.at("timestamp").to_number<std::int64_t>()))};
    for (const auto& header : line.at("headers").as_array()) {
      const auto bytes = from_base64(header.at(1));
      record.headers.add(std::string_view(header.at(0).as_string()), view(bytes));
    }
    producer->send(record, [index](const auto& outcome) {
      if (!outcome) {
        return write({{"index", index}, {"error", outcome.error().to_string()}});
      }
      write({{"index", index}, {"partition", outcome->partition()}, {"offset", outcome->offset()}});
    });
  }
  const auto closed = producer->close();
  return closed ? 0 : fail(closed.error());
}

void print(const ottla::RecordView& record) {
  json::array headers;
  for (const auto& header : record.headers()) {
    headers.push_back(json::array{json::string(header.key), to_base64(header.value)});
  }
  write({{"partition", record.partition()},
         {"offset", record.offset()},
         {"timestamp", record.timestamp().time_since_epoch().count()},
         {"key", to_base64(record.key())},
         {"value", to_base64(record.value())},
         {"headers", std::move(headers)}});
}

int consume(const Arguments& arguments) {
  const bool committed =
      arguments.contains("isolation") && arguments.at("isolation") == "read_committed";
  auto consumer =
      ottla::Consumer::open({.bootstrap_servers = arguments.at("bootstrap"),
                             .auto_offset_reset = ottla::AutoOffsetReset::earliest,
                             .isolation_level = committed ? ottla::IsolationLevel::read_committed
                                                          : ottla::IsolationLevel::read_uncommitted,
                             .security = security()});
  if (!consumer) return fail(consumer.error());
  std::vector<ottla::TopicPartition> partitions;
  const int count = std::stoi(arguments.at("partitions"));
  for (int i = 0; i < count; ++i) partitions.push_back({arguments.at("topic"), i});
  if (auto assigned = consumer->assign(partitions); !assigned) return fail(assigned.error());
  auto ends = consumer->end_offsets(partitions).get();
  if (!ends) return fail(ends.error());
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  const auto left = [&] {
    std::erase_if(*ends, [&](const auto& end) {
      const auto position = consumer->position(end.first).get();
      return position && *position >= end.second;
    });
    return !ends->empty();
  };
  while (left()) {
    if (std::chrono::steady_clock::now() > deadline) {
      std::cerr << "partitions did not end in time\n";
      return 1;
    }
    const auto batch = consumer->poll(200ms);
    if (!batch) return fail(batch.error());
    for (const auto& record : *batch) print(record);
  }
  return 0;
}

// Waits until the broker, which learns of changes after the controller, sees so many partitions.
bool await_partitions(ottla::Admin& admin, const std::string& topic, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto found = admin.describe_topics({topic}).get();
    if (!found) return false;
    const auto& described = found->at(topic);
    if ((described ? described->partitions.size() : 0) == count) return true;
  }
  return false;
}

int administer(const Arguments& arguments) {
  const auto& topic = arguments.at("topic");
  auto admin =
      ottla::Admin::open({.bootstrap_servers = arguments.at("bootstrap"), .security = security()});
  if (!admin) return fail(admin.error());
  const auto made =
      admin->create_topics({{.name = topic, .partitions = 2, .replication_factor = 1}}).get();
  if (!made) return fail(made.error());
  if (made->at(topic)) return fail(*made->at(topic));
  if (!await_partitions(*admin, topic, 2)) return 1;
  const auto deleted = admin->delete_topics({topic}).get();
  if (!deleted) return fail(deleted.error());
  if (deleted->at(topic)) return fail(*deleted->at(topic));
  return await_partitions(*admin, topic, 0) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 2; i + 1 < argc; i += 2) arguments[std::string(argv[i]).substr(2)] = argv[i + 1];
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "produce") return produce(arguments);
  if (command == "consume") return consume(arguments);
  if (command == "admin") return administer(arguments);
  if (command == "transact") return ottla_peer::transact(arguments);
  if (command == "copy") return ottla_peer::copy(arguments);
  std::cerr << "usage: ottla-peer produce|consume|admin|transact|copy --bootstrap HOST:PORT "
               "--topic T ...\n";
  return 2;
}
