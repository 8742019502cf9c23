// How do I read a topic from its beginning?
//
//   hello_consumer localhost:9092
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>

int main(int argc, char** argv) {
  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = argc > 1 ? argv[1] : "localhost:9092",
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
  });
  if (!consumer) {
    std::cerr << consumer.error() << '\n';
    return 1;
  }
  consumer->assign({{"greetings", 0}}).value();
  while (true) {
    auto batch = consumer->poll(std::chrono::seconds(2));
    if (!batch) {
      std::cerr << batch.error() << '\n';
      return 1;
    }
    if (batch->empty()) return 0;  // nothing came for two seconds
    for (const auto& record : *batch) std::cout << record.key() << ": " << record.value() << '\n';
  }
}
