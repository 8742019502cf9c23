#include <string>
#include <vector>

#include "broker/config/broker_config.h"
#include "broker/config/describe_configs.h"
#include "broker/config/properties.h"
#include "broker/config/topic_config.h"
#include "tests/fuzz/fuzz_target.h"

// Any text as a server.properties; what is read is written, read again, and must be the same.
namespace ottla::fuzz {

std::vector<std::string> seeds() {
  return {
      "node.id=1\nlisteners=PLAINTEXT://:9092,CONTROLLER://[::1]:0\n"
      "ottla.insecure=true\ncontroller.listener.names=CONTROLLER\nlog.dirs=/"
      "data\nlog.retention.hours=-1\n",
      "# comment\na\\u0041 : b \\\n  c\n!x\nottla.durability=os\nmin.insync.replicas=2\n",
      "listener.security.protocol.map=A:PLAINTEXT,B:SSL\nlisteners=A://h:1\n"
      "advertised.listeners=A://x:2\nlog.cleaner.min.cleanable.ratio=0.25\nottla.insecure=true\n",
      "listeners=SASL_PLAINTEXT://:1\nsasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256\n"
      "listener.name.sasl_plaintext.plain.sasl.jaas.config="
      "org.apache.kafka.common.security.plain.PlainLoginModule required user_a=\"b\" /*c*/;\n"
      "listener.name.sasl_plaintext.connections.max.reauth.ms=1\n"};
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;          // NOLINT: a fuzz target
  using namespace ottla::broker;  // NOLINT: a fuzz target
  const auto properties = parse_properties(fuzz::begin(data, size));
  if (!properties) return 0;
  const auto again = parse_properties(format_properties(*properties));
  OTTLA_ASSERT(again && *again == *properties, "properties read back as they were written");
  (void)derive_topic_config(BrokerConfig(), *properties);
  const auto config = BrokerConfig::from_properties(*properties);
  if (!config) return 0;
  (void)describe_broker_configs(*config);
  (void)describe_topic_configs(*config, *properties);
  (void)export_kafka_config(*config, config->listeners, 1);
  return 0;
}
