// How do I hear of every record without waiting for any?
//
//   callbacks localhost:9092 TOPIC
//
// Sends a hundred records with a callback each. Callbacks run one at a time on the producer's
// callback thread, those of one partition in the order of sending; flush() is done behind the last.
#include <ottla/ottla.h>

#include <iostream>

namespace {

// Counted on the callback thread alone, and read behind the flush: no locks.
struct Tally {
  int stored = 0;
  int to_try_later = 0;
  int lost = 0;

  void count(const ottla::Result<ottla::RecordMetadata>& outcome) {
    if (outcome) {
      ++stored;
    } else if (outcome.error().retriable()) {
      ++to_try_later;  // the cluster was in trouble for longer than delivery_timeout
    } else {
      ++lost;  // trying again would not help: too large, not allowed
    }
    if (!outcome) std::cerr << outcome.error() << '\n';
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: callbacks BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  auto producer = ottla::Producer::open({.bootstrap_servers = argv[1]});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  Tally tally;
  for (int i = 0; i < 100; ++i) {
    producer->send({.topic = argv[2], .key = std::to_string(i % 10), .value = "an order"},
                   [&tally](const auto& outcome) { tally.count(outcome); });
  }
  (void)producer->flush().get();  // the callbacks have told of failures
  std::cout << tally.stored << " stored, " << tally.to_try_later << " to be tried later, "
            << tally.lost << " lost\n";
  return tally.stored == 100 ? 0 : 1;
}
