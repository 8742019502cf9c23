// A program of somebody else's: a record goes through a broker of its own and comes back.
#include <ottla/embedded_broker.h>
#include <ottla/interceptors/encryption.h>
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <memory>

int main() {
  auto broker = ottla::EmbeddedBroker::start({.topics = {{.name = "greetings"}}}).value();
  const auto keys = std::make_shared<ottla::interceptors::KeyRing>();
  keys->add("key", "0123456789abcdef0123456789abcdef").value();
  const auto encrypt = ottla::interceptors::Encrypt::make({.keys = keys}).value();
  const auto decrypt =
      ottla::interceptors::Decrypt::make(
          {.keys = keys,
           .on_unreadable = [](const auto&,
                               const auto&) { return ottla::interceptors::Unreadable::leave_out; }})
          .value();
  auto producer =
      ottla::Producer::open({.bootstrap_servers = broker.address(), .interceptors = {encrypt}})
          .value();
  const auto sent = producer.send({.topic = "greetings", .key = "en", .value = "hello"}).get();
  std::cout << sent.value() << '\n';

  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = broker.address(),
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
      .interceptors = {decrypt},
  });
  consumer->assign({{"greetings", 0}}).value();
  const auto batch = consumer->poll(std::chrono::seconds(30));
  if (batch->size() != 1 || (*batch)[0].value() != "hello") return 1;
  std::cout << (*batch)[0].value() << '\n';
  return 0;
}
