// How do I send a record and learn where it was stored?
//
//   hello_producer localhost:9092
#include <ottla/ottla.h>

#include <iostream>

int main(int argc, char** argv) {
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argc > 1 ? argv[1] : "localhost:9092"}).value();
  auto sent = producer.send({.topic = "greetings", .key = "en", .value = "hello"}).get();
  if (!sent) {
    std::cerr << sent.error() << '\n';
    return 1;
  }
  std::cout << *sent << '\n';  // greetings-0@42
}
