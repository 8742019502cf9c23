// How do I keep records out of a topic that do not look as they should?
//
//   guarded_topic localhost:9092 TOPIC
#include <ottla/interceptors/schema_guard.h>
#include <ottla/ottla.h>

#include <iostream>
#include <memory>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: guarded_topic BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  using ottla::interceptors::JsonType;
  const auto guard =
      std::make_shared<ottla::interceptors::SchemaGuard>(ottla::interceptors::SchemaGuardOptions{
          .topics = {{argv[2], ottla::interceptors::value_is_json(
                                   {.fields = {{"id", JsonType::number},
                                               {"customer", JsonType::string},
                                               {"note", JsonType::string, false}}})}}});
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1], .interceptors = {guard}}).value();
  for (const auto* order : {R"({"id": 1, "customer": "c-7"})", R"({"id": "one"})", "an order"}) {
    const auto sent = producer.send({.topic = argv[2], .value = order}).get();
    if (sent) {
      std::cout << "sent: " << order << '\n';
    } else {
      std::cout << "refused: " << order << ": " << sent.error().message() << '\n';
    }
  }
}
