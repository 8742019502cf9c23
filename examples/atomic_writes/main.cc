// How do I write to several topics so that readers see all of it or nothing?
//
//   atomic_writes localhost:9092 orders invoices
#include <ottla/ottla.h>

#include <iostream>
#include <string>

namespace {

// An order without its invoice, or the other way round, is never seen.
ottla::Result<void> place_order(ottla::Producer& producer, char** topics, int number) {
  auto transaction = producer.begin();
  const auto key = std::to_string(number);
  (void)transaction.send({.topic = topics[0], .key = key, .value = "order " + key});
  if (number % 5 == 0) return ottla::Error(ottla::ErrorCode::invalid_argument, "out of stock");
  (void)transaction.send({.topic = topics[1], .key = key, .value = "invoice for order " + key});
  return transaction.commit();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  auto producer =
      ottla::Producer::open({.bootstrap_servers = argv[1], .transactional_id = "shop-1"});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  int placed = 0;
  for (int number = 1; number <= 10; ++number) {
    const auto end = place_order(*producer, argv + 2, number);
    if (end) ++placed;
    // Its transaction went without a commit, so nothing is there of it.
    if (!end) std::cerr << "order " << number << " was not placed: " << end.error() << '\n';
  }
  std::cout << placed << " orders placed with their invoices\n";
}
