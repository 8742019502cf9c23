// How do I prove that nothing was lost between two applications?
//
//   audited_records localhost:9092 TOPIC
//
// Both ends count the records of each minute and sum up their hashes; what they say is compared.
// The reader leaves one record out on purpose, and it is found.
#include <ottla/interceptors/audit.h>
#include <ottla/ottla.h>

#include <chrono>
#include <iostream>
#include <memory>

namespace {

using ottla::interceptors::Audit;

// Loses a record, as a bug would.
class Loser final : public ottla::ConsumerInterceptor {
 public:
  void on_consume(ottla::MutableRecords& records) override {
    records.remove_if([](const auto& record) { return record.value() == "order 7"; });
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: audited_records BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  const auto sender = std::make_shared<Audit>(ottla::interceptors::AuditOptions{.source = "shop"});
  const auto receiver = std::make_shared<Audit>(ottla::interceptors::AuditOptions{});
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1], .interceptors = {sender}}).value();
  for (int i = 0; i < 10; ++i) {
    producer.send({.topic = argv[2], .value = "order " + std::to_string(i)}).forget();
  }
  producer.flush().get().value();

  auto consumer = ottla::Consumer::open({.bootstrap_servers = argv[1],
                                         .group_id = "audited",
                                         .topics = {argv[2]},
                                         .auto_offset_reset = ottla::AutoOffsetReset::earliest,
                                         .interceptors = {std::make_shared<Loser>(), receiver}})
                      .value();
  for (std::size_t got = 0; got < 9;) got += consumer.poll(std::chrono::seconds(30)).value().size();
  // In two programs the windows would travel through a topic of their own, once they are over.
  for (const auto& difference : compare(sender->sent(), receiver->received())) {
    std::cout << difference.source << " to " << difference.topic << ": " << difference.lost
              << " lost, " << difference.surplus << " too many, " << difference.altered
              << " altered\n";
  }
}
