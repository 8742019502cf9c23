// How do I keep what I send from brokers and disks, and rotate the keys?
//
//   encrypted_records localhost:9092 TOPIC
//
// Values are encrypted with AES-256-GCM before they leave the program; a reader needs the key ring.
#include <ottla/interceptors/encryption.h>
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace {

using ottla::interceptors::Unreadable;

void read(const std::string& servers, const ottla::RecordMetadata& sent,
          std::vector<std::shared_ptr<ottla::ConsumerInterceptor>> interceptors) {
  auto consumer =
      ottla::Consumer::open({.bootstrap_servers = servers, .interceptors = interceptors}).value();
  const ottla::TopicPartition place{sent.topic(), sent.partition()};
  consumer.assign({place}).value();
  consumer.seek(place, sent.offset()).value();
  const auto batch = consumer.poll(std::chrono::seconds(30)).value();
  for (const auto& record : batch) {
    if (record.offset() != sent.offset()) continue;
    std::cout << (interceptors.empty() ? "without keys: " : "with keys: ")
              << (interceptors.empty() ? std::to_string(record.value().size()) + " bytes"
                                       : std::string(record.value()))
              << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: encrypted_records BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  // 32 bytes each, from wherever secrets are kept; never from the source as here.
  const auto keys = std::make_shared<ottla::interceptors::KeyRing>();
  keys->add("2026-10", "0123456789abcdef0123456789abcdef").value();
  keys->add("2026-11", "fedcba9876543210fedcba9876543210").value();

  auto encrypt = ottla::interceptors::Encrypt::make({.keys = keys}).value();
  auto decrypt = ottla::interceptors::Decrypt::make(
                     {.keys = keys,
                      .on_unreadable =
                          [](const ottla::RecordView&, const ottla::Error& why) {
                            std::cerr << why << '\n';
                            return Unreadable::leave_out;
                          }})
                     .value();
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1], .interceptors = {encrypt}}).value();
  const auto old = producer.send({.topic = argv[2], .value = "a secret"}).get().value();
  keys->use("2026-11").value();  // readers have it already
  const auto young = producer.send({.topic = argv[2], .value = "another one"}).get().value();
  for (const auto& sent : {old, young}) {
    read(argv[1], sent, {});
    read(argv[1], sent, {decrypt});
  }
}
