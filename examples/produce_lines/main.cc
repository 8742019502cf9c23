// How do I send a file fast, and know that all of it arrived?
//
//   produce_lines localhost:9092 TOPIC FILE
//
// Every line becomes a record whose key is its number. Nothing waits for a single record: `flush`
// fails if any of them did.
#include <ottla/ottla.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>

namespace {

ottla::Result<std::uint64_t> send_lines(ottla::Producer& producer, const std::string& topic,
                                        std::istream& lines) {
  std::uint64_t count = 0;
  std::string line;
  while (std::getline(lines, line)) {
    const auto key = std::to_string(++count);
    producer.send({.topic = topic, .key = key, .value = line}).forget();
  }
  if (auto flushed = producer.flush().get(); !flushed) return flushed.error();
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: produce_lines BOOTSTRAP_SERVERS TOPIC FILE\n";
    return 2;
  }
  std::ifstream file(argv[3]);
  if (!file) {
    std::cerr << "cannot read " << argv[3] << '\n';
    return 1;
  }
  auto producer = ottla::Producer::open({.bootstrap_servers = argv[1]});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  const auto count = send_lines(*producer, argv[2], file);
  if (!count) {
    std::cerr << count.error() << '\n';
    return 1;
  }
  std::cout << "sent " << *count << " lines of " << argv[3] << " to " << argv[2] << '\n';
}
