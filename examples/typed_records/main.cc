// How do I send and read types of my own?
//
//   typed_records localhost:9092 TOPIC
//
// A Serde says once how an Order becomes bytes, here as JSON, and back; producers and consumers
// then speak of orders.
#include <ottla/ottla.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

struct Order {
  std::int64_t id = 0;
  std::int64_t cents = 0;
};

template <>
struct ottla::Serde<Order> {
  static void write(const Order& order, Bytes& out) {
    out += "{\"id\":" + std::to_string(order.id);
    out += ",\"cents\":" + std::to_string(order.cents) + "}";
  }

  // A JSON library belongs here; this reads what is written above.
  static Result<Order> read(BytesView in) {
    Order order;
    if (!number_after(in, "\"id\":", order.id) || !number_after(in, "\"cents\":", order.cents)) {
      return Error(ErrorCode::invalid_argument, "this is no order: " + std::string(in));
    }
    return order;
  }

 private:
  static bool number_after(BytesView in, BytesView name, std::int64_t& number) {
    const auto at = in.find(name);
    if (at == BytesView::npos) return false;
    const auto* const begin = in.data() + at + name.size();
    return std::from_chars(begin, in.data() + in.size(), number).ec == std::errc();
  }
};

namespace {

int fail(const ottla::Error& error) {
  std::cerr << error << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: typed_records BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  auto producer = ottla::Producer::open({.bootstrap_servers = argv[1]});
  if (!producer) return fail(producer.error());
  ottla::TypedProducer<std::string, Order> orders(*producer, argv[2]);
  const auto sent = orders.send("customer-7", {.id = 1, .cents = 999}).get();
  if (!sent) return fail(sent.error());

  auto plain = ottla::Consumer::open({.bootstrap_servers = argv[1]});
  if (!plain) return fail(plain.error());
  const ottla::TopicPartition place{sent->topic(), sent->partition()};
  if (auto done = plain->assign({place}); !done) return fail(done.error());
  if (auto done = plain->seek(place, sent->offset()); !done) return fail(done.error());
  ottla::TypedConsumer<std::string, Order> consumer(*plain);
  const auto records = consumer.poll(std::chrono::seconds(10));
  // Of a record that is no order the error says where it is, and consumer.undecodable() what.
  if (!records) return fail(records.error());
  for (const auto& [customer, order, raw] : *records) {
    std::cout << customer << ": order " << order.id << " of " << order.cents << " cents\n";
  }
}
