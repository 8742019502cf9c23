// How do I choose partitions myself, and leave the rest to the default?
//
//   custom_partitioner localhost:9092 TOPIC
//
// Records of one tenant go to one partition, whatever their keys; those that name no tenant are
// spread as usual.
#include <ottla/ottla.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>

namespace {

class TenantPartitioner final : public ottla::Partitioner {
 public:
  std::optional<std::int32_t> partition(const ottla::RecordView& record,
                                        const ottla::TopicView& topic) override {
    const auto tenant = record.header("tenant");
    if (!tenant) return std::nullopt;                                 // fall to the default
    return ottla::partition_for_key(*tenant, topic.partition_count);  // as Java places a key
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: custom_partitioner BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1], .partitioner = [](std::string_view) {
                               return std::make_unique<TenantPartitioner>();
                             }});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  for (const auto* tenant : {"acme", "globex", "acme", "globex"}) {
    const auto sent =
        producer->send({.topic = argv[2], .value = "an order", .headers = {{"tenant", tenant}}})
            .get();
    if (!sent) {
      std::cerr << sent.error() << '\n';
      return 1;
    }
    std::cout << tenant << " went to " << *sent << '\n';
  }
}
